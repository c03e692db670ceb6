import {
  conditionRulePrefix,
  conditionRuleReason,
  manifestCondition,
  manifestWorkCondition,
} from '../../../api/conditions.ts';
import type { ManifestWorkStatus } from '../../../api/generated/work.ts';
import type { Condition } from '../../../runtime/client/object.ts';
import { findCondition } from '../../../runtime/controller/conditions.ts';
import { type NextCondition, withCondition, withoutStaleRules } from './conditions.ts';

const { available } = manifestWorkCondition;

const count = (conditions: readonly Condition[], status: Condition['status']): number =>
  conditions.filter((condition) => condition.status === status).length;

const availability = (found: readonly Condition[], observedGeneration: number): NextCondition => {
  const { type, reason } = available;
  const [unavailable, unknown] = [count(found, 'False'), count(found, 'Unknown')];
  if (unavailable > 0)
    return {
      type,
      status: 'False',
      reason: reason.ResourcesNotAvailable,
      message: `${unavailable} of ${found.length} resources are not available`,
      observedGeneration,
    };
  if (unknown > 0 || found.length === 0)
    return {
      type,
      status: 'Unknown',
      reason: reason.ResourcesStatusUnknown,
      message:
        unknown > 0
          ? `${unknown} of ${found.length} resources have unknown status`
          : 'cannot get any available resource ',
      observedGeneration,
    };
  return {
    type,
    status: 'True',
    reason: reason.ResourcesAvailable,
    message: 'All resources are available',
    observedGeneration,
  };
};

/** One manifest that progresses or is degraded makes the work so; all else must hold for every manifest. */
const anySuffices = new Set<string>([
  manifestWorkCondition.progressing.type,
  manifestWorkCondition.degraded.type,
]);

const statusOf = (type: string, found: readonly Condition[]): Condition['status'] => {
  const decisive = anySuffices.has(type) ? 'True' : 'False';
  if (count(found, decisive) > 0) return decisive;
  if (count(found, 'Unknown') > 0) return 'Unknown';
  return decisive === 'True' ? 'False' : 'True';
};

/**
 * The work's conditions as its manifests' add up to (work.md 4.4): Available, and each type that rules define, counted
 * over the manifests that have it. Degraded is true as soon as one manifest is (work.md 13, 11).
 */
export const aggregated = (status: ManifestWorkStatus, generation: number, now: Date): ManifestWorkStatus => {
  const found = new Map<string, Condition[]>();
  const availables: Condition[] = [];
  for (const { conditions } of status.resourceStatus?.manifests ?? []) {
    const condition = findCondition(conditions, manifestCondition.available.type);
    if (condition) availables.push(condition);
    for (const rule of conditions.filter(({ reason }) => reason.startsWith(conditionRulePrefix)))
      if (rule.type !== available.type) found.set(rule.type, [...(found.get(rule.type) ?? []), rule]);
  }
  let conditions = withCondition(status.conditions, availability(availables, generation), now);
  for (const [type, members] of found) {
    const only = members.length === 1 ? members[0]!.message : '';
    conditions = withCondition(
      conditions,
      {
        type,
        status: statusOf(type, members),
        reason: conditionRuleReason.aggregated,
        message: only || `Aggregated from ${members.length} manifest conditions`,
        observedGeneration: generation,
      },
      now,
    );
  }
  return { ...status, conditions: withoutStaleRules(conditions, generation) };
};
