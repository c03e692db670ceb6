import type { Client } from '../../runtime/client/client.ts';
import { isForbidden } from '../../runtime/client/errors.ts';
import { type Deployment, type Pod, pods } from '../../runtime/client/kubernetes.ts';

/** How far a Deployment has come with what its spec asks for. */
export type Rollout =
  | { state: 'complete' }
  | { state: 'progressing'; message: string }
  /** The Deployment's progress deadline has passed. */
  | { state: 'stalled'; message: string };

const wantedReplicas = (deployment: Deployment): number => deployment.spec?.replicas ?? 1;

/**
 * Judges a rollout by the updated and available Pods as well, so that it cannot seem complete while Pods of the old
 * template still serve (operator.md 10.1).
 * @param applied the generation that the last apply led to, of which a Deployment from a cache may not know yet
 */
export const rolloutOf = (deployment: Deployment, applied = 0): Rollout => {
  const { name, generation } = deployment.metadata;
  const { status } = deployment;
  const wanted = wantedReplicas(deployment);
  if (status?.observedGeneration !== generation || (generation ?? 0) < applied)
    return { state: 'progressing', message: `${name} has not been looked at by its controller yet` };
  const updated = status?.updatedReplicas ?? 0;
  const ready = status?.readyReplicas ?? 0;
  const available = status?.availableReplicas ?? 0;
  const total = status?.replicas ?? 0;
  if (updated === wanted && ready === wanted && available === wanted && total === wanted)
    return { state: 'complete' };
  const progress = status?.conditions?.find(({ type }) => type === 'Progressing');
  const message = `${name} has ${updated} of ${wanted} updated and ${ready} ready Pods`;
  return progress?.reason === 'ProgressDeadlineExceeded'
    ? { state: 'stalled', message }
    : { state: 'progressing', message };
};

/** Pods that are wanted but not available (operator.md 2.2). */
export const unavailableReplicas = (deployment: Deployment): number =>
  wantedReplicas(deployment) - (deployment.status?.availableReplicas ?? 0);

/** Waiting reasons of a container that no patience mends. */
const telling = [
  'ImagePullBackOff',
  'ErrImagePull',
  'InvalidImageName',
  'CrashLoopBackOff',
  'CreateContainerConfigError',
  'CreateContainerError',
  'RunContainerError',
];

/** The kubelet shows these two by turns. */
const steady = (reason: string): string => (reason === 'ErrImagePull' ? 'ImagePullBackOff' : reason);

/** A container that cannot start says it twice by turns, and in many words, of which the executable matters. */
const missingExecutable = (...messages: (string | undefined)[]): string | undefined =>
  messages
    .map((message) => /exec: "([^"]+)": .*no such file or directory/.exec(message ?? '')?.[1])
    .find((path) => path !== undefined);

/** Why a Pod is not ready, in words that name the container and its image; undefined when there is nothing to say. */
export const podProblem = (pod: Pod): string | undefined => {
  const statuses = [...(pod.status?.initContainerStatuses ?? []), ...(pod.status?.containerStatuses ?? [])];
  for (const { name, image, state, lastState } of statuses) {
    const waiting = state?.waiting;
    if (!waiting?.reason || !telling.includes(waiting.reason)) continue;
    const ended = lastState?.terminated;
    const executable = missingExecutable(waiting.message, ended?.message);
    if (executable)
      return `container ${name} of Pod ${pod.metadata.name}: image ${image} has no executable ${executable}`;
    const exit = ended ? `, last exit code ${ended.exitCode}` : '';
    return `container ${name} of Pod ${pod.metadata.name} (image ${image}): ${steady(waiting.reason)}${exit}`;
  }
  const unscheduled = pod.status?.conditions?.find(
    ({ type, status, reason }) => type === 'PodScheduled' && status === 'False' && reason === 'Unschedulable',
  );
  return (
    unscheduled && `Pod ${pod.metadata.name} cannot be scheduled: ${unscheduled.message ?? 'no node fits'}`
  );
};

/**
 * The first cause found among the Pods of a Deployment; undefined when none tells, or when an older installation's
 * role does not let the operator list Pods.
 */
export const rolloutCause = async (client: Client, deployment: Deployment): Promise<string | undefined> => {
  const selector = Object.entries(deployment.spec?.selector.matchLabels ?? {});
  try {
    const { items } = await client.list(pods, {
      namespace: deployment.metadata.namespace,
      labelSelector: selector.map(([key, value]) => `${key}=${value}`).join(','),
    });
    return items.map(podProblem).find((problem) => problem !== undefined);
  } catch (error) {
    if (isForbidden(error)) return undefined;
    throw error;
  }
};
