import type { Client } from '../../operators/runtime/client/client.ts';
import { type Pod, pods } from '../../operators/runtime/client/kubernetes.ts';
import type { CommandContext } from '../context.ts';
import { waitFor } from './wait.ts';

/** Waits until a Pod with the label `app` is ready (cli.md 1.8). */
export const waitForPod = (
  context: CommandContext,
  client: Client,
  namespace: string,
  app: string,
  texts: { waiting: string; done: string },
  explain?: () => Promise<string>,
): Promise<void> =>
  waitFor(context, client, {
    resource: pods,
    scope: { namespace, labelSelector: `app=${app}` },
    ...texts,
    look: (found) => ({ reached: found.some(isReady), state: describePods(found) }),
    explain,
  });

export const isReady = ({ metadata, status }: Pod): boolean =>
  !metadata.deletionTimestamp &&
  (status?.conditions?.some((condition) => condition.type === 'Ready' && condition.status === 'True') ??
    false);

/** The phase of each Pod, or why its container does not run. */
export const describePods = (found: Pod[]): string => {
  if (found.length === 0) return 'no pod yet';
  return found.map((pod) => `${pod.metadata.name}: ${reasonOf(pod)}`).join(', ');
};

const reasonOf = ({ status }: Pod): string => {
  const waiting = status?.containerStatuses?.find(({ state }) => state?.waiting)?.state?.waiting;
  if (waiting?.reason) return waiting.message ? `${waiting.reason} (${waiting.message})` : waiting.reason;
  const unscheduled = status?.conditions?.find(
    (condition) => condition.type === 'PodScheduled' && condition.status === 'False',
  );
  return unscheduled?.message ?? status?.phase ?? 'Pending';
};
