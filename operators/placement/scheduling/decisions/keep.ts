import type { ManagedCluster, Placement, PlacementDecision } from '../../../api/generated/cluster.ts';
import { label } from '../../../api/names.ts';
import type { Problem } from '../problem.ts';
import type { Supply } from '../status/conditions.ts';
import type { Group } from './groups.ts';

/**
 * Whether a placement keeps its last decisions in place of new ones (P3), for consumers uninstall what runs on a cluster
 * that leaves them. It does while it is misconfigured or scheduling fails, and while no set is bound to its namespace or
 * none that it names: a mistake there would be a mistake on all clusters at once. Sets that lose clusters are no mistake
 * that can be told from a wish, and `numberOfClusters: 0` says that there are to be none.
 */
export const keepsDecisions = (
  { spec }: Placement,
  { hasBindings, eligibleSets }: Supply,
  problem: Problem | undefined,
): boolean => {
  if (spec.numberOfClusters === 0) return false;
  const isBound = hasBindings && eligibleSets.length > 0;
  return !isBound || (problem !== undefined && problem.code !== 'Warning');
};

/**
 * The groups that decisions show by their labels, with those of their clusters that may stay. A group that has none left is
 * gone; without any there is one empty group.
 * @param mayStay the cluster of a name, when it is there and may be in decisions
 */
export const keptGroups = (
  decisions: readonly PlacementDecision[],
  mayStay: (cluster: string) => ManagedCluster | undefined,
): Group[] => {
  const indexOf = ({ metadata }: PlacementDecision): number => {
    const index = Number(metadata.labels?.[label.decisionGroupIndex]);
    return Number.isNaN(index) ? Infinity : index;
  };
  const shardOf = ({ metadata }: PlacementDecision): number => Number(/\d+$/.exec(metadata.name)?.[0] ?? 0);
  const inOrder = decisions.toSorted((a, b) => {
    const [first, second] = [indexOf(a), indexOf(b)];
    return first === second ? shardOf(a) - shardOf(b) : first - second;
  });

  const groups = new Map<string, Group>();
  const seen = new Set<string>();
  for (const decision of inOrder) {
    const name = decision.metadata.labels?.[label.decisionGroupName] ?? '';
    const key = JSON.stringify([String(indexOf(decision)), name]);
    const group = groups.get(key) ?? { name, clusters: [] };
    groups.set(key, group);
    for (const { clusterName } of decision.status?.decisions ?? []) {
      const cluster = seen.has(clusterName) ? undefined : mayStay(clusterName);
      if (cluster === undefined) continue;
      seen.add(clusterName);
      group.clusters.push(cluster);
    }
  }
  const left = [...groups.values()].filter(({ clusters }) => clusters.length > 0);
  return left.length > 0 ? left : [{ name: '', clusters: [] }];
};

/** The scores that decisions show. */
export const shownScores = (decisions: readonly PlacementDecision[]): Map<string, number | bigint> => {
  const scores = new Map<string, number | bigint>();
  for (const { status } of decisions)
    for (const { clusterName, score } of status?.decisions ?? [])
      if (score !== undefined) scores.set(clusterName, score);
  return scores;
};
