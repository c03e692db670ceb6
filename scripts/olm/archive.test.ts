import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from '@jest/globals';
import { type DataImage, writeArchive } from './archive.ts';

const folder = mkdtempSync(join(tmpdir(), 'archive-'));
afterAll(() => rmSync(folder, { recursive: true }));

const image: DataImage = {
  reference: 'registry.example/a:v1',
  files: new Map([
    ['b/c.yaml', 'c: 1\n'],
    ['a.yaml', 'a: 1\n'],
  ]),
  labels: { 'example.com/what': 'a' },
};
const other: DataImage = { ...image, reference: 'registry.example/b:v1', files: new Map([['x', 'x']]) };

const written = (name: string, images: readonly DataImage[]): string => {
  const archive = join(folder, name);
  writeArchive(archive, images);
  return archive;
};
const entry = (archive: string, path: string): Buffer =>
  execFileSync('tar', ['--extract', '--to-stdout', `--file=${archive}`, `./${path}`]);
const json = (archive: string, path: string) => JSON.parse(entry(archive, path).toString());
const sha256 = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

test('packaging.md, section 11: an archive holds images of one layer, with their labels and nothing that runs', () => {
  const archive = written('two.tar', [image, other]);
  const [first, second] = json(archive, 'manifest.json');
  expect([first.RepoTags, second.RepoTags]).toEqual([[image.reference], [other.reference]]);
  const [layerFile] = first.Layers;
  const layer = entry(archive, layerFile);
  const config = json(archive, first.Config);
  expect(config.config).toEqual({ Labels: image.labels });
  expect(config.rootfs.diff_ids).toEqual([`sha256:${sha256(layer)}`]);
  expect(`${sha256(entry(archive, first.Config))}.json`).toBe(first.Config);
  const names = execFileSync('tar', ['--list', '--numeric-owner', '--verbose'], { input: layer, env: { TZ: 'UTC' } });
  expect(
    names
      .toString()
      .trim()
      .split('\n')
      .map((line) => line.split(/\s+/))
      .map(([mode, owner, , date, , path]) => [mode, owner, date, path].join(' ')),
  ).toEqual([
    'drwxr-xr-x 0/0 1970-01-01 ./',
    '-rw-r--r-- 0/0 1970-01-01 ./a.yaml',
    'drwxr-xr-x 0/0 1970-01-01 ./b/',
    '-rw-r--r-- 0/0 1970-01-01 ./b/c.yaml',
  ]);
});

test('packaging.md 20.5: the same images make the same bytes, and others do not', () => {
  const once = readFileSync(written('once.tar', [image]));
  const reordered = { ...image, files: new Map([...image.files].toReversed()) };
  expect(readFileSync(written('twice.tar', [reordered])).equals(once)).toBe(true);
  const changed = { ...image, files: new Map([...image.files, ['a.yaml', 'a: 2\n']]) };
  expect(readFileSync(written('changed.tar', [changed])).equals(once)).toBe(false);
});
