import { beforeAll, expect, test } from '@jest/globals';
import { setTimeout as pass } from 'node:timers/promises';
import { type AuditEvent, leaseWritesOf, writesOf } from '../cluster/index.ts';
import type { Fleet } from './fleet.ts';
import { sharedManagedFleet } from './shared-fleet.ts';
import { createWorkload } from './workload.ts';

let fleet: Fleet;
beforeAll(async () => {
  fleet = await sharedManagedFleet();
  await createWorkload(fleet);
}, 600_000);

const QUIET_MS = 60_000;

const ours = ({ user }: AuditEvent): boolean => /open-cluster-management/.test(user?.username ?? '');

test('a settled hub is written to for leases only (five minutes: npm run bench)', async () => {
  // What the workload's creation set off comes to rest first.
  await pass(15_000);
  const since = Date.now();
  // The subject is that nothing happens in this time.
  await pass(QUIET_MS);
  const events = (await fleet.hub.auditLog()).filter(
    (event) => ours(event) && Date.parse(event.stageTimestamp) >= since,
  );
  // The log is complete: whoever leads, and the agent, have renewed their leases.
  expect(leaseWritesOf(events)).not.toEqual([]);
  const writes = writesOf(events);
  expect(writes.map(({ verb, user, requestURI }) => `${user?.username} ${verb} ${requestURI}`)).toEqual([]);
}, 180_000);
