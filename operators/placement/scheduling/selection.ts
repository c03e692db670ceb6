import type { ManagedCluster, SpreadConstraint } from '../../api/generated/cluster.ts';
import { type Problem, byName, misconfigured } from './problem.ts';
import { spread } from './spread.ts';

/** Clusters by descending total of their scores, those with the same total by name (placement.md 8). */
export const rank = (
  clusters: readonly ManagedCluster[],
  totals: ReadonlyMap<string, number>,
): ManagedCluster[] => {
  // Looked up once each: a comparison is made ten times as often as there are clusters.
  const entries = clusters.map((cluster) => {
    const { name } = cluster.metadata;
    return { cluster, name, total: totals.get(name) ?? 0 };
  });
  entries.sort((a, b) => b.total - a.total || byName(a.name, b.name));
  return entries.map(({ cluster }) => cluster);
};

export interface Selection {
  /** Best first. */
  selected: ManagedCluster[];
  /** How many more were asked for. */
  unscheduled: number;
}

/** What is wrong with a `spec.numberOfClusters`, which the schema lets be negative (P1). */
export const countProblem = (numberOfClusters: number | undefined): Problem | undefined =>
  numberOfClusters !== undefined && numberOfClusters < 0
    ? misconfigured(`numberOfClusters must not be negative, it is ${numberOfClusters}`)
    : undefined;

/**
 * The first of ranked clusters, as many as are asked for, or all of them (placement.md 8); with spread constraints those
 * that {@link spread} picks.
 * @param numberOfClusters not negative; unset selects all
 */
export const select = (
  ranked: readonly ManagedCluster[],
  numberOfClusters?: number,
  constraints: readonly SpreadConstraint[] = [],
): Selection => {
  const wanted = Math.min(numberOfClusters ?? ranked.length, ranked.length);
  const selected = constraints.length === 0 ? ranked.slice(0, wanted) : spread(ranked, wanted, constraints);
  return {
    selected,
    unscheduled: numberOfClusters === undefined ? 0 : numberOfClusters - selected.length,
  };
};
