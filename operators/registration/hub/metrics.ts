import { managedClusterCondition } from '../../api/conditions.ts';
import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import type { ManagedCluster } from '../../api/generated/cluster.ts';
import { isDecided } from '../../fleet/certificate-requests.ts';
import type { Store } from '../../runtime/cache/informer.ts';
import type { CertificateSigningRequest } from '../../runtime/client/kubernetes.ts';
import { isTrue, statusOf } from '../../runtime/controller/conditions.ts';
import { gauge } from '../../runtime/process/metric-definition.ts';
import type { Metrics } from '../../runtime/process/metrics.ts';
import type { Sighting } from './lease.ts';

const { available, hubAccepted, joined } = managedClusterCondition;

/** What the hub says of its fleet. None has a series for each cluster. */
export const fleetMetrics = {
  clusters: gauge(
    'ocm_managed_clusters',
    'ManagedClusters by whether the hub accepts them, whether they joined, and the status of their condition Available.',
    ['accepted', 'joined', 'available'],
  ),
  oldestLease: gauge(
    'ocm_managed_cluster_oldest_lease_seconds',
    'Seconds since the longest silent of the available clusters renewed its lease, on the clock of the hub.',
  ),
  requests: gauge(
    'ocm_managed_cluster_pending_csrs',
    'CertificateSigningRequests of clusters that nobody approved or denied yet.',
  ),
  addons: gauge(
    'ocm_managed_cluster_addons',
    'ManagedClusterAddOns by the status of their condition Available.',
    ['available'],
  ),
};

export interface Fleet {
  clusters: Pick<Store<ManagedCluster>, 'list'>;
  addons: Pick<Store<ManagedClusterAddOn>, 'list'>;
  requests: Pick<Store<CertificateSigningRequest>, 'list'>;
  /** What was seen of the leases of accepted clusters, by the cluster's name. */
  sightings: ReadonlyMap<string, Sighting>;
}

/** Counts the fleet whenever somebody scrapes, from what the controllers know anyway. */
export const countFleet = (
  metrics: Metrics,
  { clusters, addons, requests, sightings }: Fleet,
  now: () => number = Date.now,
): void => {
  const count = metrics.gauge(fleetMetrics.clusters);
  const oldest = metrics.gauge(fleetMetrics.oldestLease);
  const pending = metrics.gauge(fleetMetrics.requests);
  const addonCount = metrics.gauge(fleetMetrics.addons);
  metrics.onScrape(() => {
    count.clear();
    // There from the start, so that a first cluster shows as a rise.
    for (const status of ['True', 'False', 'Unknown'])
      count.set(0, { accepted: 'true', joined: 'true', available: status });
    let silentMs = 0;
    for (const { metadata, status } of clusters.list()) {
      const conditions = status?.conditions;
      count.inc({
        accepted: String(isTrue(conditions, hubAccepted.type)),
        joined: String(isTrue(conditions, joined.type)),
        available: statusOf(conditions, available.type),
      });
      const sighting = sightings.get(metadata.name);
      if (sighting && isTrue(conditions, available.type))
        silentMs = Math.max(silentMs, now() - sighting.seenAt);
    }
    oldest.set(silentMs / 1000);
    pending.set(requests.list().filter((request) => !isDecided(request)).length);
    addonCount.clear();
    addonCount.set(0, { available: 'True' });
    for (const { status } of addons.list())
      addonCount.inc({ available: statusOf(status?.conditions, 'Available') });
  });
};
