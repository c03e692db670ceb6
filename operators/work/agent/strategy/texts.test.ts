import { expect, test } from '@jest/globals';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { hasRemovals, removalPaths, withoutRemovals } from './texts.ts';

const object = (metadata: object): UnknownObject => ({ metadata: { name: 'x', ...metadata } });

test('work.md 31: a key that ends in - removes that label, and is not created', () => {
  const manifest = object({ labels: { 'gone-': '', kept: '1' }, annotations: { 'a.io/b-': '' } });
  expect(hasRemovals(manifest)).toBe(true);
  expect(withoutRemovals(manifest)).toEqual(object({ labels: { kept: '1' }, annotations: {} }));
  const live = object({ labels: { gone: '1', other: '2' }, annotations: { c: '1' } });
  expect(removalPaths(live, manifest)).toEqual([['metadata', 'labels', 'gone']]);
  expect(removalPaths(object({}), manifest)).toEqual([]);
});

test('a manifest without such keys', () => {
  const manifest = object({ labels: { a: '1' } });
  expect(hasRemovals(manifest)).toBe(false);
  expect(withoutRemovals(manifest)).toEqual(manifest);
  expect(removalPaths(object({ labels: { a: '1' } }), manifest)).toEqual([]);
});
