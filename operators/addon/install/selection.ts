import { placementCondition } from '../../api/conditions.ts';
import type { InstallStrategyPlacement } from '../../api/generated/addon.ts';
import type { Placement, PlacementDecision } from '../../api/generated/cluster.ts';
import { annotation } from '../../api/names.ts';
import { clustersOf } from '../../fleet/placement-decisions.ts';
import { findCondition, isTrue } from '../../runtime/controller/conditions.ts';

/** Why nothing may be concluded from the clusters that a placement does not select. */
export type SelectionProblem =
  'PlacementNotFound' | 'PlacementMisconfigured' | 'PlacementDecisionsOutdated' | 'PlacementEmpty';

/** One placement of an install strategy with what it selects. */
export interface Selection {
  entry: InstallStrategyPlacement;
  /** Undefined when it does not exist. */
  placement?: Placement;
  decisions: readonly PlacementDecision[];
  /** Selected clusters, each once. */
  clusters: readonly string[];
  problem?: SelectionProblem;
}

export interface PlacementSource {
  placement: (name: string, namespace: string) => Placement | undefined;
  decisions: (name: string, namespace: string) => readonly PlacementDecision[];
}

const emptyOr = (clusters: readonly string[]): SelectionProblem | undefined =>
  clusters.length === 0 ? 'PlacementEmpty' : undefined;

const problemOf = (
  placement: Placement | undefined,
  clusters: readonly string[],
): SelectionProblem | undefined => {
  if (!placement) return 'PlacementNotFound';
  const { conditions, numberOfSelectedClusters } = placement.status ?? {};
  if (isTrue(conditions, placementCondition.misconfigured.type)) return 'PlacementMisconfigured';
  // Schedulers of others write decisions and no status.
  const isOthers = placement.metadata.annotations?.[annotation.schedulingDisabled] === 'true';
  if (isOthers && numberOfSelectedClusters === undefined) return emptyOr(clusters);
  const observed = findCondition(conditions, placementCondition.satisfied.type)?.observedGeneration;
  const isCurrent =
    numberOfSelectedClusters === clusters.length &&
    (observed === undefined || observed === placement.metadata.generation);
  return isCurrent ? emptyOr(clusters) : 'PlacementDecisionsOutdated';
};

/** What a placement of an install strategy selects. One that does not exist selects nothing (A10). */
export const selectionOf = (entry: InstallStrategyPlacement, source: PlacementSource): Selection => {
  const { name, namespace } = entry;
  const placement = source.placement(name, namespace);
  const decisions = placement ? source.decisions(name, namespace) : [];
  const clusters = clustersOf(decisions);
  return { entry, placement, decisions, clusters, problem: problemOf(placement, clusters) };
};

const remedies: Record<SelectionProblem, string> = {
  PlacementNotFound: 'does not exist: create it or take it out of the install strategy',
  PlacementMisconfigured: 'is misconfigured: see its condition PlacementMisconfigured',
  PlacementDecisionsOutdated:
    'and its decisions disagree about what it selects: they are being brought up to date',
  PlacementEmpty: 'selects no cluster: take it out of the install strategy if that is intended',
};

/** Tells users why add-ons stay on clusters that no placement selects. */
export const problemText = ({ entry, problem }: Selection): string =>
  problem === undefined
    ? ''
    : `Placement ${entry.namespace}/${entry.name} ${remedies[problem]}; until then the add-on is removed from no cluster`;
