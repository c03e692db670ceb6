import type { Client } from '../../../operators/runtime/client/client.ts';
import {
  type Deployment,
  deployments,
  type Pod,
  pods,
} from '../../../operators/runtime/client/kubernetes.ts';
import type { PodFacts, WorkloadFacts } from '../facts.ts';

/** The Deployments of a namespace and their Pods. */
export const workloadsIn = async (client: Client, namespace: string): Promise<WorkloadFacts[]> => {
  const [found, running] = await Promise.all([
    client.list(deployments, { namespace }),
    client.list(pods, { namespace }),
  ]);
  return found.items.map((deployment) => workloadOf(deployment, running.items));
};

/** One of them; null where it is not there. */
export const workload = async (
  client: Client,
  namespace: string,
  name: string,
): Promise<WorkloadFacts | null> =>
  (await workloadsIn(client, namespace)).find((each) => each.name === name) ?? null;

const workloadOf = ({ metadata, spec, status }: Deployment, all: Pod[]): WorkloadFacts => {
  const selector = Object.entries(spec?.selector?.matchLabels ?? {});
  const own = all.filter(({ metadata: { labels = {} } }) =>
    selector.every(([key, value]) => labels[key] === value),
  );
  const failure = status?.conditions?.find(
    (condition) => condition.type === 'ReplicaFailure' && condition.status === 'True',
  );
  return {
    namespace: metadata.namespace ?? '',
    name: metadata.name,
    wanted: spec?.replicas ?? 1,
    available: status?.availableReplicas ?? 0,
    ...(failure && { failure: failure.message ?? failure.reason ?? '' }),
    pods: own.map(podOf),
  };
};

const podOf = ({ metadata, status }: Pod): PodFacts => {
  const conditionOf = (type: string) => status?.conditions?.find((condition) => condition.type === type);
  const containers = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const troubled = containers.find(({ state, lastState }) => {
    const ended = state?.terminated ?? lastState?.terminated;
    return state?.waiting !== undefined || (ended?.exitCode ?? 0) !== 0;
  });
  const ended = troubled?.state?.terminated ?? troubled?.lastState?.terminated;
  const waiting = troubled?.state?.waiting;
  // Why it ended says more than that it waits to begin again.
  const why = waiting?.reason === 'CrashLoopBackOff' && ended?.reason ? ended : (waiting ?? ended);
  const scheduled = conditionOf('PodScheduled');
  return {
    name: metadata.name,
    phase: status?.phase ?? 'Pending',
    ready: conditionOf('Ready')?.status === 'True',
    ...(why && { reason: why.reason ?? 'Error', message: why.message ?? '', image: troubled?.image }),
    ...(scheduled?.status === 'False' && { unscheduled: scheduled.message ?? scheduled.reason ?? '' }),
  };
};
