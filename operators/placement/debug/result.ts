import type { ManagedCluster, Placement } from '../../api/generated/cluster.ts';
import type { NextCondition } from '../../runtime/controller/conditions.ts';
import type { Decided } from '../scheduling/decide.ts';
import type { Stage } from '../scheduling/filters/pipeline.ts';
import type { Problem } from '../scheduling/problem.ts';
import { byName } from '../scheduling/problem.ts';
import { rank } from '../scheduling/selection.ts';
import { placementConditions } from '../scheduling/status/conditions.ts';

/** What the debug server says of a placement (placement.md 12). What is empty is left out, but for lists of clusters. */
export interface DebugResult {
  placement: Placement;
  /** For each filter that came to an end, the clusters that passed it and those before; those that passed all by rank. */
  filteredPipelineResults?: { name: string; filteredClusters: string[] }[];
  prioritizeResults?: { name: string; weight: number; scores: Record<string, number> }[];
  /** Best first. */
  aggregatedScores?: { clusterName: string; score: number }[];
  /** Clusters that the controller would decide on, in the order of its decisions: groups, and spread, are seen to. */
  selectedClusters?: string[];
  /** What scheduling came to (P16): `Success`, or the code of its problem with the plugin and the reason. */
  status: { code: 'Success' } | Problem;
  /** As the controller would set them. */
  conditions: Pick<NextCondition, 'type' | 'status' | 'reason' | 'message'>[];
}

const namesOf = (clusters: readonly ManagedCluster[]): string[] =>
  clusters.map(({ metadata }) => metadata.name);

/** The placement without what only its API server needs. */
const reduced = ({ metadata: { name, namespace, labels, annotations }, spec }: Placement): Placement => ({
  metadata: { name, namespace, ...(labels && { labels }), ...(annotations && { annotations }) },
  spec,
  status: {},
});

const unlessEmpty = <Name extends string, Item>(
  name: Name,
  items: Item[],
): Partial<Record<Name, Item[]>> | undefined =>
  items.length > 0 ? ({ [name]: items } as Record<Name, Item[]>) : undefined;

/** The same placement, clusters and scores have the same result, in whatever order they are known. */
export const resultOf = (
  placement: Placement,
  stages: readonly Stage[],
  { outcome, desired, candidates, results, totals }: Decided,
): DebugResult => {
  const ranked = rank(candidates, totals);
  const sorted = stages.map(({ name, clusters }) => ({
    name,
    filteredClusters: namesOf(clusters).toSorted(byName),
  }));
  const last = sorted.at(-1);
  // Nothing is ranked where something kept scorers from running.
  if (last && ranked.length === last.filteredClusters.length) last.filteredClusters = namesOf(ranked);
  const scored = results.filter(({ scores }) => scores.size > 0);
  const scoresOf = (scores: ReadonlyMap<string, number>): Record<string, number> =>
    Object.fromEntries([...scores].toSorted(([a], [b]) => byName(a, b)));
  return {
    placement: reduced(placement),
    ...unlessEmpty('filteredPipelineResults', sorted),
    ...unlessEmpty(
      'prioritizeResults',
      scored.map(({ name, weight, scores }) => ({ name, weight, scores: scoresOf(scores) })),
    ),
    ...unlessEmpty(
      'aggregatedScores',
      namesOf(ranked).map((clusterName) => ({ clusterName, score: totals.get(clusterName) ?? 0 })),
    ),
    ...unlessEmpty(
      'selectedClusters',
      desired.decisions.flatMap(({ status }) =>
        (status?.decisions ?? []).map(({ clusterName }) => clusterName),
      ),
    ),
    status: outcome.problem ?? { code: 'Success' },
    conditions: placementConditions(placement, outcome).map(({ type, status, reason, message }) => ({
      type,
      status,
      reason,
      message,
    })),
  };
};
