import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { isMap } from '../../operators/runtime/client/json.ts';
import { writePrivateFile } from '../files/private-file.ts';
import type { Facts } from './facts.ts';

/** Most bytes that an archive may hold, so that none can fill the memory. */
const MOST = 512 * 1024 * 1024;

/** Writes facts as compressed JSON, which `zcat` shows. */
export const writeBundle = (file: string, facts: Facts): void =>
  writePrivateFile(file, gzipSync(`${JSON.stringify(facts, undefined, 1)}\n`));

/** @throws Error when it is no archive of a version that this program knows */
export const readBundle = (file: string): Facts => {
  let facts: unknown;
  try {
    facts = JSON.parse(gunzipSync(readFileSync(file), { maxOutputLength: MOST }).toString());
  } catch (error) {
    throw new Error(`cannot read ${file} as an archive of the doctor: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (!isMap(facts) || facts['version'] !== 1 || typeof facts['taken'] !== 'string') {
    throw new Error(`${file} is no archive that this version of the doctor knows`);
  }
  return facts as unknown as Facts;
};
