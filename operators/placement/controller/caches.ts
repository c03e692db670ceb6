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
import { scoresReferredTo } from '../scheduling/filters/score-references.ts';
import { anything, aspectsRead } from './changes/aspects.ts';

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

const readByPlacement = ({ spec }: Placement): string[] => aspectsRead(spec);

export const createCaches = (informers: Informers): Caches => ({
  placements: informers.informer(placements, {
    indexes: { score: scoresOfPlacement, reads: readByPlacement },
  }),
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

/** The placements that read one of these aspects of clusters, or may read any, each once. */
export const placementsReading = (
  { placements: store }: Pick<Caches, 'placements'>,
  aspects: readonly string[],
): Set<Placement> => new Set([...aspects, anything].flatMap((aspect) => store.byIndex('reads', aspect)));

/** Placements of the binding's namespace that name its set, or choose from all that are bound. */
export const placementsOfBinding = (
  { placements }: Pick<Caches, 'placements'>,
  { metadata }: ManagedClusterSetBinding,
): Placement[] =>
  placements.list(metadata.namespace).filter(({ spec: { clusterSets = [] } }) => {
    return clusterSets.length === 0 || clusterSets.includes(metadata.name);
  });

/** Placements of all namespaces that the set is bound to, as {@link placementsOfBinding}. */
export const placementsOfSet = (
  caches: Pick<Caches, 'placements' | 'bindings'>,
  { metadata }: ManagedClusterSet,
): Placement[] =>
  caches.bindings.byIndex('set', metadata.name).flatMap((binding) => placementsOfBinding(caches, binding));

/** Looks AddOnPlacementScores up: they are in the namespace of their cluster. */
export const scoresIn =
  (store: Pick<Store<AddOnPlacementScore>, 'get'>): ScoresOf =>
  (cluster, name) =>
    store.get(name, cluster);
