import { expect, test } from '@jest/globals';
import { createMetrics } from '../process/metrics.ts';
import { countPatch } from './client-metrics.ts';
import { ApiError } from './errors.ts';

test('registration.md 160: patches are counted by how they ended, and fail as before', async () => {
  const metrics = createMetrics();
  const patch = (outcome: () => Promise<string>) =>
    countPatch(metrics, 'patch_status', 'managedclusters', outcome);
  await expect(patch(async () => 'answer')).resolves.toBe('answer');
  const conflict = new ApiError(409, { reason: 'Conflict' }, 'PATCH x');
  await expect(patch(() => Promise.reject(conflict))).rejects.toBe(conflict);
  const refusal = new ApiError(403, {}, 'PATCH x');
  await expect(patch(() => Promise.reject(refusal))).rejects.toBe(refusal);
  const text = metrics.expose();
  const of = 'operation="patch_status",resource="managedclusters"';
  for (const status of ['success', 'conflict', 'error'])
    expect(text).toContain(`patcher_operations_total{${of},status="${status}"} 1\n`);
  expect(text).toContain(`patcher_operation_duration_seconds_count{${of}} 3\n`);
});
