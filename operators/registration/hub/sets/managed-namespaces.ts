import {
  type ManagedCluster,
  type ManagedClusterSet,
  type ManagedNamespace,
  managedClusters,
} from '../../../api/generated/cluster.ts';
import { isMember, setsOf } from '../../../fleet/cluster-sets/membership.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { type Controller, from, mapped } from '../../../runtime/controller/controller.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';

const fieldManager = 'registration-managed-namespace';

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);

/**
 * The namespaces that a cluster's sets want on it, by set and name; what the agent said of those that stay is kept
 * (registration.md 4.10, D10).
 */
export const namespacesFor = (
  sets: readonly ManagedClusterSet[],
  present: readonly ManagedNamespace[],
): ManagedNamespace[] =>
  sets
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .flatMap(({ metadata, spec }) =>
      (spec?.managedNamespaces ?? []).map(({ name }) => ({ name, clusterSet: metadata.name })),
    )
    .toSorted((left, right) => compare(left.clusterSet, right.clusterSet) || compare(left.name, right.name))
    .map((entry) => {
      const known = present.find(
        ({ name, clusterSet }) => name === entry.name && clusterSet === entry.clusterSet,
      );
      return known?.conditions ? { ...entry, conditions: known.conditions } : entry;
    });

/** The clusters that a change of a set concerns: its members, and those whose status still mentions it. */
export const concernedBy = (set: ManagedClusterSet, clusters: readonly ManagedCluster[]): string[] =>
  clusters
    .filter(
      (cluster) =>
        cluster.status?.managedNamespaces?.some(({ clusterSet }) => clusterSet === set.metadata.name) ||
        isMemberOfValid(cluster, set),
    )
    .map(({ metadata }) => metadata.name);

const isMemberOfValid = (cluster: ManagedCluster, set: ManagedClusterSet): boolean => {
  try {
    return (set.spec?.managedNamespaces?.length ?? 0) > 0 && isMember(cluster, set);
  } catch {
    return false; // the set's own controller reports its selector
  }
};

/** Tells each cluster which namespaces its sets want on it. */
export const managedNamespaceController = (
  hub: Client,
  clusters: Informer<ManagedCluster>,
  sets: Informer<ManagedClusterSet>,
): Controller => ({
  name: 'managed-namespace-controller',
  watches: [
    from(
      clusters,
      (change) =>
        change.type !== 'updated' ||
        !semanticEqual(change.object.metadata.labels, change.previous.metadata.labels),
    ),
    mapped(sets, (set, change) =>
      change.type === 'updated' &&
      semanticEqual(change.object.spec, change.previous.spec) &&
      !isLeaving(change.object)
        ? undefined
        : concernedBy(set, clusters.list()),
    ),
  ],
  concurrency: 16,
  async reconcile(name, { log, signal }) {
    const cluster = clusters.get(name);
    if (!cluster || isLeaving(cluster)) return;
    const present = cluster.status?.managedNamespaces ?? [];
    const managedNamespaces = namespacesFor(
      setsOf(cluster, sets.list(), (set, error) =>
        log.warn('a set with an invalid selector is left out', { set: set.metadata.name, error }),
      ),
      present,
    );
    const written = await patchStatus(
      hub,
      managedClusters,
      cluster,
      { ...cluster.status, managedNamespaces },
      { fieldManager, signal },
    );
    if (written !== cluster) log.info('ManagedNamespacesUpdated', { namespaces: managedNamespaces.length });
  },
});

const isLeaving = ({ metadata }: ManagedCluster | ManagedClusterSet): boolean =>
  metadata.deletionTimestamp !== undefined;
