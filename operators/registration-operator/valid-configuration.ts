import { klusterletCondition } from '../api/conditions.ts';
import { findCondition, type NextCondition } from '../runtime/controller/conditions.ts';

type Conditions = Parameters<typeof findCondition>[0];

/**
 * The condition ValidConfiguration: which values of the spec are left out, and why. The published operators do not have
 * it, so that a resource of which nothing was ever left out goes without.
 */
export const validConfiguration = (
  present: Conditions,
  leftOut: readonly string[],
  observedGeneration: number | undefined,
): NextCondition[] => {
  const { type, reason } = klusterletCondition.validConfiguration;
  if (leftOut.length > 0)
    return [
      {
        type,
        status: 'False',
        reason: reason.InvalidValuesIgnored,
        message: leftOut.join('; '),
        observedGeneration,
      },
    ];
  return findCondition(present, type)
    ? [
        {
          type,
          status: 'True',
          reason: reason.ConfigurationAllValid,
          message: 'All values of the spec are in use',
          observedGeneration,
        },
      ]
    : [];
};
