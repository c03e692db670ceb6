import {
  type Placement,
  type PlacementDecision,
  type PlacementDecisionDecision,
  type PlacementDecisionGroup,
  placementDecisions,
  placements,
} from '../../../api/generated/cluster.ts';
import type { OwnerReference } from '../../../api/meta.ts';
import { group as apiGroup, label } from '../../../api/names.ts';
import { type Problem, misconfigured } from '../problem.ts';
import type { Group } from './groups.ts';

/** Most decisions that one PlacementDecision holds. */
export const shardSize = 100;

/** Most characters of a label's value, which the name of a placement becomes. */
const maxNameLength = 63;

/** What is wrong with the name of a placement: its decisions carry it as a label (P9). */
export const nameProblem = (name: string): Problem | undefined =>
  name.length > maxNameLength
    ? misconfigured(
        `the name has ${name.length} characters, decisions can be found by one of at most ${maxNameLength}: ` +
          'create the Placement under a shorter name',
      )
    : undefined;

const ownerOf = ({ metadata }: Placement): OwnerReference => ({
  apiVersion: `${placements.group}/${placements.version}`,
  kind: placements.kind,
  name: metadata.name,
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

const decisionOf = (
  placement: Placement,
  name: string,
  labels: Record<string, string>,
  decisions: PlacementDecisionDecision[],
): PlacementDecision => ({
  apiVersion: `${apiGroup.cluster}/${placementDecisions.version}`,
  kind: placementDecisions.kind,
  metadata: {
    name,
    namespace: placement.metadata.namespace,
    labels: { [label.placement]: placement.metadata.name, ...labels },
    ownerReferences: [ownerOf(placement)],
  },
  status: { decisions },
});

/** What a placement's groups come to: its PlacementDecisions, and its groups as its status tells them. */
export interface Sharded {
  decisions: PlacementDecision[];
  groups: PlacementDecisionGroup[];
}

/**
 * Cuts groups into PlacementDecisions, each of which holds at most {@link shardSize} decisions of one group. They are
 * numbered from 1 through all groups; a group without clusters has an empty one (placement.md 1.2, 9.3 and 10.3).
 * @param totals scores that the decisions are to show; without them they show none
 */
export const shard = (
  placement: Placement,
  groups: readonly Group[],
  totals?: ReadonlyMap<string, number | bigint>,
): Sharded => {
  const sharded: Sharded = { decisions: [], groups: [] };
  for (const [index, { name, clusters }] of groups.entries()) {
    const entries = clusters.map(({ metadata }): PlacementDecisionDecision => {
      const score = totals?.get(metadata.name) ?? 0;
      return { clusterName: metadata.name, reason: '', ...(score ? { score } : {}) };
    });
    const names: string[] = [];
    for (let at = 0; at === 0 || at < entries.length; at += shardSize) {
      const shardName = `${placement.metadata.name}-decision-${sharded.decisions.length + 1}`;
      const labels = { [label.decisionGroupName]: name, [label.decisionGroupIndex]: String(index) };
      sharded.decisions.push(decisionOf(placement, shardName, labels, entries.slice(at, at + shardSize)));
      names.push(shardName);
    }
    sharded.groups.push({
      decisionGroupIndex: index,
      decisionGroupName: name,
      decisions: names,
      clusterCount: clusters.length,
    });
  }
  return sharded;
};
