import { manifestWorkCondition, manifestWorkReplicaSetCondition } from '../../../api/conditions.ts';
import type {
  ManifestWorkReplicaSetStatus,
  PlacementSummary,
  PlacementSummarySummary,
} from '../../../api/generated/work.ts';
import type { Condition } from '../../../runtime/client/object.ts';
import { isTrue, setCondition } from '../../../runtime/controller/conditions.ts';
import { type Failure, failuresText } from './failures.ts';
import type { PlacementPlan } from './plan.ts';
import type { TrimmedWork } from './works.ts';

const { placementVerified, placementRolledOut, manifestWorkApplied } = manifestWorkReplicaSetCondition;
const { applied, available, progressing, degraded } = manifestWorkCondition;

type Counts = Required<
  Pick<PlacementSummarySummary, 'total' | 'applied' | 'available' | 'progressing' | 'degraded'>
>;

const none: Counts = { total: 0, applied: 0, available: 0, progressing: 0, degraded: 0 };

const countsOf = (works: readonly TrimmedWork[]): Counts => {
  const living = works.filter(({ metadata }) => !metadata.deletionTimestamp);
  const count = (type: string) => living.filter(({ status }) => isTrue(status?.conditions, type)).length;
  return {
    total: works.length,
    applied: count(applied.type),
    available: count(available.type),
    progressing: count(progressing.type),
    degraded: count(degraded.type),
  };
};

const sum = (counts: readonly Counts[]): Counts =>
  counts.reduce(
    (all, one) => ({
      total: all.total + one.total,
      applied: all.applied + one.applied,
      available: all.available + one.available,
      progressing: all.progressing + one.progressing,
      degraded: all.degraded + one.degraded,
    }),
    none,
  );

type Next = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;
const condition = (type: string, status: Condition['status'], reason: string, message = ''): Next => ({
  type,
  status,
  reason,
  message,
});

const verified = (plans: readonly PlacementPlan[]): Next => {
  const { type, reason } = placementVerified;
  const failed = plans.filter(({ error }) => error);
  if (failed.length)
    return condition(
      type,
      'False',
      reason.NotAsExpected,
      failed.map(({ name, error }) => `Placement ${name}: ${error!.message}`).join('; '),
    );
  return plans.every(({ selected }) => selected.length === 0)
    ? condition(type, 'False', reason.PlacementDecisionEmpty, 'no placement selects a cluster')
    : condition(type, 'True', reason.AsExpected);
};

const rolledOut = (plans: readonly PlacementPlan[]): Next => {
  const { type, reason } = placementRolledOut;
  const isDone = plans.every(
    ({ error, selected, succeeded }) => !error && selected.length === succeeded.length,
  );
  return isDone ? condition(type, 'True', reason.Complete) : condition(type, 'False', reason.Progressing);
};

const worksApplied = (
  plans: readonly PlacementPlan[],
  counts: Counts,
  placements: Next,
  failures: readonly Failure[],
): Next => {
  const { type, reason } = manifestWorkApplied;
  // What this pass wrote is not counted yet.
  const isWriting = plans.some(({ apply }) => apply.length > 0);
  if (failures.length) return condition(type, 'False', reason.NotAsExpected, failuresText(failures));
  const isEmpty = placements.reason === placementVerified.reason.PlacementDecisionEmpty;
  if (counts.total === 0)
    return condition(type, 'False', isEmpty ? reason.PlacementDecisionEmpty : reason.NotAsExpected);
  if (!isWriting && counts.available === counts.total && counts.progressing === 0 && counts.degraded === 0)
    return condition(type, 'True', reason.AsExpected);
  return condition(
    type,
    'False',
    (isWriting || counts.progressing > 0) && counts.degraded === 0 ? reason.Processing : reason.NotAsExpected,
  );
};

const withConditions = (conditions: Condition[] | undefined, next: readonly Next[], now: Date): Condition[] =>
  next.reduce<Condition[]>((all, each) => setCondition(all, each, now), conditions ?? []);

/** The status of a set whose placements exist (work.md 6.3 and 6.5). */
export const statusFor = (
  status: ManifestWorkReplicaSetStatus,
  plans: readonly PlacementPlan[],
  failures: readonly Failure[],
  now: Date,
): ManifestWorkReplicaSetStatus => {
  const placementSummary = plans.map(({ name, groups, current, selected }): PlacementSummary => ({
    name,
    availableDecisionGroups: `${groups} (${current.length} / ${selected.length} clusters applied)`,
    summary: countsOf(current),
  }));
  const counts = sum(plans.map(({ current }) => countsOf(current)));
  const placements = verified(plans);
  const conditions = withConditions(
    status.conditions,
    [placements, rolledOut(plans), worksApplied(plans, counts, placements, failures)],
    now,
  );
  return { ...status, conditions, placementSummary, summary: counts };
};

/** The status of a set that names a Placement that does not exist; everything else stays as it was (work.md 6.3, a). */
export const statusWithoutPlacement = (
  status: ManifestWorkReplicaSetStatus,
  name: string,
  now: Date,
): ManifestWorkReplicaSetStatus => {
  const { type, reason } = placementVerified;
  const missing = condition(
    type,
    'False',
    reason.PlacementDecisionNotFound,
    `Placement ${name} does not exist; create it or correct placementRefs`,
  );
  return { ...status, conditions: withConditions(status.conditions, [missing], now) };
};
