import { manifestWorkCondition } from '../../../api/conditions.ts';
import type { Placement, PlacementDecision } from '../../../api/generated/cluster.ts';
import type { ManifestWorkReplicaSet, ManifestWorkSpec, PlacementRef } from '../../../api/generated/work.ts';
import { label } from '../../../api/names.ts';
import { clustersOf, decisionIndexes, placementKey } from '../../../fleet/placement-decisions.ts';
import type { ClusterStatus } from '../../../fleet/rollout/cluster-status.ts';
import { type DecisionGroup, groupsOf } from '../../../fleet/rollout/groups.ts';
import { type Rollout, rollOut } from '../../../fleet/rollout/rollout.ts';
import { RolloutError } from '../../../fleet/rollout/settings.ts';
import { workSpecHash } from '../../../fleet/work-spec-hash.ts';
import { labelValue } from '../../../runtime/client/legal-name.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import { rolloutStatusOf } from './rollout-status.ts';
import { type TrimmedWork, workLabels } from './works.ts';

/** What is known of one placement that a set refers to. */
export interface PlacementView {
  ref: PlacementRef;
  placement: Placement;
  decisions: readonly PlacementDecision[];
}

/** What is to be done and shown for one placement. */
export interface PlacementPlan {
  name: string;
  /** Clusters to give the template to, with the work that is there already. */
  apply: { cluster: string; work?: TrimmedWork }[];
  /** Works that are up to date. */
  current: TrimmedWork[];
  /** Clusters on which the rollout has succeeded. */
  succeeded: string[];
  /** Selected clusters that belong to this placement, and not to one before it. */
  selected: string[];
  /** Groups of the placement's decisions. */
  groups: number;
  recheckMs?: number;
  /** Why the placement cannot be rolled out; its works stay as they are. */
  error?: RolloutError;
}

export interface Plan {
  placements: PlacementPlan[];
  /** Works in clusters that no placement selects any more. */
  unselected: TrimmedWork[];
  /** Works beside the one that is kept in their cluster. */
  doubles: TrimmedWork[];
}

const clusterOf = ({ metadata }: TrimmedWork): string => metadata.namespace ?? '';

/** Whether a template says when it is in progress. */
const reportsProgress = (template: ManifestWorkSpec | undefined): boolean =>
  template?.manifestConfigs?.some(({ conditionRules }) =>
    conditionRules?.some(({ condition }) => condition === manifestWorkCondition.progressing.type),
  ) ?? false;

/** Of several works of one set in a cluster, the one to keep: of the placement in question, then the oldest. */
const preferred = (works: readonly TrimmedWork[], placement: string): TrimmedWork | undefined =>
  works.toSorted(
    (a, b) =>
      Number(isOf(b, placement)) - Number(isOf(a, placement)) ||
      (a.metadata.creationTimestamp ?? '').localeCompare(b.metadata.creationTimestamp ?? '') ||
      a.metadata.name.localeCompare(b.metadata.name),
  )[0];

const isOf = ({ metadata }: TrimmedWork, placement: string): boolean =>
  metadata.labels?.[label.placementName] === labelValue(placement);

/**
 * What follows from a set, its placements and its works (work.md 6.3 and 6.4). A cluster that several placements select
 * belongs to the first of them and has one work; every work whose cluster no placement selects goes, whatever template it
 * has (work.md 13, 13).
 */
export const planFor = (
  set: ManifestWorkReplicaSet,
  views: readonly PlacementView[],
  works: readonly TrimmedWork[],
  now: number,
): Plan => {
  const byCluster = Map.groupBy(
    works.filter(({ metadata }) => !metadata.deletionTimestamp),
    clusterOf,
  );
  const kept = new Set<TrimmedWork>();
  const taken = new Set<string>();
  const placements = views.map((view) => {
    const plan = planForPlacement(set, view, byCluster, taken, now);
    for (const cluster of plan.selected) {
      taken.add(cluster);
      const work = preferred(byCluster.get(cluster) ?? [], plan.name);
      if (work) kept.add(work);
    }
    // Nothing can be said about the clusters of a placement whose decisions cannot be read.
    if (plan.error) for (const work of works) if (isOf(work, plan.name)) kept.add(work);
    return plan;
  });
  const keptIn = new Set([...kept].map(clusterOf));
  const others = works.filter((work) => !work.metadata.deletionTimestamp && !kept.has(work));
  return {
    placements,
    unselected: others.filter((work) => !keptIn.has(clusterOf(work))),
    doubles: others.filter((work) => keptIn.has(clusterOf(work))),
  };
};

