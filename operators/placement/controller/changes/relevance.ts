/** Whether a change of one cluster may change what is decided about a placement (placement.md 3). */
import type { ManagedCluster, Placement, SpreadConstraint } from '../../../api/generated/cluster.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import { clusterSelector } from '../../scheduling/filters/cluster-selector.ts';
import { filterClusters } from '../../scheduling/filters/pipeline.ts';
import { arePlain } from '../../scheduling/filters/predicate.ts';
import { topologyValue } from '../../scheduling/spread.ts';

/** One cluster before and after a change; undefined where it is not there. */
export interface ClusterChange {
  before?: ManagedCluster;
  after?: ManagedCluster;
}

export interface Standpoint {
  placement: Placement;
  /** Whether a state of the cluster belongs to a set that the placement chooses from. */
  isMember: (cluster: ManagedCluster) => boolean;
  /** Whether decisions of the placement name the cluster. */
  isDecided: () => boolean;
  /** Whether the placement may choose from another cluster as well. */
  hasOthers: () => boolean;
  /** In milliseconds since 1970. */
  now: number;
}

/**
 * False only when the placement would be decided on as before. Expressions are not evaluated here: they may take long, and
 * read any part of a cluster, so that any change matters to them.
 */
export const mayMatter = (change: ClusterChange, standpoint: Standpoint): boolean => {
  const { placement, hasOthers } = standpoint;
  const { spec } = placement;
  const [before, after] = [present(change.before, standpoint), present(change.after, standpoint)];
  if (!before && !after) return false;
  if (!arePlain(spec.predicates ?? [])) return true;
  // That no cluster is there to choose from has a reason of its own.
  if (Boolean(before) !== Boolean(after) && !hasOthers()) return true;
  if (isTimed(placement) && !semanticEqual(before?.spec?.taints, after?.spec?.taints)) return true;
  return !semanticEqual(traitsOf(before, standpoint), traitsOf(after, standpoint));
};

const present = (
  cluster: ManagedCluster | undefined,
  { isMember }: Standpoint,
): ManagedCluster | undefined =>
  cluster && cluster.metadata.deletionTimestamp === undefined && isMember(cluster) ? cluster : undefined;

const isTimed = ({ spec }: Placement): boolean =>
  spec.tolerations?.some(({ tolerationSeconds }) => tolerationSeconds !== undefined) ?? false;

/** What a placement sees of a cluster; undefined when it is no candidate. */
const traitsOf = (
  cluster: ManagedCluster | undefined,
  { placement: { spec }, isDecided, now }: Standpoint,
): object | undefined => {
  if (!cluster) return undefined;
  const { clusters, problem } = filterClusters(spec, [cluster], {
    scoresOf: () => undefined,
    decided: { has: isDecided },
    now,
  });
  // Of a placement that makes no sense a cluster is no candidate, but may be in decisions that are kept.
  if (problem) return { problem: problem.message, isDecided: isDecided() };
  if (clusters.length === 0) return undefined;
  const { configurations = [] } = spec.prioritizerPolicy ?? {};
  const isResource = ({ scoreCoordinate, weight }: (typeof configurations)[number]): boolean =>
    weight !== 0 && Boolean(scoreCoordinate?.builtIn?.startsWith('ResourceAllocatable'));
  return {
    ...(configurations.some(isResource) && {
      allocatable: cluster.status?.allocatable,
      capacity: cluster.status?.capacity,
    }),
    group: groupOf(cluster, spec),
    spread: (spec.spreadPolicy?.spreadConstraints ?? []).map((constraint: SpreadConstraint) =>
      topologyValue(cluster, constraint),
    ),
  };
};

/** The place of the first named group that takes a cluster; -1 for none. */
const groupOf = (cluster: ManagedCluster, { decisionStrategy }: Placement['spec']): number => {
  const groups = decisionStrategy?.groupStrategy?.decisionGroups ?? [];
  return groups.findIndex(({ groupClusterSelector }) => {
    try {
      return clusterSelector(groupClusterSelector ?? {})(cluster);
    } catch {
      // The placement is misconfigured, whatever the cluster is like.
      return false;
    }
  });
};
