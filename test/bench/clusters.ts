import { managedClusters } from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { acceptClusters } from './accepted.ts';
import { figure } from './figures.ts';

const COUNT = 500;

/** 500 ManagedClusters created accepted → each with its HubAccepted condition and its namespace. */
export const benchClusters = async (client: Client): Promise<void> => {
  const names = Array.from({ length: COUNT }, (_, index) => `bench-${index}`);
  const { accepted } = await acceptClusters(client, names);
  figure(`${COUNT} ManagedClusters, create to accepted with namespace`, accepted, 's', '15; upstream 198');
  await Promise.all(names.map((name) => client.delete(managedClusters, { name })));
};
