import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** A header of a ZIP archive: each field by its bytes, 2 or 4. */
const header = (...fields: [size: 2 | 4, value: number][]): Buffer =>
  Buffer.concat(
    fields.map(([size, value]) => {
      const field = Buffer.alloc(size);
      field.writeUIntLE(value, 0, size);
      return field;
    }),
  );

/** Midnight of the first day that the format knows: 1 January 1980. */
const when: [2, number][] = [
  [2, 0],
  [2, 0x21],
];

/**
 * Writes files of a folder as a ZIP archive that depends on nothing but their content. gzip compresses, as it does all that
 * is released: the two formats have the same stream of data between their headers and sums.
 */
export const zip = (folder: string, archive: string, names: readonly string[]): void => {
  const entries: Buffer[] = [];
  const directory: Buffer[] = [];
  let at = 0;
  for (const name of names) {
    const packed = execFileSync('gzip', ['--no-name', '-6', '--stdout', join(folder, name)], {
      maxBuffer: 2 ** 30,
    });
    const data = packed.subarray(10, -8);
    const path = Buffer.from(name);
    const common: [2 | 4, number][] = [
      [2, 20],
      [2, 0],
      [2, 8],
      ...when,
      [4, packed.readUInt32LE(packed.length - 8)],
      [4, data.length],
      [4, packed.readUInt32LE(packed.length - 4)],
      [2, path.length],
      [2, 0],
    ];
    const entry = Buffer.concat([header([4, 0x04034b50], ...common), path, data]);
    directory.push(
      // No comment, on the first disk, no attributes; then where the entry is.
      header([4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]),
      path,
    );
    entries.push(entry);
    at += entry.length;
  }
  const list = Buffer.concat(directory);
  const count: [2, number] = [2, names.length];
  const end = header([4, 0x06054b50], [2, 0], [2, 0], count, count, [4, list.length], [4, at], [2, 0]);
  writeFileSync(archive, Buffer.concat([...entries, list, end]));
};
