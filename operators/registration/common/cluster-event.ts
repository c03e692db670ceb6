import { type ManagedCluster, managedClusters } from '../../api/generated/cluster.ts';
import { apiVersionOf } from '../../runtime/client/resource.ts';
import type { EventFields } from '../../runtime/controller/events.ts';

/** An event that regards a ManagedCluster, in the namespace of that cluster (registration.md 9). */
export const clusterEvent = (
  cluster: ManagedCluster,
  fields: Pick<EventFields, 'type' | 'reason' | 'note'>,
): EventFields => ({
  ...fields,
  regarding: { ...cluster, apiVersion: apiVersionOf(managedClusters), kind: managedClusters.kind },
  namespace: cluster.metadata.name,
});
