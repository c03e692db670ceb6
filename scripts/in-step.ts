import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { repository } from './repository.ts';

/** Files by their paths, seen from the folder that they are in. */
export type Files = ReadonlyMap<string, string>;

/** What is out of step, by its path from the repository's root, with what belongs there; nothing for what is left over. */
export type Stale = ReadonlyMap<string, string | undefined>;

/** All files below a folder; none when there is no such folder. */
export const filesIn = (folder: string): Files =>
  new Map(
    (existsSync(folder) ? readdirSync(folder, { recursive: true, withFileTypes: true }) : [])
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
      .sort()
      .map((file): [string, string] => [file, readFileSync(join(folder, file), 'utf8')]),
  );

/** What of a folder is not as these files say: missing, different or left over. */
export const staleIn = (folder: string, files: Files): string[] => {
  const present = filesIn(folder);
  const all = new Set([...files.keys(), ...present.keys()]);
  return [...all].filter((file) => files.get(file) !== present.get(file));
};

/** Whether a file, by its path from the repository's root, is there and holds this text. */
export const holds = (file: string, text: string): boolean =>
  existsSync(join(repository, file)) && readFileSync(join(repository, file), 'utf8') === text;

/**
 * Puts what is stale in step, or with `--check` among the arguments only names each file, and what it does not follow.
 * Returns the exit code.
 */
export const bringInStep = (stale: Stale, args: readonly string[], problem: string): number => {
  if (args.includes('--check')) {
    for (const file of stale.keys()) console.error(`${file} ${problem}: npm run generate`);
    return stale.size > 0 ? 1 : 0;
  }
  for (const [file, text] of stale) {
    const path = join(repository, file);
    mkdirSync(dirname(path), { recursive: true });
    if (text === undefined) rmSync(path);
    else writeFileSync(path, text);
  }
  return 0;
};
