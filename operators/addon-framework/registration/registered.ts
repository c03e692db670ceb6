import { managedClusterAddOnCondition } from '../../api/conditions.ts';
import type { NextCondition } from '../../runtime/controller/conditions.ts';

const { type, reason } = managedClusterAddOnCondition.registrationApplied;

/** What is told of the registration of an add-on's agent (addon.md 7.1). */
export type RegistrationOutcome = 'applied' | 'pending' | { failure: string };

export const registrationCondition = (outcome: RegistrationOutcome): NextCondition => {
  if (outcome === 'applied')
    return {
      type,
      status: 'True',
      reason: reason.SetPermissionApplied,
      message: 'Registration of the addon agent is configured',
    };
  if (outcome === 'pending')
    return {
      type,
      status: 'False',
      reason: reason.PermissionConfigPending,
      message: 'registration subject not ready',
    };
  return {
    type,
    status: 'False',
    reason: reason.SetPermissionFailed,
    message: `Failed to set permission for hub agent: ${outcome.failure}`,
  };
};
