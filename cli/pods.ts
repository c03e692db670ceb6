import type { Pod } from '../operators/runtime/client/kubernetes.ts';

export const podReady = (pod: Pod): boolean =>
  !pod.metadata.deletionTimestamp &&
  (pod.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'True') ?? false);

/** The phase of each Pod, or why its container does not run. */
export const describePods = (pods: Pod[]): string => {
  if (pods.length === 0) return 'no pod yet';
  return pods.map((pod) => `${pod.metadata.name}: ${reasonOf(pod)}`).join(', ');
};

const reasonOf = ({ status }: Pod): string => {
  const waiting = status?.containerStatuses?.find(({ state }) => state?.waiting)?.state?.waiting;
  if (waiting?.reason) return waiting.message ? `${waiting.reason} (${waiting.message})` : waiting.reason;
  return status?.phase ?? 'Pending';
};
