import { managedClusterCondition } from '../../api/conditions.ts';
import {
  type ManagedCluster,
  type ManagedClusterTaint,
  managedClusters,
} from '../../api/generated/cluster.ts';
import { taint } from '../../api/names.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { findCondition } from '../../runtime/controller/conditions.ts';
import { type Controller, from } from '../../runtime/controller/controller.ts';

const fieldManager = 'registration-taint';

const unavailable: ManagedClusterTaint = { key: taint.unavailable, effect: 'NoSelect' };
const unreachable: ManagedClusterTaint = { key: taint.unreachable, effect: 'NoSelect' };

const isSame = (left: ManagedClusterTaint, right: ManagedClusterTaint): boolean =>
  left.key === right.key && left.effect === right.effect && (left.value ?? '') === (right.value ?? '');

/** The taints that a cluster of this availability should have; the very same array when it has them. */
export const taintsFor = (
  taints: ManagedClusterTaint[],
  available: string | undefined,
): ManagedClusterTaint[] => {
  const wanted = available === 'True' ? [] : available === 'False' ? [unavailable] : [unreachable];
  const kept = taints.filter(
    (present) =>
      ![unavailable, unreachable].some((own) => isSame(own, present)) ||
      wanted.some((own) => isSame(own, present)),
  );
  const missing = wanted.filter((own) => !kept.some((present) => isSame(own, present)));
  return kept.length === taints.length && missing.length === 0 ? taints : [...kept, ...missing];
};

/** Keeps the taints that tell placement of clusters which cannot be used (registration.md 4.7). */
export const taintController = (hub: Client, clusters: Informer<ManagedCluster>): Controller => ({
  name: 'managed-cluster-taint',
  watches: [from(clusters)],
  concurrency: 16,
  async reconcile(name, { signal }) {
    const cluster = clusters.get(name);
    if (!cluster || cluster.metadata.deletionTimestamp !== undefined) return;
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
