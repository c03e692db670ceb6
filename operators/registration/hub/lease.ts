import { managedClusterCondition } from '../../api/conditions.ts';
import { type ManagedCluster, managedClusters } from '../../api/generated/cluster.ts';
import { clusterLease, label } from '../../api/names.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { isAlreadyExists } from '../../runtime/client/errors.ts';
import { type Lease, leases } from '../../runtime/client/kubernetes.ts';
import { type NextCondition, findCondition } from '../../runtime/controller/conditions.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';
import { type EventRecorder, microTime } from '../../runtime/controller/events.ts';
import { clusterEvent } from '../common/cluster-event.ts';
import { applyCondition } from '../common/conditions.ts';
import { graceMsOf } from '../common/lease.ts';
import { hasClockIgnored } from './ignored-clock.ts';

const fieldManager = 'registration-lease';
const { available, hubAccepted } = managedClusterCondition;

const unknown: NextCondition = {
  type: available.type,
  status: 'Unknown',
  reason: available.reason.ManagedClusterLeaseUpdateStopped,
  message: 'Registration agent stopped updating its lease.',
};

/** The cluster whose lease this is. */
export const clusterOfLease = ({ metadata }: Lease): string | undefined =>
  metadata.labels?.[label.clusterName];

/** What was seen of a lease: which renewal, and when on this machine's clock. */
export interface Sighting {
  renewTime: string | undefined;
  seenAt: number;
  graceMs: number;
}

/**
 * The moment from which the silence of an agent counts, on the hub's clock. A renewal that was seen to happen counts
 * from then, whatever the agent's clock says; only for the first sighting its own time has to do, unless it lies in the
 * future or nobody is to look at that clock (since-1.3.1.md 56). A lease without a time never was renewed. Where the grace
 * changes, silence counts anew: the agent could not know before how often to renew.
 */
export const sight = (
  previous: Sighting | undefined,
  renewTime: string | undefined,
  graceMs: number,
  now: number,
  clock: 'counts' | 'ignored' = 'counts',
): Sighting => {
  if (previous && previous.renewTime === renewTime && previous.graceMs === graceMs) return previous;
  if (previous) return { renewTime, graceMs, seenAt: now };
  const renewedAt = renewTime === undefined ? Number.NaN : Date.parse(renewTime);
  if (Number.isNaN(renewedAt)) return { renewTime, graceMs, seenAt: 0 };
  return { renewTime, graceMs, seenAt: clock === 'ignored' ? now : Math.min(renewedAt, now) };
};

const newLease = (cluster: string): Lease => ({
  metadata: { name: clusterLease, namespace: cluster, labels: { [label.clusterName]: cluster } },
  spec: { holderIdentity: clusterLease, renewTime: microTime(new Date()) },
});

export interface HubLeaseOptions {
  hub: Client;
  clusters: Informer<ManagedCluster>;
  leases: Informer<Lease>;
  events: EventRecorder;
  /** Where what is seen of each lease is kept, by the cluster's name; for others to look at. */
  sightings?: Map<string, Sighting>;
  now?: () => number;
}

/**
 * Reports a cluster as Unknown when its agent stopped renewing the lease for five periods (registration.md 4.5), and
 * creates the lease of an accepted one. One timer per cluster, set by its own lease; recovery is the agent's to report.
 */
export const hubLeaseController = (options: HubLeaseOptions): Controller => {
  const { hub, clusters, events } = options;
  const now = options.now ?? Date.now;
  const sightings = options.sightings ?? new Map<string, Sighting>();

  const markUnknown = async (cluster: ManagedCluster, signal: AbortSignal): Promise<void> => {
    const conditions = cluster.status?.conditions;
    if (findCondition(conditions, available.type)?.status === 'Unknown') return;
    await applyCondition(hub, managedClusters, cluster, unknown, { fieldManager, signal });
    events.record(
      clusterEvent(cluster, {
        type: 'Warning',
        reason: 'AvailableUnknown',
        note:
          `The ${cluster.metadata.name} is successfully imported. However, the connection check from the ` +
          'managed cluster to the hub cluster has failed',
      }),
    );
  };

  const create = async (cluster: string, signal: AbortSignal): Promise<void> => {
    try {
      await hub.create(leases, newLease(cluster), { fieldManager, signal });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error; // it exists, and its arrival in the cache comes back here
    }
  };

  return {
    name: 'managed-cluster-lease',
    watches: [from(clusters), mapped(options.leases, clusterOfLease)],
    concurrency: 32,
    async reconcile(name, { signal }) {
      const cluster = clusters.get(name);
      if (!cluster || !findCondition(cluster.status?.conditions, hubAccepted.type)) {
        sightings.delete(name);
        return;
      }
      const lease = options.leases.get(clusterLease, name);
      if (!lease) {
        sightings.delete(name);
        return cluster.metadata.deletionTimestamp === undefined
          ? create(name, signal)
          : markUnknown(cluster, signal);
      }
      const graceMs = graceMsOf(cluster);
      const clock = hasClockIgnored(cluster) ? 'ignored' : 'counts';
      const sighting = sight(sightings.get(name), lease.spec?.renewTime, graceMs, now(), clock);
      sightings.set(name, sighting);
      const leftMs = sighting.seenAt + graceMs - now();
      if (leftMs > 0) return { requeueAfterMs: leftMs };
      await markUnknown(cluster, signal);
      return { requeueAfterMs: graceMs };
    },
  };
};
