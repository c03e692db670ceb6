import type { ManagedCluster, SpreadConstraint } from '../../api/generated/cluster.ts';
import { type Problem, byName, misconfigured } from './problem.ts';
import { spread } from './spread.ts';

/** Clusters by descending total of their scores, those with the same total by name (placement.md 8). */
export const rank = (
  clusters: readonly ManagedCluster[],
  totals: ReadonlyMap<string, number>,
): ManagedCluster[] => {
  const totalOf = ({ metadata }: ManagedCluster): number => totals.get(metadata.name) ?? 0;
  return clusters.toSorted((a, b) => totalOf(b) - totalOf(a) || byName(a.metadata.name, b.metadata.name));
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
