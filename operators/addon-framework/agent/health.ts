import { managedClusterAddOnCondition, managedClusterCondition } from '../../api/conditions.ts';
import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import type { ManagedCluster } from '../../api/generated/cluster.ts';
import type { Condition, UnknownObject } from '../../runtime/client/object.ts';
import { type NextCondition, findCondition, statusOf } from '../../runtime/controller/conditions.ts';
import { type Prober, availabilityOf } from '../health/availability.ts';
import type { KeptWork } from '../works/kept.ts';

export const clusterAvailable = managedClusterCondition.available.type;

/**
 * Condition Available of an add-on by its works (addon.md 7.4); undefined while nothing can be said: nothing was deployed yet,
 * or nobody hears from the cluster.
 */
export const healthOf = (
  { metadata: { name } }: ManagedClusterAddOn,
  conditions: readonly Condition[] | undefined,
  cluster: ManagedCluster,
  prober: Prober,
  works: readonly KeptWork[],
): NextCondition | undefined => {
  const available = findCondition(cluster.status?.conditions, clusterAvailable);
  if (available && statusOf(cluster.status?.conditions, clusterAvailable) === 'Unknown') return undefined;
  if (!findCondition(conditions, managedClusterAddOnCondition.manifestApplied.type)) return undefined;
  const manifests = works.flatMap(({ spec }) => (spec?.workload?.manifests ?? []) as UnknownObject[]);
  return availabilityOf(name, prober, works, manifests);
};
