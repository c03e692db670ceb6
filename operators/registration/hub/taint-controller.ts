import { managedClusterCondition } from '../../api/conditions.ts';
import { type ManagedCluster, managedClusters } from '../../api/generated/cluster.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { findCondition } from '../../runtime/controller/conditions.ts';
import { type Controller, from } from '../../runtime/controller/controller.ts';
import { awaitsFirstWrite } from './first-write.ts';
import { taintsFor } from './taints.ts';

const fieldManager = 'registration-taint';

/** Keeps the taints that tell placement of clusters which cannot be used (registration.md 4.7). */
export const taintController = (hub: Client, clusters: Informer<ManagedCluster>): Controller => ({
  name: 'managed-cluster-taint',
  watches: [from(clusters)],
  concurrency: 16,
  async reconcile(name, { signal }) {
    const cluster = clusters.get(name);
    if (!cluster || cluster.metadata.deletionTimestamp !== undefined || awaitsFirstWrite(cluster)) return;
    const present = cluster.spec?.taints ?? [];
    const available = findCondition(
      cluster.status?.conditions,
      managedClusterCondition.available.type,
    )?.status;
    const taints = taintsFor(present, available);
    if (taints === present) return;
    const { uid, resourceVersion } = cluster.metadata;
    await hub.patch(
      managedClusters,
      { name },
      {
        type: 'merge',
        body: { metadata: { uid, resourceVersion }, spec: { taints: taints.length > 0 ? taints : null } },
      },
      { fieldManager, signal },
    );
  },
});
