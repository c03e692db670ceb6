import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { writeArchive } from './archive.ts';
import { makeImage, named } from './image.ts';
import { nodeVersion } from '../node-packages.ts';
import { type LayerFile, makeLayer } from './layer.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'layers-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The same two files as another machine would have them: other times, modes and places. */
const filesOn = (machine: string, mode: number, time: number): LayerFile[] => {
  const home = join(folder, machine);
  mkdirSync(home);
  return ['b/program', 'a/data'].map((path) => {
    const from = join(home, path.replace('/', '-'));
    writeFileSync(from, path);
    chmodSync(from, mode);
    utimesSync(from, time, time);
    return { path: `/${path}`, from, isExecutable: path === 'b/program' };
  });
};

const layerOn = (machine: string, files: LayerFile[]) => makeLayer(files, join(folder, `${machine}-store`));

const imageOf = (machine: string, files: LayerFile[]) =>
  makeImage({
    reference: 'r.example/program:v1',
    platform: 'amd64',
    layers: [layerOn(machine, files)],
    labels: {},
    user: '10001:10001',
    created: '1970-01-01T00:00:00.000Z',
  });

describe('the same files', () => {
  test('make the same layer, image and archive on every machine, in whatever order they are named', () => {
    const one = imageOf('one', filesOn('one', 0o600, 1));
    const other = imageOf('other', filesOn('other', 0o666, 1e9).toReversed());
    expect(other.manifest).toEqual(one.manifest);
    const archives = [one, other].map((image, index) => {
      writeArchive([image], join(folder, `${index}.tar`));
      return readFileSync(join(folder, `${index}.tar`));
    });
    expect(archives[0]!.equals(archives[1]!)).toBe(true);
  });

  test('of another mode make another layer', () => {
    const files = filesOn('third', 0o600, 1);
    const all = files.map((file) => ({ ...file, isExecutable: true }));
    expect(layerOn('third', all).digest).not.toBe(layerOn('third', files).digest);
  });
});

test('packaging.md 41: an image has no entry point and no command, and a number for its user', () => {
  const { config } = imageOf('four', filesOn('four', 0o600, 1));
  const parsed = JSON.parse(config.content) as { config: Record<string, unknown> };
  expect(parsed.config).toMatchObject({ User: '10001:10001' });
  expect(Object.keys(parsed.config)).not.toEqual(expect.arrayContaining(['Entrypoint']));
  expect(Object.keys(parsed.config)).not.toEqual(expect.arrayContaining(['Cmd']));
});

test('images of several platforms under one name are one, by an index', () => {
  const amd64 = imageOf('five', filesOn('five', 0o600, 1));
  const arm64 = { ...imageOf('six', filesOn('six', 0o755, 1)), platform: 'arm64' as const };
  const other = { ...amd64, reference: 'r.example/other:v1' };
  const [program, alone, ...more] = named([amd64, arm64, other]);
  expect(more).toEqual([]);
  expect(JSON.parse(program!.index!.content)).toMatchObject({
    mediaType: 'application/vnd.oci.image.index.v1+json',
    manifests: [
      { digest: amd64.manifest.digest, platform: { architecture: 'amd64', os: 'linux' } },
      { digest: arm64.manifest.digest, platform: { architecture: 'arm64', os: 'linux' } },
    ],
  });
  expect(program!.digest).toBe(program!.index!.digest);
  expect(alone).toMatchObject({ reference: 'r.example/other:v1', digest: amd64.manifest.digest });
  expect(alone).not.toHaveProperty('index');
});

test('Node.js for other platforms is of the version that the machine has', () => {
  expect(`v${nodeVersion}`).toBe(process.version);
});
