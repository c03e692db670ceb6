import {
  type AddOnPlacementScore,
  type ManagedCluster,
  type ManagedClusterSet,
  type ManagedClusterSetBinding,
  type Placement,
  type PlacementDecision,
  addOnPlacementScores,
  managedClusterSetBindings,
  managedClusterSets,
  managedClusters,
  placementDecisions,
  placements,
} from '../../api/generated/cluster.ts';
import type { Informer, Informers, Store } from '../../runtime/cache/informer.ts';
import type { ScoresOf } from '../scheduling/filters/cel-environment.ts';
import { arePlain } from '../scheduling/filters/predicate.ts';
import { scoresReferredTo } from '../scheduling/filters/score-references.ts';

/** What scheduling is decided from, as last heard from the hub. */
export interface Caches {
  placements: Informer<Placement>;
  decisions: Informer<PlacementDecision>;
  bindings: Informer<ManagedClusterSetBinding>;
  sets: Informer<ManagedClusterSet>;
  clusters: Informer<ManagedCluster>;
  scores: Informer<AddOnPlacementScore>;
}

/** Stands in the index of placements for scores whose names are computed by an expression. */
const anyScore = '*';

/** The AddOnPlacementScores that a placement asks for, by name: those of its prioritizers and of its expressions. */
const scoresOfPlacement = ({ spec }: Placement): string[] => {
  const inExpressions = scoresReferredTo(spec.predicates);
  const names = new Set(inExpressions === 'all' ? [anyScore] : inExpressions);
  for (const { scoreCoordinate, weight = 1 } of spec.prioritizerPolicy?.configurations ?? [])
    if (weight !== 0 && scoreCoordinate?.type === 'AddOn' && scoreCoordinate.addOn)
      names.add(scoreCoordinate.addOn.resourceName);
  return [...names];
};

/** In the index of placements for those whose expressions may read any part of a cluster. */
const readsAll = ({ spec }: Placement): string[] => (arePlain(spec.predicates ?? []) ? [] : ['all']);

export const createCaches = (informers: Informers): Caches => ({
  placements: informers.informer(placements, { indexes: { score: scoresOfPlacement, reads: readsAll } }),
  decisions: informers.informer(placementDecisions),
  bindings: informers.informer(managedClusterSetBindings, {
    indexes: { set: ({ metadata, spec }) => [spec?.clusterSet || metadata.name] },
  }),
  sets: informers.informer(managedClusterSets),
  clusters: informers.informer(managedClusters),
  scores: informers.informer(addOnPlacementScores),
});

/** Whether all is known that decisions are made from. */
export const areInStep = (caches: Caches): boolean =>
  (Object.values(caches) as { synced: boolean }[]).every(({ synced }) => synced);

/** The placements whose answer may depend on AddOnPlacementScores of a name. */
export const placementsAskingFor = ({ placements: store }: Caches, score: string): Placement[] => [
  ...store.byIndex('score', score),
  ...store.byIndex('score', anyScore),
];

/** The placements to which any change of a cluster may matter. */
export const placementsReadingAll = ({ placements: store }: Caches): Placement[] =>
  store.byIndex('reads', 'all');

/** Looks AddOnPlacementScores up: they are in the namespace of their cluster. */
export const scoresIn =
  (store: Pick<Store<AddOnPlacementScore>, 'get'>): ScoresOf =>
  (cluster, name) =>
    store.get(name, cluster);
