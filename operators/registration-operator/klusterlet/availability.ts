import { klusterletCondition } from '../../api/conditions.ts';
import type { NextCondition } from '../../runtime/controller/conditions.ts';
import type { Deployment } from '../../runtime/client/kubernetes.ts';
import { deploymentName, isSingleton, type Mode } from './mode.ts';

/** An agent's Deployment as read just now: missing, or why it could not be read. */
export type Reading = Deployment | 'missing' | Error;

/** The Deployments that answer for registration and for work: in singleton modes the same (operator.md 3.3). */
export const responsibleDeployments = (klusterlet: string, mode: Mode) =>
  isSingleton(mode)
    ? { registration: deploymentName.singleton(klusterlet), work: deploymentName.singleton(klusterlet) }
    : { registration: deploymentName.registration(klusterlet), work: deploymentName.work(klusterlet) };

const isDeployment = (reading: Reading | undefined): reading is Deployment =>
  typeof reading === 'object' && !(reading instanceof Error);

const unreadable = (name: string, namespace: string, reading: Reading | undefined): string =>
  reading instanceof Error
    ? `Deployment ${namespace}/${name} cannot be read: ${reading.message}`
    : `Deployment ${namespace}/${name} does not exist yet`;

const available = (names: string[], namespace: string, readings: ReadonlyMap<string, Reading>) => {
  const { type, reason } = klusterletCondition.available;
  for (const name of names) {
    const reading = readings.get(name);
    if (!isDeployment(reading))
      return {
        type,
        status: 'False',
        reason: reason.GetDeploymentFailed,
        message: unreadable(name, namespace, reading),
      } as const;
    if ((reading.status?.availableReplicas ?? 0) <= 0)
      return {
        type,
        status: 'False',
        reason: reason.NoAvailablePods,
        message: `Deployment ${namespace}/${name} has no available Pod; see its Pods' status and events`,
      } as const;
  }
  return {
    type,
    status: 'True',
    reason: reason.KlusterletAvailable,
    message: `deployments are ready: ${names.join(',')}`,
  } as const;
};

const degraded = (
  { type, reason }: typeof klusterletCondition.registrationDegraded | typeof klusterletCondition.workDegraded,
  name: string,
  namespace: string,
  reading: Reading | undefined,
) => {
  if (!isDeployment(reading))
    return {
      type,
      status: 'True',
      reason: reason.GetDeploymentFailed,
      message: unreadable(name, namespace, reading),
    } as const;
  const desired = reading.spec?.replicas ?? 1;
  const missing = desired - (reading.status?.availableReplicas ?? 0);
  if (missing > 0)
    return {
      type,
      status: 'True',
      reason: reason.UnavailablePods,
      message: `${missing} of ${desired} requested Pods of Deployment ${namespace}/${name} are unavailable`,
    } as const;
  return {
    type,
    status: 'False',
    reason: reason.DeploymentsFunctional,
    message: `deployments replicas are desired: ${desired}`,
  } as const;
};

/** Available, RegistrationDesiredDegraded and WorkDesiredDegraded from the agents' Deployments (operator.md 3.3). */
export const agentConditions = (
  klusterlet: { name: string; generation?: number },
  mode: Mode,
  namespace: string,
  readings: ReadonlyMap<string, Reading>,
): NextCondition[] => {
  const { registration, work } = responsibleDeployments(klusterlet.name, mode);
  return [
    available([...new Set([registration, work])], namespace, readings),
    degraded(klusterletCondition.registrationDegraded, registration, namespace, readings.get(registration)),
    degraded(klusterletCondition.workDegraded, work, namespace, readings.get(work)),
  ].map((condition) => ({ ...condition, observedGeneration: klusterlet.generation }));
};
