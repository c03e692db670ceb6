import { beforeAll, expect, test } from '@jest/globals';
import { setTimeout as pass } from 'node:timers/promises';
import type { Fleet } from './fleet.ts';
import { activityWithin } from './quiet.ts';
import { sharedManagedFleet } from './shared-fleet.ts';
import { createWorkload } from './workload.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await sharedManagedFleet();
  await createWorkload(fleet);
}, 600_000);

const QUIET_MS = 60_000;

test('a settled hub is written to for leases only (five minutes: npm run bench)', async () => {
  // What the workload's creation set off comes to rest first.
  await pass(15_000);
  // The subject is that nothing happens in this time.
  const { leases, others } = await activityWithin(fleet.hub, QUIET_MS);
  // The log is complete: whoever leads, and the agent, have renewed their leases.
  expect(leases).not.toEqual([]);
  expect(others).toEqual([]);
}, 180_000);
