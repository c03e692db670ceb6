import type { ManagedCluster, PlacementSpec } from '../../../api/generated/cluster.ts';
import type { ScoresOf } from './cel-environment.ts';
import type { Filtered, Problem } from './filtered.ts';
import { filterByPredicates, predicateName } from './predicate.ts';
import { filterByTaints, taintTolerationName } from './taint-toleration.ts';

/** What filters look at beside the Placement and the clusters. */
export interface Circumstances {
  scoresOf: ScoresOf;
  /** The clusters that the Placement's decisions name already. */
  decided: ReadonlySet<string>;
  /** In milliseconds since 1970. */
  now: number;
}

/** The clusters that passed a filter and those before it. */
export interface Stage {
  /** The names of these filters, with commas between. */
  name: string;
  clusters: readonly ManagedCluster[];
}

export interface FilterResult extends Filtered {
  /** One for each filter that came to an end. */
  stages: readonly Stage[];
}

/**
 * Runs the filters in their order, each on what the one before let pass (placement.md 6). One that ends in Error or
 * Misconfigured is the last, and then no cluster passes; of Warnings the last one stays.
 */
export const filterClusters = (
  { predicates = [], tolerations = [] }: PlacementSpec,
  available: readonly ManagedCluster[],
  { scoresOf, decided, now }: Circumstances,
): FilterResult => {
  const filters: [name: string, (clusters: readonly ManagedCluster[]) => Filtered][] = [
    [predicateName, (clusters) => filterByPredicates(predicates, clusters, scoresOf)],
    [taintTolerationName, (clusters) => filterByTaints(clusters, { tolerations, decided, now })],
  ];
  const stages: Stage[] = [];
  const names: string[] = [];
  let clusters = available;
  let problem: Problem | undefined;
  for (const [name, filter] of filters) {
    const filtered = filter(clusters);
    problem = filtered.problem ?? problem;
    if (filtered.problem && filtered.problem.code !== 'Warning') return { ...filtered, stages };
    ({ clusters } = filtered);
    names.push(name);
    stages.push({ name: names.join(','), clusters });
  }
  return { clusters, ...(problem && { problem }), stages };
};
