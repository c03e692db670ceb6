/** 100 for a cluster that is in the decisions of this placement already, 0 for others (placement.md 7.2). */
export const steady = (clusters: Iterable<string>, decided: ReadonlySet<string>): Map<string, number> => {
  const scores = new Map<string, number>();
  for (const cluster of clusters) scores.set(cluster, decided.has(cluster) ? 100 : 0);
  return scores;
};
