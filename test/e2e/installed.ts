import { waitFor } from '../cluster/index.ts';
import { type Api, json } from './fleet.ts';

/** A hub as clusters meet it. */
export interface Hub {
  api: Api;
  /** The flags of `clusteradm join` that lead to it, with a fresh token. */
  joinFlags(): Promise<string[]>;
}

export interface WithStatus {
  metadata: { name: string; uid: string; generation: number; annotations?: Record<string, string> };
  status?: {
    observedGeneration?: number;
    conditions?: { type: string; status: string; reason: string; message: string }[];
  };
}

/** What a ClusterManager or Klusterlet says, as one line. */
export const saying = ({ status }: WithStatus): string =>
  (status?.conditions ?? [])
    .map(({ type, status: value, reason, message }) => `${type}=${value} ${reason}: ${message}`)
    .join('; ');

/**
 * Resolves when the operator has looked at the present spec of a ClusterManager or Klusterlet, and all is applied and
 * rolled out. Rejects with its conditions.
 */
export const settled = async (cluster: Api, target: string[], timeout = 120_000): Promise<void> => {
  await waitFor(
    `${target.join(' ')} to settle`,
    async () => {
      const found = await json<WithStatus>(cluster, ['get', ...target]);
      const value = (type: string) => found.status?.conditions?.find((each) => each.type === type)?.status;
      const isSettled =
        found.status?.observedGeneration === found.metadata.generation &&
        value('Applied') === 'True' &&
        value('Progressing') !== 'True' &&
        value('RegistrationDesiredDegraded') !== 'True' &&
        value('WorkDesiredDegraded') !== 'True';
      if (!isSettled) throw new Error(saying(found));
      return true;
    },
    { timeout, interval: 500 },
  );
};

interface PodList {
  items: { metadata: { name: string; deletionTimestamp?: string } }[];
}

/** What the programs in the Pods of a Deployment say of their version: `--version`, asked in the Pod. */
export const versionsInPods = async (
  cluster: Api,
  namespace: string,
  deployment: string,
): Promise<string[]> => {
  const { spec } = await json<{
    spec: {
      selector: { matchLabels: Record<string, string> };
      template: { spec: { containers: { args: [string] }[] } };
    };
  }>(cluster, ['get', 'deployment', deployment, '--namespace', namespace]);
  const selector = Object.entries(spec.selector.matchLabels).map(([key, value]) => `${key}=${value}`);
  const [program] = spec.template.spec.containers[0]!.args;
  const pods = await json<PodList>(cluster, ['get', 'pods', '-n', namespace, '-l', selector.join(',')]);
  const running = pods.items.filter(({ metadata }) => !metadata.deletionTimestamp);
  const answers = await Promise.all(
    running.map(({ metadata: { name } }) =>
      cluster.kubectl(['exec', '--namespace', namespace, name, '--', program, '--version']),
    ),
  );
  return answers.map((answer) => answer.trim().split(' ').at(-1)!);
};
