import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { sha256 } from '../images/layer.ts';

/** Writes SHA256SUMS of all files of a folder, as `sha256sum --check` reads it. */
export const writeSums = (folder: string): void => {
  const lines = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .toSorted()
    .map((file) => `${sha256(readFileSync(join(folder, file))).slice('sha256:'.length)}  ${file}\n`);
  writeFileSync(join(folder, 'SHA256SUMS'), lines.join(''));
};
