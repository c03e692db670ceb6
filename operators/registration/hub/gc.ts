import { managedClusterCondition } from '../../api/conditions.ts';
import { type ManagedCluster, managedClusters } from '../../api/generated/cluster.ts';
import { annotation, finalizer } from '../../api/names.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { isNotFound } from '../../runtime/client/errors.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import type { Resource } from '../../runtime/client/resource.ts';
import type { NextCondition } from '../../runtime/controller/conditions.ts';
import { type Controller, type Result, from } from '../../runtime/controller/controller.ts';
import { hasFinalizer, removeFinalizer } from '../../runtime/controller/finalizers.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { applyCondition } from '../common/conditions.ts';
import { awaitsFirstWrite } from './first-write.ts';

const fieldManager = 'registration-gc';
const requeueAfterMs = 5_000;
const { type, reason } = managedClusterCondition.deleting;

/** Reads `group/version/resource`; undefined for anything else (registration.md 1.2). */
export const parseGcResource = (text: string): Resource | undefined => {
  const [group, version, plural, ...rest] = text.trim().split('/');
  if (!group || !version || !plural || rest.length > 0) return undefined;
  return { group, version, plural, kind: plural, namespaced: true };
};

/** In which order an object goes: from 0, which is also what an unusable annotation means, to 100. */
export const priorityOf = ({ metadata }: KubeObject): number => {
  const text = metadata.annotations?.[annotation.cleanupPriority] ?? '';
  const priority = /^[+-]?\d+$/.test(text) ? Number(text) : 0;
  return priority >= 0 && priority <= 100 ? priority : 0;
};

/** Those that go next: all of the lowest priority. */
export const nextToGo = <T extends KubeObject>(objects: readonly T[]): T[] => {
  const lowest = Math.min(...objects.map(priorityOf));
  return objects.filter((object) => priorityOf(object) === lowest);
};

interface Remaining {
  plural: string;
  count: number;
  pending: number;
}

const remains = ({ plural, count, pending }: Remaining): NextCondition => ({
  type,
  status: 'False',
  reason: reason.ResourceRemaining,
  message: `The resource ${plural} is remaning, the remaining count is ${count}, the finalizer pending count is ${pending}`,
});

const nothingLeft: NextCondition = {
  type,
  status: 'True',
  reason: reason.NoResource,
  message: 'No cleaned resource in cluster ns.',
};

const failed = (error: Error): NextCondition => ({
  type,
  status: 'False',
  reason: reason.DeletingError,
  message: error.message,
});

/** Deletes what goes next in the namespace of a cluster; undefined when nothing is left (registration.md 4.12). */
const sweep = async (
  hub: Client,
  resources: readonly Resource[],
  namespace: string,
  signal: AbortSignal,
): Promise<Remaining | undefined> => {
  for (const resource of resources) {
    let items: KubeObject[];
    try {
      ({ items } = await hub.list(resource, { namespace, metadataOnly: true, signal }));
    } catch (error) {
      if (isNotFound(error)) continue; // the hub does not serve this resource
      throw error;
    }
    if (items.length === 0) continue;
    await Promise.all(
      nextToGo(items)
        .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
        .map(({ metadata: { name, uid } }) => hub.delete(resource, { name, namespace }, { uid, signal })),
    );
    return {
      plural: resource.plural,
      count: items.length,
      pending: items.filter(({ metadata }) => (metadata.finalizers?.length ?? 0) > 0).length,
    };
  }
  return undefined;
};

export interface GcOptions {
  hub: Client;
  clusters: Informer<ManagedCluster>;
  resources: readonly Resource[];
}

/**
 * Removes, in order, what others keep in the namespace of a cluster that leaves, and lets the cluster go when nothing is
 * left (gate ResourceCleanup; registration.md 4.12).
 */
export const gcController = ({ hub, clusters, resources }: GcOptions): Controller => {
  const show = (cluster: ManagedCluster, condition: NextCondition, signal: AbortSignal) =>
    applyCondition(hub, managedClusters, cluster, condition, { fieldManager, signal });

  const release = async (cluster: ManagedCluster, log: Logger, signal: AbortSignal): Promise<Result> => {
    let remaining;
    try {
      remaining = await sweep(hub, resources, cluster.metadata.name, signal);
    } catch (error) {
      log.error('ResourceCleanupFail', { error });
      await show(cluster, failed(error as Error), signal);
      throw error;
    }
    if (remaining) {
      await show(cluster, remains(remaining), signal);
      return { requeueAfterMs };
    }
    const shown = await show(cluster, nothingLeft, signal);
    log.info('ResourceCleanupCompleted', { cluster: cluster.metadata.name });
    await removeFinalizer(hub, managedClusters, shown, finalizer.managedClusterResources, {
      fieldManager,
      signal,
    });
  };

  return {
    name: 'managed-cluster-gc',
    watches: [from(clusters)],
    concurrency: 16,
    async reconcile(name, { log, signal }) {
      const cluster = clusters.get(name);
      if (!cluster) {
        if (await hub.find(managedClusters, name, undefined, { signal })) return; // the cache is behind
        return (await sweep(hub, resources, name, signal)) ? { requeueAfterMs } : undefined;
      }
      if (cluster.metadata.deletionTimestamp !== undefined)
        return hasFinalizer(cluster, finalizer.managedClusterResources)
          ? release(cluster, log, signal)
          : undefined;
      if (hasFinalizer(cluster, finalizer.managedClusterResources) || awaitsFirstWrite(cluster)) return;
      await hub.apply(
        managedClusters,
        { metadata: { name, uid: cluster.metadata.uid, finalizers: [finalizer.managedClusterResources] } },
        { fieldManager: `${fieldManager}-finalizer`, signal },
      );
    },
  };
};

/** Takes the finalizer of {@link gcController} off all clusters when its gate is off (D12). */
export const gcDisabledController = (hub: Client, clusters: Informer<ManagedCluster>): Controller => ({
  name: 'managed-cluster-gc-disabled',
  watches: [from(clusters, ({ object }) => hasFinalizer(object, finalizer.managedClusterResources))],
  async reconcile(name, { signal }) {
    const cluster = clusters.get(name);
    if (cluster)
      await removeFinalizer(hub, managedClusters, cluster, finalizer.managedClusterResources, {
        fieldManager,
        signal,
      });
  },
});
