import { expect, test } from '@jest/globals';
import type { AppliedManifestWork, ManifestWork } from '../../api/generated/work.ts';
import { createMetrics } from '../../runtime/process/metrics.ts';
import { workMetrics } from './metrics.ts';

const work = (by: Record<string, string>): ManifestWork =>
  ({
    metadata: { name: 'w' },
    status: { conditions: Object.entries(by).map(([type, status]) => ({ type, status })) },
  }) as ManifestWork;
const record = (evictionStartTime?: string): AppliedManifestWork =>
  ({ metadata: { name: 'r' }, status: { evictionStartTime } }) as AppliedManifestWork;

test('works by condition, records by whether they are evicted, results from the start', () => {
  const metrics = createMetrics();
  const counts = workMetrics(metrics, {
    watcher: { size: 3, watches: 2 },
    works: {
      list: () => [
        work({ Applied: 'True', Available: 'True' }),
        work({ Applied: 'True', Available: 'False' }),
        work({}),
      ],
    },
    appliedWorks: { list: () => [record(), record(), record('2026-01-01T00:00:00Z')] },
  });
  expect(metrics.expose()).toContain('work_manifests_total{result="failed"} 0');
  counts.passed([{ isWritten: true }, { isWritten: false }, { isWritten: true, error: new Error('x') }], 250);
  counts.repaired();
  const text = metrics.expose();
  for (const sample of [
    'work_manifestworks{applied="True",available="True"} 1',
    'work_manifestworks{applied="True",available="False"} 1',
    'work_manifestworks{applied="Unknown",available="Unknown"} 1',
    'work_appliedmanifestworks{evicting="true"} 1',
    'work_appliedmanifestworks{evicting="false"} 2',
    'work_manifests_total{result="applied"} 1',
    'work_manifests_total{result="read"} 1',
    'work_manifests_total{result="failed"} 1',
    'work_repairs_total 1',
    'work_tracked_objects 3',
    'work_object_watches 2',
    'work_apply_duration_seconds_sum 0.25',
  ])
    expect(text).toContain(`${sample}\n`);
});
