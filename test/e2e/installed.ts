import type { ClusterManager, Klusterlet } from '../../operators/api/generated/operator.ts';
import { bundleVersionAnnotation } from '../../operators/registration-operator/bundle/index.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import { isTrue } from '../../operators/runtime/controller/conditions.ts';
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
export const saying = ({ status }: Pick<WithStatus, 'status'>): string =>
  (status?.conditions ?? [])
    .map(({ type, status: value, reason, message }) => `${type}=${value} ${reason}: ${message}`)
    .join('; ');

/**
 * Resolves when the operator has looked at the present spec of a ClusterManager or Klusterlet, and all is applied and
 * rolled out. Rejects with its conditions.
 */
export const settled = async <T extends ClusterManager | Klusterlet>(
  cluster: Api,
  resource: Resource<T>,
  name: string,
): Promise<void> => {
  const client = connect(loadConnection(cluster.kubeconfigPath), { userAgent: 'e2e' });
  try {
    await waitFor(`${resource.kind} ${name} to settle`, async () => {
      const { metadata, status } = await client.get(resource, name);
      const has = (type: string) => isTrue(status?.conditions, type);
      const isSettled =
        status?.observedGeneration === metadata.generation &&
        has('Applied') &&
        !has('Progressing') &&
        !has('RegistrationDesiredDegraded') &&
        !has('WorkDesiredDegraded');
      if (!isSettled) throw new Error(saying({ status }));
      return true;
    });
  } finally {
    await client.close();
  }
};

interface Listed {
  kind: string;
  metadata: WithStatus['metadata'] & {
    namespace?: string;
    labels?: Record<string, string>;
    deletionTimestamp?: string;
  };
}

interface ListedDeployment extends Listed {
  spec: {
    selector: { matchLabels: Record<string, string> };
    template: { spec: { containers: { args: [string] }[] } };
  };
}

interface ListedPod extends Listed {
  status?: {
    phase?: string;
    containerStatuses?: { restartCount: number; state?: object; lastState?: object }[];
  };
}

/** What a program says to `--version` in its Pod. Rejects with what became of the Pod and with kubectl's words. */
const versionInPod = async (cluster: Api, { metadata }: Listed, program: string): Promise<string> => {
  const pod = [metadata.name, '--namespace', metadata.namespace!];
  try {
    const said = await cluster.kubectl(['exec', ...pod, '--', program, '--version']);
    return said.trim().split(' ').at(-1)!;
  } catch (error) {
    const now = await json<ListedPod>(cluster, ['get', 'pod', ...pod]).catch((gone: Error) => gone.message);
    const state =
      typeof now === 'string'
        ? now
        : JSON.stringify({ deleted: now.metadata.deletionTimestamp, ...now.status, conditions: undefined });
    const reason = `${metadata.name} could not be asked for its version: ${state}: ${(error as Error).message}`;
    process.stderr.write(`${reason}\n`);
    throw new Error(reason, { cause: error });
  }
};

/** As `versionsIn`, at this moment. */
const versionsNow = async (
  cluster: Api,
  namespace: string,
  deployments: readonly string[],
): Promise<string[]> => {
  const { items } = await json<{ items: Listed[] }>(cluster, ['get', 'deployments,pods', '-n', namespace]);
  // A Pod that was evicted, or that the node refused, stays listed; nothing runs in it.
  const isRunning = ({ kind, metadata, status }: ListedPod): boolean =>
    kind === 'Pod' && !metadata.deletionTimestamp && status?.phase === 'Running';
  const running = items.filter(isRunning);
  const versionsOf = async (name: string): Promise<string[]> => {
    const found = items.find(({ kind, metadata }) => kind === 'Deployment' && metadata.name === name);
    if (!found) throw new Error(`there is no Deployment ${namespace}/${name}`);
    const { metadata, spec } = found as ListedDeployment;
    const selected = Object.entries(spec.selector.matchLabels);
    const [program] = spec.template.spec.containers[0]!.args;
    const inPods = await Promise.all(
      running
        .filter((pod) => selected.every(([key, value]) => pod.metadata.labels?.[key] === value))
        .map((pod) => versionInPod(cluster, pod, program)),
    );
    if (inPods.length === 0) throw new Error(`no Pod of Deployment ${namespace}/${name} runs`);
    return [`v${metadata.annotations?.[bundleVersionAnnotation]}`, ...inPods];
  };
  return [...new Set((await Promise.all(deployments.map(versionsOf))).flat())];
};

/**
 * The versions that Deployments of a namespace run, each once: of their manifests, and what the programs in their Pods
 * say to `--version`, asked in the Pod. A Pod may be replaced while it is asked; then all are looked at again.
 */
export const versionsIn = (
  cluster: Api,
  namespace: string,
  deployments: readonly string[],
): Promise<string[]> =>
  waitFor(`the programs in ${namespace} to say their versions`, () =>
    versionsNow(cluster, namespace, deployments),
  );
