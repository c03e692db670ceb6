import type { GroupClusterSelector, GroupStrategy, ManagedCluster } from '../../../api/generated/cluster.ts';
import { type Problem, misconfigured } from '../problem.ts';
import { groupLength } from './group-length.ts';
import { type PresentChunks, chunk } from './chunks.ts';

/** Clusters that are rolled out to together; its index is its place in the list of groups. */
export interface Group {
  /** Empty for those that no named group takes. */
  name: string;
  clusters: ManagedCluster[];
}

/**
 * Reads the selector of a group.
 * @throws Error when it is invalid
 */
export type SelectorReader = (selector: GroupClusterSelector) => (cluster: ManagedCluster) => boolean;

export interface GroupOptions {
  readSelector: SelectorReader;
  /** The chunks in which clusters are now, when they are to stay there as far as lengths allow (P8). */
  present?: PresentChunks;
}

/**
 * Divides selected clusters into groups (placement.md 9.2). Each named group, in the order of the strategy, takes those of
 * the remaining clusters that it selects; the rest has no name. What is longer than a group may be becomes several groups.
 * Without any cluster there is one empty group. A strategy that is wrong makes no groups at all, also when no cluster is
 * there to be divided (P3, P12).
 * @param selected in the order in which they are to stand in their groups
 */
export const buildGroups = (
  selected: readonly ManagedCluster[],
  { clustersPerDecisionGroup, decisionGroups = [] }: GroupStrategy = {},
  { readSelector, present }: GroupOptions,
): Group[] | Problem => {
  const length = groupLength(clustersPerDecisionGroup, selected.length);
  if (typeof length === 'object') return length;

  const groups: Group[] = [];
  const add = (name: string, clusters: readonly ManagedCluster[]): void => {
    for (const part of chunk(clusters, length, present?.get(name))) groups.push({ name, clusters: part });
  };

  let rest = selected;
  for (const { groupName, groupClusterSelector } of decisionGroups) {
    let matches;
    try {
      // Other versions of the CRD do not demand a selector.
      matches = readSelector((groupClusterSelector as GroupClusterSelector | undefined) ?? {});
    } catch (error) {
      return misconfigured((error as Error).message);
    }
    const taken = rest.filter(matches);
    add(groupName, taken);
    const gone = new Set(taken);
    rest = rest.filter((cluster) => !gone.has(cluster));
  }
  add('', rest);
  return groups.length > 0 ? groups : [{ name: '', clusters: [] }];
};
