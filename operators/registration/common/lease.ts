import type { ManagedCluster } from '../../api/generated/cluster.ts';

const defaultSeconds = 60;

/** Missed renewals until a cluster counts as out of reach. */
const graceFactor = 5;

/** Seconds between two renewals of a cluster's lease; what makes no sense counts as the default (D27). */
export const leaseSecondsOf = (cluster: ManagedCluster): number => {
  const seconds = cluster.spec?.leaseDurationSeconds ?? 0;
  return seconds > 0 ? seconds : defaultSeconds;
};

/** Milliseconds without a renewal after which the cluster is out of reach (registration.md 4.5). */
export const graceMsOf = (cluster: ManagedCluster): number => graceFactor * leaseSecondsOf(cluster) * 1000;
