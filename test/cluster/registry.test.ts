import { expect, test } from '@jest/globals';
import { mirrored } from './registry.ts';

test.each([
  ['quay.io/open-cluster-management/work:latest', '127.0.0.1:5000/open-cluster-management/work:latest'],
  ['docker.io/library/debian:bookworm', '127.0.0.1:5000/library/debian:bookworm'],
  ['localhost/one:1', '127.0.0.1:5000/one:1'],
])('%s is mirrored as %s', (image, expected) => {
  expect(mirrored(image)).toBe(expected);
});
