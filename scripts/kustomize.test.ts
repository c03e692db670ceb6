import { expect, test } from '@jest/globals';
import { staleTrees } from './kustomize.ts';

test('packaging.md 87: the kustomize trees are those of the newest bundle', () => {
  expect([...staleTrees().keys()]).toEqual([]);
});
