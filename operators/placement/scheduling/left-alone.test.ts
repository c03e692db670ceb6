import { expect, test } from '@jest/globals';
import type { ObjectMeta } from '../../api/meta.ts';
import { placement } from './fixture.ts';
import { isLeftAlone } from './left-alone.ts';

const disabling = (value: string) => ({
  annotations: { 'cluster.open-cluster-management.io/experimental-scheduling-disable': value },
});

test.each<[row: string, metadata: Partial<ObjectMeta>, wanted: boolean]>([
  ['placement.md 80: disabled', disabling('true'), true],
  ['placement.md 80: "false"', disabling('false'), false],
  ['4: any other text', disabling('True'), false],
  ['placement.md 81: deleting', { deletionTimestamp: '2026-01-01T00:00:00Z' }, true],
  ['neither', {}, false],
])('%s', (_, metadata, wanted) => {
  const { spec, ...rest } = placement();
  expect(isLeftAlone({ spec, metadata: { ...rest.metadata, ...metadata } })).toBe(wanted);
});
