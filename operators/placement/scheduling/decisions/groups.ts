import type { GroupClusterSelector, GroupStrategy, ManagedCluster } from '../../../api/generated/cluster.ts';
import { SelectorError } from '../../../fleet/label-selector.ts';
import { clusterSelector } from '../filters/cluster-selector.ts';
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
 * Divides selected clusters into groups (placement.md 9.2). Each named group, in the order of the strategy, takes those of
 * the remaining clusters that it selects; the rest has no name. What is longer than a group may be becomes several groups.
 * Without any cluster there is one empty group. A strategy that is wrong makes no groups at all, also when no cluster is
 * there to be divided (P3, P12).
 * @param selected in the order in which they are to stand in their groups
 * @param present the chunks in which clusters are now, when they are to stay there as far as lengths allow (P8)
 */
export const buildGroups = (
  selected: readonly ManagedCluster[],
  { clustersPerDecisionGroup, decisionGroups = [] }: GroupStrategy = {},
  present?: PresentChunks,
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
      matches = clusterSelector((groupClusterSelector as GroupClusterSelector | undefined) ?? {});
    } catch (error) {
      if (!(error instanceof SelectorError)) throw error;
      return misconfigured(error.message);
    }
    const taken = rest.filter(matches);
    add(groupName, taken);
    const gone = new Set(taken);
    rest = rest.filter((cluster) => !gone.has(cluster));
  }
  add('', rest);
  return groups.length > 0 ? groups : [{ name: '', clusters: [] }];
};
