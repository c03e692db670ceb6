import { managedClusterAddOnCondition, manifestWorkCondition } from '../../api/conditions.ts';
import type { ManifestWork } from '../../api/generated/work.ts';
import type { Condition } from '../../runtime/client/object.ts';
import { findCondition, removeCondition, setCondition } from '../../runtime/controller/conditions.ts';

/** What came of making the works of an add-on. */
export type Deployment =
  /** They could not be made: which step failed, and why. */
  | {
      failure: {
        step: 'get manifest from agent interface' | 'build manifestwork' | 'apply manifestWork';
        cause: string;
      };
    }
  | { works: readonly ManifestWork[] };

/** Which of an add-on's two clusters the works are on. */
export type AppliedCondition = 'manifestApplied' | 'hostingManifestApplied';

/**
 * The conditions of an add-on after its works were made (addon.md 7.2). While the agent has not said anything of a work, a
 * failure of before is forgotten and everything else stays.
 */
export const conditionsAfter = (
  conditions: Condition[] | undefined,
  which: AppliedCondition,
  deployment: Deployment,
  now: Date,
): Condition[] => {
  const { type, reason } = managedClusterAddOnCondition[which];
  const having = (status: 'True' | 'False', why: string, message: string) =>
    setCondition(conditions, { type, status, reason: why, message }, now);
  if ('failure' in deployment) {
    const { step, cause } = deployment.failure;
    return having('False', reason.ManifestWorkApplyFailed, `failed to ${step}: ${cause}`);
  }
  const { works } = deployment;
  if (works.length === 0) return having('True', reason.AddonManifestApplied, 'no manifest need to apply');
  const applied = works.map(({ status }) =>
    findCondition(status?.conditions, manifestWorkCondition.applied.type),
  );
  if (applied.some((condition) => condition !== undefined && condition.status !== 'True'))
    return having('False', reason.AddonManifestAppliedFailed, 'failed to apply the manifests of addon');
  if (applied.every((condition) => condition !== undefined))
    return having('True', reason.AddonManifestApplied, 'manifests of addon are applied successfully');
  const before = findCondition(conditions, type);
  return before?.status === 'False' ? removeCondition(conditions, type) : (conditions ?? []);
};
