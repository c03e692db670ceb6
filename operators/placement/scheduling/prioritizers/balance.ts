import type { PlacementDecision } from '../../../api/generated/cluster.ts';

/** How many decisions name a cluster; those that none names are missing. */
export type DecisionCounts = ReadonlyMap<string, number>;

/** Counts the decisions of PlacementDecisions of any namespace, with or without labels. */
export const countDecisions = (decisions: Iterable<PlacementDecision>): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const { status } of decisions)
    for (const { clusterName } of status?.decisions ?? [])
      counts.set(clusterName, (counts.get(clusterName) ?? 0) + 1);
  return counts;
};

/**
 * Scores from -100 to 100, the higher the fewer decisions of other placements name a cluster (placement.md 7.2). The
 * most that any cluster of the hub has is the measure, whether it is a candidate or not. Exact where upstream divides
 * floats; what is left of a division is cut off.
 * @param all of every PlacementDecision on the hub
 * @param own those among them that are of this placement
 */
export const balance = (
  clusters: Iterable<string>,
  all: DecisionCounts,
  own: DecisionCounts,
): Map<string, number> => {
  let most = 0;
  // A count without its own is no higher: what is not above the most so far need not be looked at.
  all.forEach((count, cluster) => {
    if (count > most) most = Math.max(most, count - (own.get(cluster) ?? 0));
  });

  const scores = new Map<string, number>();
  for (const cluster of clusters) {
    const count = (all.get(cluster) ?? 0) - (own.get(cluster) ?? 0);
    // The 0 is for -0, which is another number to whoever compares.
    scores.set(cluster, count === 0 ? 100 : 2 * Math.trunc((50 * (most - 2 * count)) / most) + 0);
  }
  return scores;
};
