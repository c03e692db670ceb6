import { describe, expect, test } from '@jest/globals';
import { isStuck } from './stuck-crd.ts';

describe('a CRD that goes', () => {
  const now = Date.parse('2026-01-01T00:00:10Z');
  const crd = (
    reason: string,
    {
      deletionTimestamp = '2026-01-01T00:00:00Z',
      touched,
    }: { deletionTimestamp?: string; touched?: string } = {},
  ) =>
    ({
      metadata: {
        name: 'x',
        deletionTimestamp: deletionTimestamp || undefined,
        annotations: touched && { 'operator.open-cluster-management.io/deletion-retried-at': touched },
      },
      status: { conditions: [{ type: 'Terminating', status: 'True', reason }] },
    }) as never;
  test.each([
    ['one that the API server gave up', crd('InstanceDeletionFailed'), true],
    ['one that it is removing', crd('InstanceDeletionInProgress'), false],
    ['one that stays', crd('InstanceDeletionFailed', { deletionTimestamp: '' }), false],
    ['just touched', crd('InstanceDeletionFailed', { touched: '2026-01-01T00:00:09.500Z' }), false],
    ['touched in vain', crd('InstanceDeletionFailed', { touched: '2026-01-01T00:00:08Z' }), true],
    ['touched by somebody else', crd('InstanceDeletionFailed', { touched: 'yes' }), true],
    ['one without a status', { metadata: { name: 'x', deletionTimestamp: 'now' } } as never, false],
  ])('is touched when it is stuck: %s', (_, live, expected) => {
    expect(isStuck(live, now)).toBe(expected);
  });
});
