import { managedClusterCondition } from '../../../api/conditions.ts';
import { type ManagedCluster, managedClusters } from '../../../api/generated/cluster.ts';
import { annotation, finalizer } from '../../../api/names.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { ApiError, isConflict } from '../../../runtime/client/errors.ts';
import { type NextCondition, findCondition, timestamp } from '../../../runtime/controller/conditions.ts';
import {
  type Context,
  type Controller,
  type Result,
  from,
  mapped,
} from '../../../runtime/controller/controller.ts';
import { hasFinalizer, removeFinalizer } from '../../../runtime/controller/finalizers.ts';
import { applyCondition } from '../../common/conditions.ts';
import { awaitsFirstWrite, firstWrite } from '../first-write.ts';
import { type ClusterPermissions, type PermissionCaches, clusterOf } from './cluster-permissions.ts';

const fieldManager = 'registration-accept';
const worksRemainMs = 5_000;
const { type, reason } = managedClusterCondition.hubAccepted;

export interface AcceptOptions {
  hub: Client;
  clusters: Informer<ManagedCluster>;
  caches: PermissionCaches;
  permissions: ClusterPermissions;
  /** Gate `ManagedClusterAutoApproval`: accept each cluster once. */
  autoAccept: boolean;
  /** Gate `ResourceCleanup`: clusters get the finalizer of the clean-up. */
  withCleanup: boolean;
}

const accepted: NextCondition = {
  type,
  status: 'True',
  reason: reason.HubClusterAdminAccepted,
  message: 'Accepted by hub cluster admin',
};

const denied: NextCondition = {
  type,
  status: 'False',
  reason: reason.HubClusterAdminDenied,
  message: 'Denied by hub cluster admin',
};

/** Whether an error stays until somebody acts: what passes by itself must not take a cluster's acceptance away. */
const isLasting = (error: unknown): boolean =>
  error instanceof AggregateError
    ? error.errors.some(isLasting)
    : error instanceof ApiError && error.code < 500 && error.code !== 429 && !isConflict(error);

/** The patch that accepts a cluster on behalf of the hub, once: a later denial stays. */
export const autoAcceptance = (cluster: ManagedCluster, now: Date): object | undefined => {
  const { annotations, uid, resourceVersion } = cluster.metadata;
  if (annotations?.[annotation.automaticallyAccepted] !== undefined) return undefined;
  return {
    metadata: { uid, resourceVersion, annotations: { [annotation.automaticallyAccepted]: timestamp(now) } },
    ...(cluster.spec?.hubAcceptsClient ? {} : { spec: { hubAcceptsClient: true } }),
  };
};

/**
 * Keeps HubAcceptedManagedCluster, the cluster's namespace and its permissions in step with spec.hubAcceptsClient, and
 * removes the permissions when the cluster leaves (registration.md 4.2).
 */
export const acceptController = (options: AcceptOptions): Controller => {
  const { hub, clusters, caches, permissions, autoAccept, withCleanup } = options;
  const show = (cluster: ManagedCluster, condition: NextCondition, signal: AbortSignal) =>
    applyCondition(hub, managedClusters, cluster, condition, { fieldManager, signal });

  /** Somebody else's stale view of a cluster must not cost it its permissions: asks the hub itself. */
  const afterDeparture = async (name: string, signal: AbortSignal): Promise<Result> => {
    if (!permissions.has(name)) return;
    if (await hub.find(managedClusters, name, undefined, { signal })) return;
    if (!(await permissions.revoke(name, signal))) return { requeueAfterMs: worksRemainMs };
  };

  const remove = async (cluster: ManagedCluster, signal: AbortSignal): Promise<Result> => {
    if (!hasFinalizer(cluster, finalizer.managedCluster)) return afterFinalizer(cluster, signal);
    if (!(await permissions.revoke(cluster.metadata.name, signal))) return { requeueAfterMs: worksRemainMs };
    await removeFinalizer(hub, managedClusters, cluster, finalizer.managedCluster, { fieldManager, signal });
  };

  /** A cluster that waits for others' finalizers only, or was never accepted. */
  const afterFinalizer = async (cluster: ManagedCluster, signal: AbortSignal): Promise<Result> => {
    const { name } = cluster.metadata;
    if (permissions.has(name) && !(await permissions.revoke(name, signal)))
      return { requeueAfterMs: worksRemainMs };
  };

  const deny = async (cluster: ManagedCluster, { log, signal }: Context): Promise<Result> => {
    const { name } = cluster.metadata;
    const present = findCondition(cluster.status?.conditions, type);
    // a denial may overtake the acceptance between the grant and its condition: the permissions tell
    if (!present && !permissions.has(name)) return; // never accepted: there is nothing to take away
    await show(cluster, denied, signal);
    if (present?.status !== 'False') log.info('ManagedClusterDenied', { cluster: name });
    const done = await permissions.reduce(name, signal);
    if (!done) return { requeueAfterMs: worksRemainMs };
  };

  const accept = async (cluster: ManagedCluster, { log, signal }: Context): Promise<Result> => {
    const { name } = cluster.metadata;
    try {
      if (awaitsFirstWrite(cluster))
        await hub.patch(
          managedClusters,
          { name },
          { type: 'merge', body: firstWrite(cluster, withCleanup) },
          { fieldManager, signal },
        );
      await permissions.grant(name, signal);
    } catch (error) {
      if (isLasting(error))
        await show(
          cluster,
          { type, status: 'False', reason: reason.Error, message: (error as Error).message },
          signal,
        );
      throw error;
    }
    if ((await show(cluster, accepted, signal)) !== cluster)
      log.info('ManagedClusterAccepted', { cluster: name });
  };

  return {
    name: 'managed-cluster-accept',
    watches: [
      from(clusters),
      mapped(caches.namespaces, clusterOf),
      mapped(caches.clusterRoles, clusterOf),
      mapped(caches.clusterRoleBindings, clusterOf),
      mapped(caches.roleBindings, clusterOf),
    ],
    concurrency: 32,
    async reconcile(name, context) {
      const { signal } = context;
      const cluster = clusters.get(name);
      if (!cluster) return afterDeparture(name, signal);
      if (cluster.metadata.deletionTimestamp !== undefined) return remove(cluster, signal);
      const acceptance = autoAccept ? autoAcceptance(cluster, new Date()) : undefined;
      if (acceptance) {
        await hub.patch(
          managedClusters,
          { name },
          { type: 'merge', body: acceptance },
          { fieldManager, signal },
        );
        return;
      }
      return cluster.spec?.hubAcceptsClient ? accept(cluster, context) : deny(cluster, context);
    },
  };
};
