import type { PlacementDecision } from '../../api/generated/cluster.ts';
import type { MandatoryDecisionGroup } from '../../api/generated/work.ts';
import { label } from '../../api/names.ts';
import { RolloutError } from './settings.ts';

/** Clusters that a placement selects, as one group of its decisions. */
export interface DecisionGroup {
  name: string;
  index: number;
  /** In alphabetical order. */
  clusters: readonly string[];
}

/**
 * The groups of a placement's decisions by index (work.md 6.3, c).
 * @throws RolloutError when a decision does not say its group
 */
export const groupsOf = (decisions: readonly PlacementDecision[]): DecisionGroup[] => {
  const groups = new Map<string, DecisionGroup & { clusters: string[] }>();
  for (const { metadata, status } of decisions) {
    const written = metadata.labels?.[label.decisionGroupIndex];
    if (written === undefined || !/^-?\d+$/.test(written))
      throw new RolloutError(
        `incorrect group index: ${JSON.stringify(written ?? '')} on PlacementDecision ${metadata.name}`,
      );
    const name = metadata.labels?.[label.decisionGroupName] ?? '';
    const index = Number(written);
    const key = `${index} ${name}`;
    const group = groups.get(key) ?? { name, index, clusters: [] };
    for (const { clusterName } of status?.decisions ?? []) if (clusterName) group.clusters.push(clusterName);
    groups.set(key, group);
  }
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);
  return [...groups.values()]
    .map((group) => ({ ...group, clusters: [...new Set(group.clusters)].toSorted(compare) }))
    .toSorted((a, b) => a.index - b.index || compare(a.name, b.name));
};

/** The groups that must go first, in the order in which they are named, and the others. */
export const splitMandatory = (
  groups: readonly DecisionGroup[],
  mandatory: readonly MandatoryDecisionGroup[] = [],
): { first: DecisionGroup[]; rest: DecisionGroup[] } => {
  const first = new Set<DecisionGroup>();
  for (const { groupName, groupIndex = 0 } of mandatory)
    for (const group of groups)
      if (groupName ? group.name === groupName : group.index === groupIndex) first.add(group);
  return { first: [...first], rest: groups.filter((group) => !first.has(group)) };
};
