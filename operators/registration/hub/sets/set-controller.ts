import { managedClusterSetCondition } from '../../../api/conditions.ts';
import {
  type ManagedCluster,
  type ManagedClusterSet,
  managedClusterSets,
} from '../../../api/generated/cluster.ts';
import { membersOf, setsOf } from '../../../fleet/cluster-sets/membership.ts';
import type { Change, Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import type { NextCondition } from '../../../runtime/controller/conditions.ts';
import { type Controller, FinalError, type Watch, from } from '../../../runtime/controller/controller.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import { applyCondition } from '../../common/conditions.ts';

const fieldManager = 'registration-clusterset';
const { type, reason } = managedClusterSetCondition.empty;

/** How many clusters a set holds, in words. */
export const emptyCondition = (members: number): NextCondition =>
  members === 0
    ? { type, status: 'True', reason: reason.NoClusterMatched, message: 'No ManagedCluster selected' }
    : {
        type,
        status: 'False',
        reason: reason.ClustersSelected,
        message: `${members} ManagedClusters selected`,
      };

/** The sets whose members a change of a cluster changes. */
export const setsChangedBy = (
  change: Change<ManagedCluster>,
  sets: readonly ManagedClusterSet[],
): string[] => {
  const namesOf = (cluster: ManagedCluster) => setsOf(cluster, sets).map(({ metadata }) => metadata.name);
  if (change.type !== 'updated') return namesOf(change.object);
  if (semanticEqual(change.object.metadata.labels, change.previous.metadata.labels)) return [];
  const [before, after] = [new Set(namesOf(change.previous)), new Set(namesOf(change.object))];
  return [
    ...[...before].filter((name) => !after.has(name)),
    ...[...after].filter((name) => !before.has(name)),
  ];
};

/** How long changes of members are gathered: a fleet that joins would otherwise rewrite its set for every cluster. */
const gatherMs = 1_000;

const memberships = (clusters: Informer<ManagedCluster>, sets: Informer<ManagedClusterSet>): Watch => ({
  name: 'managedclusters',
  start: (enqueue) =>
    clusters.onChange((change) => {
      for (const name of setsChangedBy(change, sets.list())) enqueue(name, gatherMs);
    }),
  waitForSync: (signal) => clusters.waitForSync(signal),
});

/** Reports how many clusters a set holds (registration.md 4.8). */
export const setController = (
  hub: Client,
  sets: Informer<ManagedClusterSet>,
  clusters: Informer<ManagedCluster>,
): Controller => ({
  name: 'managed-clusterset-controller',
  watches: [from(sets), memberships(clusters, sets)],
  async reconcile(name, { signal }) {
    const set = sets.get(name);
    if (!set || set.metadata.deletionTimestamp !== undefined) return;
    let members;
    try {
      members = membersOf(set, clusters.list());
    } catch (error) {
      throw new FinalError(
        `ManagedClusterSet "${name}" has an invalid selector: ${(error as Error).message}; correct it`,
        {
          cause: error,
        },
      );
    }
    const condition = emptyCondition(members.length);
    await applyCondition(hub, managedClusterSets, set, condition, { fieldManager, signal });
  },
});
