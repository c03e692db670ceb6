import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readManifests } from './manifests.ts';

const object = (name: string) => `{ apiVersion: v1, kind: ConfigMap, metadata: { name: ${name} } }`;

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'manifests-'));
  mkdirSync(join(folder, 'd/sub'), { recursive: true });
  writeFileSync(join(folder, 'one.yaml'), `${object('a')}\n---\n---\n${object('b')}\n`);
  writeFileSync(
    join(folder, 'list.json'),
    `{"apiVersion":"v1","kind":"List","items":[{"apiVersion":"v1","kind":"Pod"}]}`,
  );
  writeFileSync(join(folder, 'd/2.yml'), object('two'));
  writeFileSync(join(folder, 'd/1.yaml'), object('one'));
  writeFileSync(join(folder, 'd/readme.txt'), 'not a manifest');
  writeFileSync(join(folder, 'd/sub/3.yaml'), object('three'));
  writeFileSync(join(folder, 'bad.yaml'), 'a: [');
  writeFileSync(join(folder, 'other.yaml'), 'a: b');
});
afterAll(() => rmSync(folder, { recursive: true }));

const names = async (sources: string[], recursive = true) =>
  (
    await readManifests(
      sources.map((source) => join(folder, source)),
      recursive,
    )
  ).map(({ object: { kind, metadata } }) => metadata?.name ?? kind);

describe('readManifests (cli.md 11.3)', () => {
  test('files in order, documents and lists one by one', async () => {
    expect(await names(['list.json', 'one.yaml'])).toEqual(['Pod', 'a', 'b']);
  });

  test('folders, with what is in them or not', async () => {
    expect(await names(['d'])).toEqual(['one', 'two', 'three']);
    expect(await names(['d'], false)).toEqual(['one', 'two']);
  });

  test.each([
    ['none', 'does not exist'],
    ['bad.yaml', 'error parsing'],
    ['other.yaml', 'every object needs apiVersion and kind'],
  ])('%s is refused', async (source, message) => {
    await expect(names([source])).rejects.toThrow(message);
  });

  test('a URL', async () => {
    const server = createServer(({ url }, answer) => {
      answer.statusCode = url === '/there' ? 200 : 404;
      answer.end(object('url'));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    try {
      const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      expect((await readManifests([`${origin}/there`], true))[0]!.object.metadata.name).toBe('url');
      await expect(readManifests([`${origin}/gone`], true)).rejects.toThrow('server reported 404');
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
});
