import { klusterletCondition } from '../../../api/conditions.ts';
import type { NextCondition } from '../../../runtime/controller/conditions.ts';
import type { Deployment } from '../../../runtime/client/kubernetes.ts';
import { rolloutOf, unavailableReplicas } from '../../apply/index.ts';
import { deploymentName, isSingleton, type Mode } from '../mode.ts';

/** An agent's Deployment as read just now: missing, or why it could not be read. */
export type Reading = Deployment | 'missing' | Error;

/** The Deployments that answer for registration and for work: in singleton modes the same (operator.md 3.3). */
const responsibleDeployments = (klusterlet: string, mode: Mode) =>
  isSingleton(mode)
    ? { registration: deploymentName.singleton(klusterlet), work: deploymentName.singleton(klusterlet) }
    : { registration: deploymentName.registration(klusterlet), work: deploymentName.work(klusterlet) };

const isDeployment = (reading: Reading | undefined): reading is Deployment =>
  typeof reading === 'object' && !(reading instanceof Error);

const wants = ({ spec }: Deployment): number => spec?.replicas ?? 1;

/** The Deployments whose Pods are not all as wanted. */
export const unfinished = (readings: Iterable<Reading>): Deployment[] =>
  [...readings].filter(isDeployment).filter((deployment) => rolloutOf(deployment).state !== 'complete');

const unreadable = (name: string, namespace: string, reading: Reading | undefined): string =>
  reading instanceof Error
    ? `Deployment ${namespace}/${name} cannot be read: ${reading.message}`
    : `Deployment ${namespace}/${name} does not exist yet`;

/** What the last sync of a Klusterlet has set in motion, by the names of Deployments. */
export interface Pending {
  /** The generations that it led to, of which a cache may not know yet. */
  generations: ReadonlyMap<string, number | undefined>;
  /** Those that wait for another to roll first. */
  held: readonly string[];
}

/** What was read of the agents' Deployments, and by name why the Pods of some are not ready. */
export interface Observation {
  readings: ReadonlyMap<string, Reading>;
  causes: ReadonlyMap<string, string>;
  pending?: Pending;
}

/** The end of a message about Pods that are missing. */
const because = (cause: string | undefined): string =>
  cause ? `: ${cause}` : "; see its Pods' status and events";

const available = (names: string[], namespace: string, { readings, causes }: Observation) => {
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
        message: `Deployment ${namespace}/${name} has no available Pod${wants(reading) ? because(causes.get(name)) : ': it waits for the connection to the hub'}`,
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
  { readings, causes }: Observation,
) => {
  const reading = readings.get(name);
  if (!isDeployment(reading))
    return {
      type,
      status: 'True',
      reason: reason.GetDeploymentFailed,
      message: unreadable(name, namespace, reading),
    } as const;
  const desired = wants(reading);
  const missing = unavailableReplicas(reading);
  if (missing > 0)
    return {
      type,
      status: 'True',
      reason: reason.UnavailablePods,
      message: `${missing} of ${desired} requested Pods of Deployment ${namespace}/${name} are unavailable${because(causes.get(name))}`,
    } as const;
  return {
    type,
    status: 'False',
    reason: reason.DeploymentsFunctional,
    message: `deployments replicas are desired: ${desired}`,
  } as const;
};

/**
 * Progressing, which the chapter leaves to `Available`: whether the Pods of all agents are as the Klusterlet wants them,
 * and if not which are not and why (DESIGN.md 4).
 */
const progressing = (names: string[], { readings, causes, pending }: Observation) => {
  const { type, reason } = klusterletCondition.progressing;
  const rolling = names.flatMap((name) => {
    const reading = readings.get(name);
    if (!isDeployment(reading)) return [`${name} does not exist yet`];
    const rollout = rolloutOf(reading, pending?.generations.get(name));
    if (rollout.state === 'complete')
      return pending?.held.includes(name) ? [`${name} waits until the agent before it has rolled`] : [];
    const cause = causes.get(name);
    return [cause ? `${rollout.message} (${cause})` : rollout.message];
  });
  return rolling.length > 0
    ? ({
        type,
        status: 'True',
        reason: reason.KlusterletDeploymentRolling,
        message: `Deployments roll: ${rolling.join('; ')}`,
      } as const)
    : ({
        type,
        status: 'False',
        reason: reason.KlusterletUpToDate,
        message: 'the agents are up to date',
      } as const);
};

/** Progressing, Available, RegistrationDesiredDegraded and WorkDesiredDegraded from the agents' Deployments (operator.md 3.3). */
export const agentConditions = (
  klusterlet: { name: string; generation?: number },
  mode: Mode,
  namespace: string,
  observation: Observation,
): NextCondition[] => {
  const { registration, work } = responsibleDeployments(klusterlet.name, mode);
  const names = [...new Set([registration, work])];
  return [
    progressing(names, observation),
    available(names, namespace, observation),
    degraded(klusterletCondition.registrationDegraded, registration, namespace, observation),
    degraded(klusterletCondition.workDegraded, work, namespace, observation),
  ].map((condition) => ({ ...condition, observedGeneration: klusterlet.generation }));
};
