import { createWriteStream, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { PassThrough, type Writable } from 'node:stream';

/**
 * Where what a file of tests starts leaves its logs, so that they outlive it: scripts/test-reporter.ts shows those of
 * files that fail and removes the others.
 */
const kept = (): string | undefined => process.env['TEST_LOGS'];

/** The folder for logs of what works in this folder: the folder itself where nobody keeps logs. */
export const logFolderOf = (folder: string): string => {
  const base = kept();
  if (base === undefined) return folder;
  const path = join(base, basename(folder));
  mkdirSync(path, { recursive: true });
  return path;
};

let streams = 0;

/** A log of something that logs within the test or through a pipe; what is written goes nowhere where nobody keeps logs. */
export const logStream = (name: string): Writable => {
  const base = kept();
  if (base === undefined) return new PassThrough().resume();
  mkdirSync(base, { recursive: true });
  return createWriteStream(join(base, `${name}-${(streams += 1)}.log`), { flags: 'a' });
};
