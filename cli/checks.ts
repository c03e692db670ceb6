import type { Client } from '../operators/runtime/client/client.ts';
import { customResourceDefinitions } from '../operators/runtime/client/kubernetes.ts';

const serves = async (client: Client, group: string, version: string, plural: string): Promise<boolean> =>
  (await client.discover()).some(
    (resource) => resource.group === group && resource.version === version && resource.plural === plural,
  );

/** Throws unless the cluster serves ManagedClusters (cli.md 1.5). */
export const requireHub = async (client: Client): Promise<void> => {
  let hub: boolean;
  try {
    hub = await serves(client, 'cluster.open-cluster-management.io', 'v1', 'managedclusters');
  } catch (error) {
    throw new Error(
      `failed to list GroupVersion cluster.open-cluster-management.io/v1: ${(error as Error).message}`,
      { cause: error },
    );
  }
  if (!hub) throw new Error('hub oriented command should not running against non-hub cluster');
};

export const hasCrd = async (client: Client, name: string): Promise<boolean> =>
  (await client.find(customResourceDefinitions, name)) !== undefined;

export const CLUSTER_MANAGER_CRD = 'clustermanagers.operator.open-cluster-management.io';
export const KLUSTERLET_CRD = 'klusterlets.operator.open-cluster-management.io';
