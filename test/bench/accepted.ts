import { managedClusterCondition } from '../../operators/api/conditions.ts';
import { managedClusters } from '../../operators/api/generated/cluster.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { namespaces } from '../../operators/runtime/client/kubernetes.ts';
import { isTrue } from '../../operators/runtime/controller/conditions.ts';
import { patience, waitFor } from '../cluster/index.ts';
import { follow } from './follow.ts';

/** Resolves when all of these are accepted; by a watch, since polling would cost the API server more than the hub. */
const untilAccepted = async (
  hub: Client,
  names: readonly string[],
  resourceVersion: string,
  signal: AbortSignal,
): Promise<void> => {
  const missing = new Set(names);
  for await (const event of follow(hub, managedClusters, { resourceVersion, signal })) {
    if (event.type !== 'MODIFIED') continue;
    const { metadata, status } = event.object;
    if (isTrue(status?.conditions, managedClusterCondition.hubAccepted.type)) missing.delete(metadata.name);
    if (missing.size === 0) return;
  }
};

/**
 * Creates ManagedClusters that are accepted, all at once. Resolves when each has its condition and its namespace, to the
 * seconds until all were created and until that; rejects after five minutes.
 */
export const acceptClusters = async (
  hub: Client,
  names: readonly string[],
): Promise<{ created: number; accepted: number }> => {
  const { resourceVersion } = await hub.list(managedClusters, { limit: 1 });
  const start = performance.now();
  const elapsed = () => (performance.now() - start) / 1000;
  const accepted = untilAccepted(hub, names, resourceVersion, AbortSignal.timeout(patience));
  await Promise.all(
    names.map((name) =>
      hub.create(managedClusters, { metadata: { name }, spec: { hubAcceptsClient: true } }),
    ),
  );
  const created = elapsed();
  await accepted;
  // The condition and the namespace are written side by side: a cluster counts when it has both.
  await waitFor('their namespaces', async () => {
    const { items } = await hub.list(namespaces, { metadataOnly: true });
    const present = new Set(items.map(({ metadata }) => metadata.name));
    return names.every((name) => present.has(name));
  });
  return { created, accepted: elapsed() };
};
