import type { Client } from '../../operators/runtime/client/client.ts';

const HUB_VERSION = 'cluster.open-cluster-management.io/v1';

/** Whether the cluster serves ManagedClusters. */
export const isHub = async (client: Client): Promise<boolean> =>
  (await client.resourceFor(HUB_VERSION, 'ManagedCluster')) !== undefined;

/** Whether the API server takes the policies that bound operators: Kubernetes 1.30 and newer. */
export const takesAdmissionPolicies = async (client: Client): Promise<boolean> =>
  (await client.resourceFor('admissionregistration.k8s.io/v1', 'ValidatingAdmissionPolicy')) !== undefined;

/** Throws unless the cluster serves ManagedClusters (cli.md 1.5). */
export const requireHub = async (client: Client): Promise<void> => {
  let hub: boolean;
  try {
    hub = await isHub(client);
  } catch (error) {
    throw new Error(`failed to list GroupVersion ${HUB_VERSION}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  if (!hub) throw new Error('hub oriented command should not running against non-hub cluster');
};

/** Throws unless the cluster serves ClusterClaims (cli.md 1.5). */
export const requireManagedCluster = async (client: Client): Promise<void> => {
  const version = 'cluster.open-cluster-management.io/v1alpha1';
  let managed: boolean;
  try {
    managed = (await client.resourceFor(version, 'ClusterClaim')) !== undefined;
  } catch (error) {
    throw new Error(`failed to list GroupVersion: ${version}: ${(error as Error).message}`, { cause: error });
  }
  if (!managed) {
    throw new Error('managed cluster oriented command should not running against non-managed cluster');
  }
};
