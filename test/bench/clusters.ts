import { managedClusters } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { namespaces } from '../../operators/runtime/client/kubernetes.ts';
import { waitFor } from '../cluster/index.ts';
import { figure } from './figures.ts';
import { follow } from './follow.ts';

const COUNT = 500;
const LABEL = 'bench=clusters';

/** 500 ManagedClusters created accepted → each with its HubAccepted condition and its namespace. */
export const benchClusters = async (client: Client): Promise<void> => {
  const names = Array.from({ length: COUNT }, (_, index) => `bench-${index}`);
  const start = performance.now();
  await Promise.all(
    names.map((name) =>
      client.create(managedClusters, {
        metadata: { name, labels: { bench: 'clusters' } },
        spec: { hubAcceptsClient: true, leaseDurationSeconds: 60 },
      }),
    ),
  );
  await allAccepted(client);
  figure(
    `${COUNT} ManagedClusters, create to accepted with namespace`,
    (performance.now() - start) / 1000,
    's',
    '15; upstream 198',
  );
  await Promise.all(names.map((name) => client.delete(managedClusters, { name })));
};

const allAccepted = async (client: Client): Promise<void> => {
  const { items, resourceVersion } = await client.list(managedClusters, { labelSelector: LABEL });
  const accepted = new Set<string>();
  const look = (cluster: (typeof items)[number]) => {
    const condition = cluster.status?.conditions?.find(({ type }) => type === 'HubAcceptedManagedCluster');
    if (condition?.status === 'True') accepted.add(cluster.metadata.name);
  };
  items.forEach(look);
  if (accepted.size < COUNT) {
    for await (const event of follow(client, managedClusters, { labelSelector: LABEL, resourceVersion })) {
      if (event.type === 'MODIFIED') look(event.object);
      if (accepted.size === COUNT) break;
    }
  }
  // The condition and the namespace are written side by side: a cluster counts when it has both.
  await waitFor('their namespaces', async () => {
    const present = await client.list(namespaces, { metadataOnly: true });
    return present.items.filter(({ metadata }) => accepted.has(metadata.name)).length === COUNT;
  });
};
