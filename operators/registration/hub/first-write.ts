import { managedClusterCondition } from '../../api/conditions.ts';
import type { ManagedCluster } from '../../api/generated/cluster.ts';
import { finalizer } from '../../api/names.ts';
import { findCondition } from '../../runtime/controller/conditions.ts';
import { hasFinalizer } from '../../runtime/controller/finalizers.ts';
import { taintsFor } from './taints.ts';

/**
 * Each write of a ManagedCluster passes two webhooks. A newly accepted one needs its finalizers and its first taint at
 * the same moment: the controller that accepts it writes them all at once, and the others leave it alone until then.
 */
export const awaitsFirstWrite = (cluster: ManagedCluster): boolean =>
  cluster.spec?.hubAcceptsClient === true &&
  cluster.metadata.deletionTimestamp === undefined &&
  !hasFinalizer(cluster, finalizer.managedCluster);

/**
 * The merge patch of that write; refused with 409 when the cluster has changed meanwhile.
 * @param withCleanup whether the resources of a leaving cluster are cleaned up, which needs a finalizer of its own
 */
export const firstWrite = (cluster: ManagedCluster, withCleanup: boolean): object => {
  const { uid, resourceVersion, finalizers = [] } = cluster.metadata;
  const wanted = [finalizer.managedCluster, ...(withCleanup ? [finalizer.managedClusterResources] : [])];
  const present = cluster.spec?.taints ?? [];
  const available = findCondition(cluster.status?.conditions, managedClusterCondition.available.type)?.status;
  const taints = taintsFor(present, available);
  return {
    metadata: { uid, resourceVersion, finalizers: [...new Set([...finalizers, ...wanted])] },
    ...(taints === present ? {} : { spec: { taints: taints.length > 0 ? taints : null } }),
  };
};
