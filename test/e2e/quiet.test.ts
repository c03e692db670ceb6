import { beforeAll, expect, test } from '@jest/globals';
import type { Fleet } from './fleet.ts';
import { activityWithin, untilAtRest } from './quiet.ts';
import { sharedManagedFleet } from './shared-fleet.ts';
import { createWorkload } from './workload.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await sharedManagedFleet();
  await createWorkload(fleet);
});

const QUIET_MS = 60_000;

test('a settled hub is written to for leases only (five minutes: npm run bench)', async () => {
  // What the workload's creation set off comes to rest first.
  await untilAtRest(fleet.hub, 15_000);
  // The subject is that nothing happens in this time.
  const { leases, others } = await activityWithin(fleet.hub, QUIET_MS);
  // The log is complete: whoever leads, and the agent, have renewed their leases.
  expect(leases).not.toEqual([]);
  expect(others).toEqual([]);
});
