import { patienceFlag, waitFor } from '../cluster/index.ts';
import { type Api, clusteradm, CLUSTER_NAME, condition, type Fleet, json } from './fleet.ts';

const NAMESPACE = 'hello';
const WORK = 'hello';

const deployment = (image: string) => ({
  apiVersion: 'apps/v1',
  kind: 'Deployment',
  metadata: { name: 'hello', namespace: NAMESPACE },
  spec: {
    replicas: 2,
    selector: { matchLabels: { app: 'hello' } },
    template: {
      metadata: { labels: { app: 'hello' } },
      spec: {
        terminationGracePeriodSeconds: 0,
        containers: [
          {
            name: 'hello',
            image,
            command: ['/usr/local/bin/node', '-e', 'setInterval(() => {}, 1e6)'],
          },
        ],
      },
    },
  },
});

/**
 * `clusteradm create work`. Where the Pod of the webhook was just replaced, API servers are led to it a moment after it is
 * ready: until then they cannot ask it, and refuse.
 */
const createWork = async (hub: Api, name: string, args: string[], input: string): Promise<void> => {
  const { code, stdout, stderr } = await waitFor(`the hub to look at the work ${name}`, async () => {
    const result = await clusteradm(hub, ['create', 'work', name, ...args, '-f', '-'], { input });
    if (result.code !== 0 && /failed calling webhook/.test(result.stderr)) throw new Error(result.stderr);
    return result;
  });
  if (code !== 0) throw new Error(`create work ${name}: ${stdout}${stderr}`);
};

/** Creates the ManifestWork with a namespace and a Deployment of two Pods, and waits until they run. */
export const createWorkload = async ({ hub, managed, images }: Fleet): Promise<void> => {
  const manifests = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: NAMESPACE } },
    deployment(images.references.work),
  ];
  const input = manifests.map((manifest) => JSON.stringify(manifest)).join('\n---\n');
  await createWork(hub, WORK, ['--clusters', CLUSTER_NAME, '--overwrite'], input);
  await condition(hub, ['manifestwork', '--namespace', CLUSTER_NAME, WORK], 'Applied');
  await condition(hub, ['manifestwork', '--namespace', CLUSTER_NAME, WORK], 'Available');
  await managed.kubectl(['-n', NAMESPACE, 'rollout', 'status', 'deployment/hello', patienceFlag]);
};

interface Listed {
  kind: string;
  metadata: { name: string; uid: string; generation?: number };
  status?: { containerStatuses?: { restartCount: number }[] };
}

/** What would change if somebody touched the workload: its Deployment's identity and spec, its Pods and their restarts. */
export const workloadState = async ({ managed }: Fleet): Promise<object> => {
  const { items } = await json<{ items: Listed[] }>(managed, ['-n', NAMESPACE, 'get', 'deployments,pods']);
  const ofKind = (wanted: string) => items.filter(({ kind }) => kind === wanted);
  return {
    deployments: ofKind('Deployment').map(({ metadata: { name, uid, generation } }) => ({
      name,
      uid,
      generation,
    })),
    pods: ofKind('Pod')
      .map((pod) => ({
        uid: pod.metadata.uid,
        restarts: pod.status?.containerStatuses?.map(({ restartCount }) => restartCount),
      }))
      .sort((a, b) => (a.uid < b.uid ? -1 : 1)),
  };
};

export const removeWorkload = async ({ hub }: Fleet): Promise<void> => {
  await hub.kubectl(['-n', CLUSTER_NAME, 'delete', 'manifestwork', WORK, '--ignore-not-found', patienceFlag]);
};

/**
 * The whole way works: a change of a new work on the hub arrives on the managed cluster and its status comes back.
 * Resolves when it does; each call uses a name of its own and removes it again.
 */
export const proveFlow = async (
  { hub, managed }: { hub: Api; managed: Api },
  name: string,
  clusterName = CLUSTER_NAME,
): Promise<void> => {
  const manifest = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name, namespace: 'default' },
    data: { name },
  };
  await createWork(hub, name, ['--clusters', clusterName], JSON.stringify(manifest));
  await condition(hub, ['manifestwork', '-n', clusterName, name], 'Available');
  await managed.kubectl(['-n', 'default', 'get', 'configmap', name]);
  await hub.kubectl(['-n', clusterName, 'delete', 'manifestwork', name, patienceFlag]);
  await managed.kubectl(['-n', 'default', 'wait', '--for=delete', `configmap/${name}`, patienceFlag]);
};