/**
 * Of works in clusters that no placement selected, those that these decisions do not select either. All decisions in the
 * namespace of the set may be given: those of other placements do not count.
 */
export const stillUnselected = (
  { metadata, spec }: ManifestWorkReplicaSet,
  works: readonly TrimmedWork[],
  decisions: readonly PlacementDecision[],
): TrimmedWork[] => {
  const referred = new Set(spec?.placementRefs.map(({ name }) => placementKey(metadata.namespace, name)));
  const own = decisions.filter((each) => decisionIndexes.placement(each).some((key) => referred.has(key)));
  const selected = new Set(clustersOf(own));
  return works.filter((work) => !selected.has(clusterOf(work)));
};

const planForPlacement = (
  set: ManifestWorkReplicaSet,
  { ref, placement, decisions }: PlacementView,
  byCluster: ReadonlyMap<string, TrimmedWork[]>,
  taken: ReadonlySet<string>,
  now: number,
): PlacementPlan => {
  const { name } = ref;
  const template = set.spec?.manifestWorkTemplate;
  const hash = workSpecHash(template);
  const groupCount = placement.status?.decisionGroups?.length ?? 0;
  const current = (work: TrimmedWork): boolean => work.hash === hash;
  const base = { name, groups: groupCount, apply: [], succeeded: [] };
  let groups: DecisionGroup[];
  try {
    groups = groupsOf(decisions).map((group) => ({
      ...group,
      clusters: group.clusters.filter((cluster) => !taken.has(cluster)),
    }));
  } catch (error) {
    if (!(error instanceof RolloutError)) throw error;
    const own = [...byCluster.values()].flat().filter((work) => isOf(work, name) && current(work));
    return { ...base, current: own, selected: [], error };
  }
  const selected = [...new Set(groups.flatMap(({ clusters }) => clusters))];
  const workIn = (cluster: string) => preferred(byCluster.get(cluster) ?? [], name);
  const upToDate = selected.flatMap((cluster) => {
    const work = workIn(cluster);
    return work && current(work) ? [work] : [];
  });
  const statuses = upToDate.map((work) => rolloutStatusOf(work, reportsProgress(template)));
  const relabel = upToDate.filter(({ metadata }) => !semanticEqual(metadata.labels, workLabels(set, name)));
  const succeeded = statuses.filter(({ state }) => state === 'Succeeded').map(({ cluster }) => cluster);
  const shared = { ...base, current: upToDate, selected, succeeded };
  try {
    const { turn, recheckMs } = turnOf(ref, placement, groups, statuses, now);
    // A work that waits for its agent is `ToApply` too; it has the template already.
    const haveTemplate = new Set(upToDate.map(clusterOf));
    const toApply = turn
      .filter(({ cluster, state }) => state === 'ToApply' && !haveTemplate.has(cluster))
      .map(({ cluster }) => cluster);
    const apply = [...new Set([...toApply, ...relabel.map(clusterOf)])].map((cluster) => ({
      cluster,
      work: workIn(cluster),
    }));
    return { ...shared, apply, recheckMs };
  } catch (error) {
    if (!(error instanceof RolloutError)) throw error;
    return { ...shared, error };
  }
};

const turnOf = (
  { rolloutStrategy }: PlacementRef,
  { spec }: Placement,
  groups: readonly DecisionGroup[],
  statuses: readonly ClusterStatus[],
  now: number,
): Rollout => {
  const clustersPerGroup = spec?.decisionStrategy?.groupStrategy?.clustersPerDecisionGroup;
  return rollOut({ strategy: rolloutStrategy, groups, statuses, clustersPerGroup, now });
};
