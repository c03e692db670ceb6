import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CORE_SCHEMA, dump, load } from 'js-yaml';

/** Files by their paths, seen from the folder that they are in. */
export type Files = ReadonlyMap<string, string>;

export const repository = join(import.meta.dirname, '../..');

/** The folder of what this is about. */
export const olmFolder = join(repository, 'olm');

/** YAML as this project writes its own files: no line is folded, and nothing refers to something else. */
export const toYaml = (...documents: unknown[]): string =>
  documents.map((document) => dump(document, { lineWidth: -1, noRefs: true })).join('---\n');

/** The one document of a YAML file of this project. */
export const readYaml = <T>(text: string): T => load(text, { schema: CORE_SCHEMA }) as T;

/** All files below a folder; none when there is no such folder. */
export const filesIn = (folder: string): Files =>
  new Map(
    (existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [])
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort()
      .map((file): [string, string] => [file, readFileSync(join(folder, file), 'utf8')]),
  );

/** Makes a folder hold these files and no others. */
export const writeFiles = (folder: string, files: ReadonlyMap<string, string | Buffer>): void => {
  rmSync(folder, { recursive: true, force: true });
  for (const [file, content] of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
};

/** What of a folder is not as these files say: missing, different or left over. */
export const staleIn = (folder: string, files: Files): string[] => {
  const present = filesIn(folder);
  const all = new Set([...files.keys(), ...present.keys()]);
  return [...all].filter((file) => files.get(file) !== present.get(file));
};
