import { expect, test } from '@jest/globals';
import type { ManifestWorkReplicaSet } from '../../api/generated/work.ts';
import { createMetrics } from '../../runtime/process/metrics.ts';
import { countReplicaSets } from './metrics.ts';

const set = (summary?: object, rolledOut?: string): ManifestWorkReplicaSet =>
  ({
    metadata: { name: 's' },
    status: {
      summary,
      conditions: rolledOut === undefined ? [] : [{ type: 'PlacementRolledOut', status: rolledOut }],
    },
  }) as ManifestWorkReplicaSet;

test('sets by condition, and their works together', () => {
  const metrics = createMetrics();
  countReplicaSets(metrics, {
    list: () => [
      set({ total: 3, applied: 2, degraded: 1 }, 'False'),
      set({ total: 1, applied: 1 }, 'True'),
      set(),
    ],
  });
  const text = metrics.expose();
  for (const sample of [
    'ocm_manifestworkreplicasets{rolled_out="True"} 1',
    'ocm_manifestworkreplicasets{rolled_out="False"} 1',
    'ocm_manifestworkreplicasets{rolled_out="Unknown"} 1',
    'ocm_manifestworkreplicaset_works{state="total"} 4',
    'ocm_manifestworkreplicaset_works{state="applied"} 3',
    'ocm_manifestworkreplicaset_works{state="degraded"} 1',
    'ocm_manifestworkreplicaset_works{state="progressing"} 0',
  ])
    expect(text).toContain(`${sample}\n`);
});
