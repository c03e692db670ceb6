import { managedClusters } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { pods } from '../../operators/runtime/client/kubernetes.ts';
import { waitFor } from '../cluster/index.ts';
import { type Api, HUB_NAMESPACE, OPERATOR_NAMESPACE } from '../e2e/fleet.ts';
import { acceptClusters } from './accepted.ts';
import { figure } from './figures.ts';
import { clustersFloor, numbered } from './floors.ts';

const COUNT = 500;
const operator = 'cluster-manager';
const controller = 'cluster-manager-registration-controller';

const scale = (hub: Api, namespace: string, name: string, replicas: number) =>
  hub.kubectl(['-n', namespace, 'scale', `deployment/${name}`, `--replicas=${replicas}`]);

/** Runs `task` while the hub has its webhooks, but no controller; the operator brings the controller back. */
const withoutControllers = async <R>(hub: Api, client: Client, task: () => Promise<R>): Promise<R> => {
  await scale(hub, OPERATOR_NAMESPACE, operator, 0);
  await waitFor('the operator to be away', () => isAway(client, OPERATOR_NAMESPACE, operator));
  await scale(hub, HUB_NAMESPACE, controller, 0);
  await waitFor('the controller to be away', () => isAway(client, HUB_NAMESPACE, controller));
  try {
    return await task();
  } finally {
    await scale(hub, OPERATOR_NAMESPACE, operator, 1);
  }
};

const isAway = async (client: Client, namespace: string, name: string): Promise<boolean> => {
  const { items } = await client.list(pods, { namespace, metadataOnly: true });
  return items.every(({ metadata }) => !metadata.name.startsWith(`${name}-`));
};

const removeAll = (client: Client, names: readonly string[]) =>
  Promise.all(names.map((name) => client.delete(managedClusters, { name })));

/** 500 ManagedClusters created accepted → each with its HubAccepted condition and its namespace, beside their writes. */
export const benchClusters = async (hub: Api, client: Client): Promise<void> => {
  const names = numbered('bench', COUNT);
  const { accepted } = await acceptClusters(client, names);
  figure(`${COUNT} ManagedClusters, create to accepted with namespace`, accepted, 's', '15; upstream 198');
  await removeAll(client, names);
  await waitFor(
    'the clusters to be gone',
    async () => {
      const { items } = await client.list(managedClusters, { metadataOnly: true });
      return items.every(({ metadata }) => !names.includes(metadata.name));
    },
    { timeout: 300_000 },
  );

  const bare = numbered('bare', COUNT);
  const floor = await withoutControllers(hub, client, async () => {
    const took = await clustersFloor(client, bare);
    await removeAll(client, bare);
    return took;
  });
  figure(`floor: the writes of ${COUNT} clusters by a bare client`, floor, 's');
  figure(`${COUNT} ManagedClusters to their floor`, accepted / floor, 'x', '1.5');
};
