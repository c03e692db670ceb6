import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CORE_SCHEMA, dump, load } from 'js-yaml';
import { repository } from '../repository.ts';

/** The folder of what this is about. */
export const olmFolder = join(repository, 'olm');

/** YAML as this project writes its own files: no line is folded, and nothing refers to something else. */
export const toYaml = (...documents: unknown[]): string =>
  documents.map((document) => dump(document, { lineWidth: -1, noRefs: true })).join('---\n');

/** The one document of a YAML file of this project. */
export const readYaml = <T>(text: string): T => load(text, { schema: CORE_SCHEMA }) as T;

/** Makes a folder hold these files and no others. */
export const writeFiles = (folder: string, files: ReadonlyMap<string, string | Buffer>): void => {
  rmSync(folder, { recursive: true, force: true });
  for (const [file, content] of files) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
};
