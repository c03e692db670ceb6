import { type ManagedCluster, managedClusters } from '../../api/generated/cluster.ts';
import type { Client } from '../../runtime/client/client.ts';
import { ApiError, isAlreadyExists, isForbidden, isUnauthorized } from '../../runtime/client/errors.ts';
import { type Controller } from '../../runtime/controller/controller.ts';
import { once } from '../common/watches.ts';

/** How often a cluster that waits to be accepted makes sure that it is still asking (registration.md 3.5). */
const periodMs = 60 * 60_000;

/** What the agent says of its cluster when it asks to join. */
export interface ClusterDescription {
  name: string;
  annotations: Record<string, string>;
  labels: Record<string, string>;
  /** URLs of the cluster's API server with their authority, base64. */
  clientConfigs: { url: string; caBundle?: string }[];
}

/** The ManagedCluster by which a cluster asks to join. */
export const newManagedCluster = ({
  name,
  annotations,
  labels,
  clientConfigs,
}: ClusterDescription): ManagedCluster => ({
  metadata: {
    name,
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(Object.keys(annotations).length > 0 ? { annotations } : {}),
  },
  spec: clientConfigs.length > 0 ? { managedClusterClientConfigs: clientConfigs } : {},
});

/** The present cluster with the client configurations that it lacks; undefined when it lacks none. */
export const withClientConfigs = (
  present: ManagedCluster,
  { clientConfigs }: ClusterDescription,
): ManagedCluster | undefined => {
  const known = present.spec?.managedClusterClientConfigs ?? [];
  const missing = clientConfigs.filter(({ url }) => known.every((config) => config.url !== url));
  if (missing.length === 0) return undefined;
  return { ...present, spec: { ...present.spec, managedClusterClientConfigs: [...known, ...missing] } };
};

/** A server that speaks events may not take changes of a ManagedCluster at all (D29). */
const isUnsupported = (error: unknown): boolean => error instanceof ApiError && error.code === 405;

const isRefusal = (error: unknown): boolean => isForbidden(error) || isUnauthorized(error);

/** A refusal in words that say what to do about it; it is retried with back-off (D1). */
const explained = (error: unknown, what: string, name: string): Error => {
  const remedy = isUnauthorized(error)
    ? 'the credential in the bootstrap kubeconfig is wrong or has expired: renew the bootstrap secret'
    : 'the bootstrap identity may need create on managedclusters and on managedclustersets/join of the cluster set';
  return new Error(
    `cannot ${what} ManagedCluster "${name}" on the hub: ${(error as Error).message}; ${remedy}`,
    {
      cause: error,
    },
  );
};

/**
 * Creates the ManagedCluster through which this cluster asks to join, and adds URLs of its API server that an existing
 * one lacks (registration.md 3.5).
 * @param onPresent called once the hub has the ManagedCluster, or hides from the bootstrap identity whether it does
 */
export const creatingController = (
  hub: Client,
  cluster: ClusterDescription,
  onPresent: () => void,
): Controller => ({
  name: 'managed-cluster-creating',
  watches: [once(cluster.name)],
  concurrency: 1,
  async reconcile(name, { log, signal }) {
    let present;
    try {
      present = await hub.find(managedClusters, name, undefined, { signal });
    } catch (error) {
      if (isForbidden(error)) onPresent(); // an administrator may have created it
      throw isRefusal(error) ? explained(error, 'get', name) : error;
    }
    if (!present) {
      try {
        await hub.create(managedClusters, newManagedCluster(cluster), { signal });
        log.info('ManagedClusterCreated', { cluster: name });
      } catch (error) {
        if (!isAlreadyExists(error)) throw isRefusal(error) ? explained(error, 'create', name) : error;
      }
    } else {
      const extended = withClientConfigs(present, cluster);
      if (extended) {
        try {
          await hub.replace(managedClusters, extended, { signal });
        } catch (error) {
          if (!isRefusal(error) && !isUnsupported(error)) throw error;
          log.debug(2, 'the bootstrap identity may not add client configurations', { cluster: name });
        }
      }
    }
    onPresent();
    return { requeueAfterMs: periodMs * (1 + Math.random()) };
  },
});
