import { describe, expect, test } from '@jest/globals';
import { mayWriteCrd, numericVersion } from './crd.ts';

describe('operator.md 70: CRD versions', () => {
  test.each([
    ['v1.3.1-0-g805fa61', '1.3.1'],
    ['0.1.0', '0.1.0'],
    ['', '0.0.0'],
    ['<unknown>', '0.0.0'],
  ])('%s is %s', (version, expected) => {
    expect(numericVersion(version)).toBe(expected);
  });

  const crd = (writer?: string) => ({
    metadata: {
      name: 'x',
      annotations: writer === undefined ? {} : { 'operator.open-cluster-management.io/version': writer },
    },
  });
  test.each([
    ['absent', undefined, true],
    ['no annotation', crd(), true],
    ['lower', crd('0.0.9'), true],
    ['equal', crd('0.1.0'), true],
    ['higher', crd('0.1.1'), false],
    ['unreadable', crd('newest'), true],
  ])('written by: %s', (_, live, expected) => {
    expect(mayWriteCrd(live as never, 'v0.1.0')).toBe(expected);
  });
});
