import type { Placement } from '../../../api/generated/cluster.ts';
import { placementCondition } from '../../../api/conditions.ts';
import type { NextCondition } from '../../../runtime/controller/conditions.ts';
import type { Problem } from '../problem.ts';

/** What a placement may choose from. */
export interface Supply {
  /** Whether a valid binding is in its namespace. */
  hasBindings: boolean;
  /** Bound sets that it names, or all; sorted. */
  eligibleSets: readonly string[];
  /** Clusters in these sets that are not being removed. */
  availableClusters: number;
}

/** What scheduling came to. */
export interface Outcome {
  supply: Supply;
  problem?: Problem;
  /** Clusters that were selected, be it that their decisions cannot be made because of a problem. */
  selected: number;
  unscheduled: number;
  /** Decisions of before that stay in place of new ones; undefined when there are new ones, be it none. */
  kept?: number;
}

type Satisfied = Pick<NextCondition, 'status' | 'reason' | 'message'>;
const { satisfied: satisfiedCondition, misconfigured: misconfiguredCondition } = placementCondition;
const reasons = satisfiedCondition.reason;

const unsatisfied = (reason: string, message: string): Satisfied => ({ status: 'False', reason, message });

/** Why nothing is there to choose from, when that is so. */
const shortage = (
  { hasBindings, eligibleSets, availableClusters }: Supply,
  clusterSets: readonly string[],
): Satisfied | undefined => {
  if (!hasBindings)
    return unsatisfied(
      reasons.NoManagedClusterSetBindings,
      'No valid ManagedClusterSetBindings found in placement namespace',
    );
  if (eligibleSets.length === 0)
    return unsatisfied(
      reasons.NoIntersection,
      `None of ManagedClusterSets [${clusterSets.join(',')}] is bound to placement namespace`,
    );
  if (availableClusters === 0)
    return unsatisfied(
      reasons.AllManagedClusterSetsEmpty,
      `All ManagedClusterSets [${eligibleSets.join(',')}] have no member ManagedCluster`,
    );
  return undefined;
};

const satisfactionOf = (outcome: Outcome, clusterSets: readonly string[]): Satisfied => {
  const { supply, problem, selected, unscheduled, kept = 0 } = outcome;
  const short = shortage(supply, clusterSets);
  if (short) return short;
  if (problem?.code === 'Error') return unsatisfied(reasons.NotAllDecisionsScheduled, problem.message);
  if (problem?.code === 'Misconfigured' && selected + kept > 0)
    return unsatisfied(reasons.Misconfigured, 'Placement is misconfigured');
  if (selected === 0)
    return unsatisfied(
      reasons.NoManagedClusterMatched,
      'No ManagedCluster matches any of the cluster predicate',
    );
  if (unscheduled > 0)
    return unsatisfied(reasons.NotAllDecisionsScheduled, `${unscheduled} cluster decisions unscheduled`);
  return {
    status: 'True',
    reason: reasons.AllDecisionsScheduled,
    message: 'All cluster decisions scheduled',
  };
};

/**
 * PlacementSatisfied and PlacementMisconfigured (placement.md 10.1 and 10.2), of the generation that was looked at (P18).
 * Decisions that are kept are told in the message of the first (P3), which is never True with the second (P17).
 */
export const placementConditions = ({ metadata, spec }: Placement, outcome: Outcome): NextCondition[] => {
  const observedGeneration = metadata.generation;
  const { status, reason, message } = satisfactionOf(outcome, spec.clusterSets ?? []);
  const { problem, kept = 0 } = outcome;
  const keeping = kept > 0 ? `; the last ${kept} cluster decisions are kept` : '';
  const isMisconfigured = problem?.code === 'Misconfigured';
  return [
    { type: satisfiedCondition.type, status, reason, message: message + keeping, observedGeneration },
    {
      type: misconfiguredCondition.type,
      status: isMisconfigured ? 'True' : 'False',
      reason: isMisconfigured
        ? misconfiguredCondition.reason.Misconfigured
        : misconfiguredCondition.reason.Succeedconfigured,
      message: isMisconfigured
        ? `${problem.plugin}:${problem.message}`
        : 'Placement configurations check pass',
      observedGeneration,
    },
  ];
};
