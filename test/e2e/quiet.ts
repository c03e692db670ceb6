import { setTimeout as pass } from 'node:timers/promises';
import { type AuditEvent, type Cluster, leaseWritesOf, untilQuiet, writesOf } from '../cluster/index.ts';

/** What the identities of this project write to a hub. */
export interface Activity {
  leases: AuditEvent[];
  /** One line for each write of something else. */
  others: string[];
}

const activityOf = async (hub: Cluster, since = 0): Promise<Activity> => {
  const events = (await hub.auditLog()).filter(
    ({ stageTimestamp, user }) =>
      Date.parse(stageTimestamp) >= since && /open-cluster-management/.test(user?.username ?? ''),
  );
  return {
    leases: leaseWritesOf(events),
    others: writesOf(events).map(({ verb, user, requestURI }) => `${user?.username} ${verb} ${requestURI}`),
  };
};

/** Waits until nothing but leases has been written to a hub for a while, in milliseconds. */
export const untilAtRest = async (hub: Cluster, quietMs: number): Promise<void> =>
  void (await untilQuiet('writes', async () => (await activityOf(hub)).others.length, quietMs));

/** Lets time pass, in milliseconds, and resolves to what was written meanwhile by the hub's audit log. */
export const activityWithin = async (hub: Cluster, ms: number): Promise<Activity> => {
  const since = Date.now();
  await pass(ms);
  return activityOf(hub, since);
};
