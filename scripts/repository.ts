import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The root of the checkout. */
export const repository = join(import.meta.dirname, '..');

/** The version of package.json, without a `v`. */
export const packageVersion = (): string =>
  (JSON.parse(readFileSync(join(repository, 'package.json'), 'utf8')) as { version: string }).version;
