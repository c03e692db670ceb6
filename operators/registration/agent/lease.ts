import type { AgentMetrics } from './metrics.ts';
import { managedClusterCondition } from '../../api/conditions.ts';
import type { ManagedCluster } from '../../api/generated/cluster.ts';
import { clusterLease } from '../../api/names.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { type Lease, leases } from '../../runtime/client/kubernetes.ts';
import { type Controller, from } from '../../runtime/controller/controller.ts';
import { isTrue } from '../../runtime/controller/conditions.ts';
import { leaseSecondsOf } from '../common/lease.ts';

/** A failed update is repeated this soon, or after one period if that is shorter. */
const retryMs = 10_000;
const maxJitter = 0.25;

export interface LeaseOptions {
  hub: Client;
  clusters: Informer<ManagedCluster>;
  clusterName: string;
  random?: () => number;
  metrics?: AgentMetrics;
  now?: () => number;
}

/** Now as a MicroTime. */
const microTime = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000Z`;

/**
 * Renews the lease by which the hub knows that the agent lives (registration.md 3.10), for as long as the hub accepts
 * the cluster: every period of `leaseDurationSeconds`, stretched by up to a quarter. The hub creates the lease.
 */
export const leaseController = ({ hub, clusters, clusterName, ...options }: LeaseOptions): Controller => {
  const random = options.random ?? Math.random;
  const now = options.now ?? Date.now;
  let running: { periodMs: number; dueAt: number } | undefined;
  let known: Lease | undefined;

  const renew = async (signal: AbortSignal): Promise<void> => {
    const lease = known ?? (await hub.get(leases, clusterLease, clusterName, { signal }));
    known = undefined; // whatever goes wrong, the next attempt reads it anew
    const renewedAt = now();
    known = await hub.replace(
      leases,
      { ...lease, spec: { ...lease.spec, renewTime: microTime(renewedAt) } },
      { signal },
    );
    options.metrics?.leaseRenewed(new Date(renewedAt));
  };

  return {
    name: 'managed-cluster-lease',
    watches: [from(clusters)],
    concurrency: 1,
    async reconcile(key, { log, signal }) {
      const cluster = clusters.get(clusterName);
      if (key !== clusterName) return;
      const isAccepted = isTrue(cluster?.status?.conditions, managedClusterCondition.hubAccepted.type);
      options.metrics?.accepted(isAccepted);
      if (!cluster || !isAccepted) {
        if (running) log.info('ManagedClusterLeaseUpdateStoped', { cluster: clusterName });
        if (running && !cluster)
          log.error(
            `ManagedCluster "${clusterName}" is gone from the hub, and its lease is not renewed; ` +
              'have it made anew there, or remove the Klusterlet',
          );
        running = undefined;
        return;
      }
      const periodMs = leaseSecondsOf(cluster) * 1000;
      if (running?.periodMs !== periodMs) {
        log.info('ManagedClusterLeaseUpdateStarted', { cluster: clusterName, periodMs });
        running = { periodMs, dueAt: now() };
      }
      if (now() < running.dueAt) return { requeueAfterMs: running.dueAt - now() };
      let pauseMs = periodMs * (1 + maxJitter * random());
      try {
        await renew(signal);
      } catch (error) {
        if (signal.aborted) return;
        log.error('cannot renew the lease of this cluster on the hub; the hub will report it Unknown', {
          error,
        });
        pauseMs = Math.min(periodMs, retryMs * (1 + maxJitter * random()));
      }
      running.dueAt = now() + pauseMs;
      return { requeueAfterMs: pauseMs };
    },
  };
};
