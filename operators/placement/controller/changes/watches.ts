/** Which placements are decided on anew when something changes (placement.md 3). */
import type { AddOnPlacementScore, Placement } from '../../../api/generated/cluster.ts';
import type { Change, Informer } from '../../../runtime/cache/informer.ts';
import { type KubeObject, keyOf } from '../../../runtime/client/object.ts';
import { type Watch, from, mapped } from '../../../runtime/controller/controller.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import {
  type Caches,
  areInStep,
  placementsAskingFor,
  placementsOfBinding,
  placementsOfSet,
} from '../caches.ts';
import { placementKeyOf } from '../ledger.ts';
import { type HubKnowledge, placementsOfCluster } from './cluster-changes.ts';
import { type ScorePace, paceOf } from './score-pace.ts';

export interface WatchDependencies extends HubKnowledge {
  pace: ScorePace;
  /** Whether an update of a placement is nothing but the echo of a write of one's own. */
  isEcho: (update: Change<Placement> & { type: 'updated' }) => boolean;
}

/** Sets and bindings are told how they do in their status, which decides nothing. */
const isSpecChange = <T extends KubeObject & { spec?: object }>(change: Change<T>): boolean =>
  change.type !== 'updated' ||
  change.object.metadata.uid !== change.previous.metadata.uid ||
  !semanticEqual(change.object.spec, change.previous.spec);

export const watchesOf = (deps: WatchDependencies): Watch[] => {
  const { caches, ledger } = deps;
  return [
    from(caches.placements, (change) => change.type !== 'updated' || !deps.isEcho(change)),
    mapped(caches.decisions, (decision, change) =>
      ledger.isEcho(change) ? undefined : placementKeyOf(decision),
    ),
    changesOf(caches, 'bindings', (change, enqueue) => {
      if (isSpecChange(change))
        for (const placement of placementsOfBinding(caches, change.object)) enqueue(keyOf(placement));
    }),
    changesOf(caches, 'sets', (change, enqueue) => {
      if (isSpecChange(change))
        for (const placement of placementsOfSet(caches, change.object)) enqueue(keyOf(placement));
    }),
    changesOf(caches, 'clusters', (change, enqueue) => {
      for (const key of placementsOfCluster(deps, change)) enqueue(key);
    }),
    changesOf(caches, 'scores', (change, enqueue) => {
      if (change.type === 'updated' && semanticEqual(change.object.status, change.previous.status)) return;
      const now = deps.now();
      for (const placement of placementsOfScore(deps, change.object)) {
        const key = keyOf(placement);
        enqueue(key, deps.pace.wait(key, paceOf(placement.spec.scoreRateLimit), now));
      }
    }),
  ];
};

type ObjectOf<Kind extends keyof Caches> = Caches[Kind] extends Informer<infer T> ? T : never;

/**
 * Changes of what placements are decided from. None of them is told what is there when it starts, or at a resync, nor what
 * comes before all caches are filled: every placement comes by itself then, and is decided on afterwards.
 */
const changesOf = <Kind extends keyof Caches>(
  caches: Caches,
  kind: Kind,
  heard: (change: Change<ObjectOf<Kind>>, enqueue: (key: string, afterMs?: number) => void) => void,
): Watch => {
  const informer = caches[kind] as unknown as Informer<ObjectOf<Kind>>;
  return {
    name: informer.resource.plural,
    start: (enqueue, failed) => {
      let isStarting = true;
      const stop = informer.onChange((change) => {
        if (isStarting || !areInStep(caches)) return;
        try {
          heard(change, enqueue);
        } catch (error) {
          failed?.(error);
        }
      });
      isStarting = false;
      return stop;
    },
    waitForSync: (signal) => informer.waitForSync(signal),
  };
};

/**
 * Placements that ask for scores of this name and whose namespace is bound to a set with the cluster they are of. None
 * when the cluster does not exist.
 */
export const placementsOfScore = (
  { caches, members }: Pick<WatchDependencies, 'caches' | 'members'>,
  { metadata }: AddOnPlacementScore,
): Placement[] => {
  const asking = placementsAskingFor(caches, metadata.name);
  const cluster = asking.length > 0 ? caches.clusters.get(metadata.namespace ?? '') : undefined;
  if (!cluster) return [];
  const bound = new Set(
    members
      .setsOf(cluster)
      .flatMap((set) => caches.bindings.byIndex('set', set.metadata.name))
      .map((binding) => binding.metadata.namespace),
  );
  return asking.filter((placement) => bound.has(placement.metadata.namespace));
};
