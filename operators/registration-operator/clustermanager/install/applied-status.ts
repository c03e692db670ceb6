import { clusterManagerCondition } from '../../../api/conditions.ts';
import type { ClusterManager } from '../../../api/generated/operator.ts';
import { type NextCondition, setConditions } from '../../../runtime/controller/conditions.ts';
import { type Applied, generationsOf, type RelatedResource, relatedResource } from '../../apply/index.ts';
import { ApplyError } from '../../apply-error.ts';

type Status = NonNullable<ClusterManager['status']>;
const { applied: condition } = clusterManagerCondition;

/** Reasons of Applied=False: those of operator.md 2.2, of a refused version (DESIGN.md 4), and of a driver (D3). */
export type FailureReason = Exclude<keyof typeof condition.reason, 'ClusterManagerApplied'>;

/** A part of a sync failed; reason and message are those of the condition Applied. */
export class SyncError extends ApplyError<FailureReason> {
  override readonly name = 'SyncError';
}

/** What a sync came to. */
export interface Outcome {
  failure?: SyncError;
  /** Conditions besides Applied. */
  conditions: NextCondition[];
  applied: Applied[];
  /** Entries that stay listed although they were not applied this time. */
  kept: RelatedResource[];
}

const isSame = (a: RelatedResource, b: RelatedResource): boolean =>
  a.group === b.group &&
  a.resource === b.resource &&
  (a.namespace ?? '') === (b.namespace ?? '') &&
  a.name === b.name;

/**
 * The status after a sync. The lists are replaced after success only, so that after a failure they name everything
 * that may exist (operator.md 2.2), and hold nothing that is gone (D23). Applied carries the generation that it
 * speaks of (D22).
 */
export const statusAfter = (clusterManager: ClusterManager, outcome: Outcome, now: Date): Status => {
  const { generation } = clusterManager.metadata;
  const { failure, applied, kept } = outcome;
  const next: NextCondition = {
    type: condition.type,
    status: failure ? 'False' : 'True',
    reason: failure?.reason ?? condition.reason.ClusterManagerApplied,
    message: failure?.message ?? 'Components of cluster manager are applied',
    observedGeneration: generation,
  };
  const related = applied.map(({ ref }) => relatedResource(ref));
  const lists = failure
    ? {}
    : {
        relatedResources: [
          ...related,
          ...kept.filter((entry) => !related.some((other) => isSame(entry, other))),
        ],
        generations: generationsOf(applied),
      };
  return {
    ...clusterManager.status,
    observedGeneration: generation,
    conditions: setConditions(clusterManager.status?.conditions, [...outcome.conditions, next], now),
    ...lists,
  };
};
