import { expect, test } from '@jest/globals';
import { problems, versions, withChecksums, withRegistry } from './bundle.ts';

test('checksums replace those that were there, and nothing else', () => {
  const head = 'version: 1.0.0\nimages: { a: b } # kept\n';
  const first = withChecksums(head, { 'a.yaml': 'sha256:1', 'b.yaml': 'sha256:2' });
  expect(first).toBe(`${head}checksums:\n  a.yaml: sha256:1\n  b.yaml: sha256:2\n`);
  expect(withChecksums(first, { 'a.yaml': 'sha256:3' })).toBe(`${head}checksums:\n  a.yaml: sha256:3\n`);
});

test('images are of the registry, and nothing else changes', () => {
  const text = 'version: 1.0.0\nimages:\n  a-b: old.example/x/a-b\n  c: c\nsets:\n  c: c/stages.yaml\n';
  expect(withRegistry(text, 'r.example/y')).toBe(
    'version: 1.0.0\nimages:\n  a-b: r.example/y/a-b\n  c: r.example/y/c\nsets:\n  c: c/stages.yaml\n',
  );
});

test('every bundle of the repository is whole, and the newest has the present CRDs', () => {
  const all = versions();
  expect(all).toEqual(['v0.1.0', 'v0.2.0', 'v0.3.0', 'v0.4.0']);
  expect(all.flatMap((version) => problems(version, version === all.at(-1)))).toEqual([]);
});
