import { managedClusterCondition } from '../../api/conditions.ts';
import { type ManagedCluster, managedClusters } from '../../api/generated/cluster.ts';
import { clusterLease } from '../../api/names.ts';
import type { Change, Informer } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import type { Lease } from '../../runtime/client/kubernetes.ts';
import { type NextCondition, findCondition } from '../../runtime/controller/conditions.ts';
import type { Controller } from '../../runtime/controller/controller.ts';
import { applyCondition } from '../common/conditions.ts';
import { graceMsOf } from '../common/lease.ts';
import { hasClockIgnored } from './ignored-clock.ts';
import { clusterOfLease } from './lease.ts';

const fieldManager = 'registration-clock-sync';
const { type, reason } = managedClusterCondition.clockSynced;

/** What the distance between the hub's clock and the one behind a renewal says (registration.md 4.6). */
export const clockCondition = (
  cluster: Pick<ManagedCluster, 'metadata'>,
  distanceMs: number,
  graceMs: number,
): NextCondition =>
  hasClockIgnored(cluster) || Math.abs(distanceMs) < graceMs
    ? {
        type,
        status: 'True',
        reason: reason.ManagedClusterClockSynced,
        message: 'The clock of the managed cluster is synced with the hub.',
      }
    : {
        type,
        status: 'False',
        reason: reason.ManagedClusterClockOutOfSync,
        message:
          'The clock of hub and agent is out of sync. This may cause the Unknown status and affect agent functionalities.',
      };

const isRenewal = (change: Change<Lease>): boolean =>
  change.type === 'updated' && change.object.spec?.renewTime !== change.previous.spec?.renewTime;

/** Says for each renewal of a lease whether the clocks of hub and managed cluster agree. */
export const clockSyncController = (
  hub: Client,
  clusters: Informer<ManagedCluster>,
  leases: Informer<Lease>,
  now: () => number = Date.now,
): Controller => {
  /** When the renewal arrived, on the hub's clock: a queue may hold it up. */
  const arrivals = new Map<string, number>();
  return {
    name: 'managed-cluster-clock-sync',
    watches: [
      {
        name: 'renewals',
        start: (enqueue) =>
          leases.onChange((change) => {
            const name = clusterOfLease(change.object);
            if (name === undefined || !isRenewal(change)) return;
            arrivals.set(name, now());
            enqueue(name);
          }),
        waitForSync: (signal) => leases.waitForSync(signal),
      },
    ],
    concurrency: 32,
    async reconcile(name, { log, signal }) {
      const [cluster, lease] = [clusters.get(name), leases.get(clusterLease, name)];
      const arrival = arrivals.get(name);
      if (!cluster || lease?.spec?.renewTime === undefined || arrival === undefined) return;
      const next = clockCondition(cluster, arrival - Date.parse(lease.spec.renewTime), graceMsOf(cluster));
      const conditions = cluster.status?.conditions;
      if (findCondition(conditions, type)?.status !== next.status) {
        await applyCondition(hub, managedClusters, cluster, next, { fieldManager, signal });
        log.info('ManagedClusterClockSyncedConditionUpdated', { status: next.status });
      }
      arrivals.delete(name);
    },
  };
};
