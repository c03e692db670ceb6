import { expect, test } from '@jest/globals';
import { importedNames } from './image-load.ts';

test('knows the names of imported images from what containerd prints', () => {
  const output = [
    'unpacking quay.io/open-cluster-management/work:v1 (sha256:0a)...done',
    'unpacking docker.io/library/debian:bookworm (sha256:0b)...done',
    '',
  ].join('\n');
  expect(importedNames(output)).toEqual([
    'quay.io/open-cluster-management/work:v1',
    'docker.io/library/debian:bookworm',
  ]);
});
