import { mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, inflateRawSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { zip } from './zip.ts';

let folder: string;
beforeAll(() => void (folder = mkdtempSync(join(tmpdir(), 'zip-'))));
afterAll(() => rmSync(folder, { recursive: true }));

const files = { 'a.txt': 'a'.repeat(100_000), empty: '', 'b.exe': 'MZ' };

/** What an archive holds, read as unpackers do: from its end, by its directory. */
const contentOf = (archive: Buffer): Record<string, string> => {
  const end = archive.length - 22;
  expect(archive.readUInt32LE(end)).toBe(0x06054b50);
  let at = archive.readUInt32LE(end + 16);
  expect(at + archive.readUInt32LE(end + 12)).toBe(end);
  const content: Record<string, string> = {};
  for (let left = archive.readUInt16LE(end + 10); left > 0; left -= 1) {
    expect(archive.readUInt32LE(at)).toBe(0x02014b50);
    const nameLength = archive.readUInt16LE(at + 28);
    const name = archive.toString('utf8', at + 46, at + 46 + nameLength);
    const entry = archive.readUInt32LE(at + 42);
    expect(archive.readUInt32LE(entry)).toBe(0x04034b50);
    expect(archive.toString('utf8', entry + 30, entry + 30 + nameLength)).toBe(name);
    // Sizes and sums are the same in both places.
    expect(archive.subarray(entry + 4, entry + 28)).toEqual(archive.subarray(at + 6, at + 30));
    const from = entry + 30 + nameLength;
    const data = inflateRawSync(archive.subarray(from, from + archive.readUInt32LE(at + 20)));
    expect([data.length, crc32(data)]).toEqual([
      archive.readUInt32LE(at + 24),
      archive.readUInt32LE(at + 16),
    ]);
    content[name] = data.toString();
    at += 46 + nameLength;
  }
  return content;
};

test('the archive holds the files, and is the same whenever they were written', () => {
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  zip(folder, join(folder, 'one.zip'), Object.keys(files));
  const archive = readFileSync(join(folder, 'one.zip'));
  expect(contentOf(archive)).toEqual(files);
  for (const name of Object.keys(files)) utimesSync(join(folder, name), 1, 1);
  zip(folder, join(folder, 'other.zip'), Object.keys(files));
  expect(readFileSync(join(folder, 'other.zip'))).toEqual(archive);
});
