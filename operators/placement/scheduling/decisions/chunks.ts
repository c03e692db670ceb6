import type { ManagedCluster, PlacementDecision } from '../../../api/generated/cluster.ts';
import { label } from '../../../api/names.ts';

/** For each group name, the number of the chunk that a cluster is in, counted from 0. */
export type PresentChunks = ReadonlyMap<string, ReadonlyMap<string, number>>;

/** The chunks that the decisions of a placement show by the labels of their groups. */
export const presentChunks = (decisions: readonly PlacementDecision[]): PresentChunks => {
  const indexOf = ({ metadata }: PlacementDecision): number =>
    Number(metadata.labels?.[label.decisionGroupIndex] ?? Number.NaN);

  const chunks = new Map<string, Map<string, number>>();
  const seen = new Map<string, number[]>();
  for (const decision of decisions.toSorted((a, b) => indexOf(a) - indexOf(b))) {
    const name = decision.metadata.labels?.[label.decisionGroupName] ?? '';
    const indexes = seen.get(name) ?? [];
    seen.set(name, indexes);
    if (indexes.at(-1) !== indexOf(decision)) indexes.push(indexOf(decision));
    const members = chunks.get(name) ?? new Map<string, number>();
    chunks.set(name, members);
    for (const { clusterName } of decision.status?.decisions ?? [])
      members.set(clusterName, indexes.length - 1);
  }
  return chunks;
};

/**
 * Cuts clusters into as few chunks of a length as can be. Those whose present chunk still has a place stay in it, others
 * fill up; without present chunks the cuts follow the order. Clusters keep their order in each chunk, and no chunk is empty.
 * @param length above 0 when there are clusters
 */
export const chunk = (
  clusters: readonly ManagedCluster[],
  length: number,
  present: ReadonlyMap<string, number> = new Map(),
): ManagedCluster[][] => {
  if (clusters.length === 0) return [];
  const free = Array.from({ length: Math.ceil(clusters.length / length) }, () => length);
  const chunkOf = new Map<ManagedCluster, number>();
  const put = (cluster: ManagedCluster, at: number): void => {
    chunkOf.set(cluster, at);
    free[at]!--;
  };
  for (const cluster of clusters) {
    const at = present.get(cluster.metadata.name);
    if (at !== undefined && (free[at] ?? 0) > 0) put(cluster, at);
  }
  let next = 0;
  for (const cluster of clusters) {
    if (chunkOf.has(cluster)) continue;
    while (free[next] === 0) next++;
    put(cluster, next);
  }
  const chunks: ManagedCluster[][] = free.map(() => []);
  for (const cluster of clusters) chunks[chunkOf.get(cluster)!]!.push(cluster);
  return chunks;
};
