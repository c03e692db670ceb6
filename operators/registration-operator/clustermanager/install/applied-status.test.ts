import { expect, test } from '@jest/globals';
import type { ClusterManager } from '../../../api/generated/operator.ts';
import { clusterManager } from '../cluster-manager-fixture.ts';
import { SyncError, statusAfter } from './applied-status.ts';

test('after a failure the lists stay as they were (operator.md 2.2), and Applied tells the generation (D22)', () => {
  const listed = { group: '', version: 'v1', resource: 'namespaces', name: 'x' };
  const before = { ...clusterManager(), status: { relatedResources: [listed] } } as ClusterManager;
  const failure = new SyncError('CRDApplyFailed', 'why');
  const status = statusAfter(before, { failure, conditions: [], applied: [], kept: [] }, new Date(0));
  expect(status.relatedResources).toEqual([listed]);
  expect(status.observedGeneration).toBe(2);
  expect(status.conditions).toEqual([
    {
      type: 'Applied',
      status: 'False',
      reason: 'CRDApplyFailed',
      message: 'why',
      observedGeneration: 2,
      lastTransitionTime: '1970-01-01T00:00:00Z',
    },
  ]);
  const success = statusAfter(before, { conditions: [], applied: [], kept: [] }, new Date(0));
  expect(success.relatedResources).toEqual([]);
});
