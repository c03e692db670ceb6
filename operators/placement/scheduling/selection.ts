import type { ManagedCluster, SpreadConstraint } from '../../api/generated/cluster.ts';
import { type Problem, byName, misconfigured } from './problem.ts';
import { spread } from './spread.ts';

interface Ranked {
  cluster: ManagedCluster;
  total: number;
}

const byRank = (a: Ranked, b: Ranked): number =>
  b.total - a.total || byName(a.cluster.metadata.name, b.cluster.metadata.name);

/**
 * The first of the clusters by descending total of their scores, those with the same total by name (placement.md 8).
 * @param wanted how many; all by default
 */
export const rank = (
  clusters: readonly ManagedCluster[],
  totals: ReadonlyMap<string, number>,
  wanted = clusters.length,
): ManagedCluster[] => {
  const ranked =
    wanted < clusters.length / 8
      ? firstOf(clusters, totals, wanted)
      : clusters
          .map((cluster) => ({ cluster, total: totals.get(cluster.metadata.name) ?? 0 }))
          .toSorted(byRank);
  return ranked.slice(0, wanted).map(({ cluster }) => cluster);
};

/** Few of many: most clusters are compared with the last of the best so far, and that is all. */
const firstOf = (
  clusters: readonly ManagedCluster[],
  totals: ReadonlyMap<string, number>,
  wanted: number,
): Ranked[] => {
  const best: Ranked[] = [];
  if (wanted === 0) return best;
  for (const cluster of clusters) {
    const total = totals.get(cluster.metadata.name) ?? 0;
    const last = best.length < wanted ? undefined : best[wanted - 1]!;
    if (last && total < last.total) continue;
    const entry = { cluster, total };
    if (last && byRank(last, entry) < 0) continue;
    if (last) best.pop();
    best.splice(placeIn(best, entry), 0, entry);
  }
  return best;
};

/** Where an entry belongs among ranked ones. */
const placeIn = (ranked: readonly Ranked[], entry: Ranked): number => {
  let [low, high] = [0, ranked.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byRank(ranked[middle]!, entry) < 0) low = middle + 1;
    else high = middle;
  }
  return low;
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
