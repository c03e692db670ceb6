import { clusterManagerCondition } from '../../../api/conditions.ts';
import type { Deployment } from '../../../runtime/client/kubernetes.ts';
import type { NextCondition } from '../../../runtime/controller/conditions.ts';
import { type Rollout, rolloutOf, unavailableReplicas } from '../../apply/index.ts';

/** A Deployment that an operand is to have, as the cache has it, and what keeps it from being complete. */
export interface OperandState {
  name: string;
  deployment?: Deployment;
  /** The generation that the last apply led to. */
  generation?: number;
  /** What its Pods say, when they say anything. */
  cause?: string;
}

const rolloutOrMissing = ({ name, deployment, generation }: OperandState): Rollout =>
  deployment
    ? rolloutOf(deployment, generation)
    : { state: 'progressing', message: `${name} does not exist yet` };

/** The operands whose rollout is not complete. */
export const rolling = (operands: readonly OperandState[]): OperandState[] =>
  operands.filter((operand) => rolloutOrMissing(operand).state !== 'complete');

const explain = (operand: OperandState): string => {
  const rollout = rolloutOrMissing(operand);
  const message = rollout.state === 'complete' ? operand.name : rollout.message;
  return operand.cause ? `${message} (${operand.cause})` : message;
};

/** The condition Progressing (operator.md 2.2): which Deployments roll, and what keeps them. */
export const progressCondition = (operands: readonly OperandState[]): NextCondition => {
  const { type, reason } = clusterManagerCondition.progressing;
  const busy = rolling(operands);
  return busy.length > 0
    ? {
        type,
        status: 'True',
        reason: reason.ClusterManagerDeploymentRolling,
        message: `Deployments roll: ${busy.map(explain).join('; ')}`,
      }
    : {
        type,
        status: 'False',
        reason: reason.ClusterManagerUpToDate,
        message: 'Components of cluster manager are up to date',
      };
};

interface Reasons {
  missing: string;
  unavailable: string;
  functional: string;
}

const degraded = (
  type: string,
  reasons: Reasons,
  operands: readonly OperandState[],
  observedGeneration: number | undefined,
): NextCondition => {
  for (const { name, deployment } of operands) {
    if (!deployment)
      return {
        type,
        status: 'True',
        reason: reasons.missing,
        message: `Deployment ${name} does not exist`,
        observedGeneration,
      };
    const unavailable = unavailableReplicas(deployment);
    if (unavailable > 0)
      return {
        type,
        status: 'True',
        reason: reasons.unavailable,
        message: `${unavailable} of ${deployment.spec?.replicas ?? 1} Pods of Deployment ${name} are not available`,
        observedGeneration,
      };
  }
  return {
    type,
    status: 'False',
    reason: reasons.functional,
    message: `${operands.map(({ name }) => name).join(' and ')} ${operands.length > 1 ? 'run' : 'runs'} as desired`,
    observedGeneration,
  };
};

/** HubRegistrationDegraded: controller, then webhook; the first problem wins (operator.md 2.2). */
export const registrationDegraded = (
  controller: OperandState,
  webhook: OperandState,
  generation: number | undefined,
): NextCondition => {
  const { type, reason } = clusterManagerCondition.registrationDegraded;
  const reasons = {
    missing: reason.GetRegistrationDeploymentFailed,
    unavailable: reason.UnavailableRegistrationPod,
    functional: reason.RegistrationFunctional,
  };
  return degraded(type, reasons, [controller, webhook], generation);
};

/** A component of later bundles: whether this bundle has it, and its Deployment when it is to have one. */
export interface OptionalComponent {
  version: string;
  isInBundle: boolean;
  controller: OperandState;
}

/** HubPlacementDegraded; a bundle without placement is no fault, and the condition says so. */
export const placementDegraded = (
  { version, isInBundle, controller }: OptionalComponent,
  generation: number | undefined,
): NextCondition => {
  const { type, reason } = clusterManagerCondition.placementDegraded;
  if (!isInBundle)
    return {
      type,
      status: 'False',
      reason: reason.PlacementNotInBundle,
      message: `Bundle ${version} has no placement component; placementImagePullSpec and placementConfiguration have no effect yet`,
      observedGeneration: generation,
    };
  const reasons = {
    missing: reason.GetPlacementDeploymentFailed,
    unavailable: reason.UnavailablePlacementPod,
    functional: reason.PlacementFunctional,
  };
  return degraded(type, reasons, [controller], generation);
};

/** The add-on manager, which has a webhook beside it. */
export interface AddOnManager extends OptionalComponent {
  webhook: OperandState;
  /** Gate AddonManagement. */
  isOn: boolean;
  /** What the webhook lacks to be reached by the hub's API server; without it add-ons are not managed. */
  lack?: string;
}

/**
 * HubAddOnManagerDegraded: as for placement, the webhook first. The webhook is there whether add-ons are managed or not;
 * without AddonManagement the controller is no fault.
 */
export const addOnManagerDegraded = (
  { version, isInBundle, controller, webhook, isOn, lack }: AddOnManager,
  generation: number | undefined,
): NextCondition => {
  const { type, reason } = clusterManagerCondition.addOnManagerDegraded;
  const none = { type, status: 'False', observedGeneration: generation } as const;
  if (!isInBundle)
    return {
      ...none,
      reason: reason.AddOnManagerNotInBundle,
      message: `Bundle ${version} has no add-on manager component; addOnManagerImagePullSpec and addOnManagerConfiguration have no effect yet`,
    };
  const reasons = {
    missing: reason.GetAddOnManagerDeploymentFailed,
    unavailable: reason.UnavailableAddOnManagerPod,
    functional: reason.AddOnManagerFunctional,
  };
  const found = degraded(type, reasons, isOn ? [webhook, controller] : [webhook], generation);
  if (!isOn && found.status === 'False')
    return {
      ...none,
      reason: reason.AddOnManagementDisabled,
      message: 'The feature gate AddonManagement is disabled',
    };
  return found.reason === reasons.missing && lack
    ? { ...found, message: `${found.message}: ${lack}` }
    : found;
};
