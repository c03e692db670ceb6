import { klusterlets } from '../../operators/api/generated/operator.ts';
import {
  deploymentsOf,
  isHosted,
  isSingleton,
  type Mode,
  serviceAccountName,
} from '../../operators/registration-operator/klusterlet/mode.ts';
import type { References } from '../../scripts/images.ts';
import { patienceFlag, waitFor } from '../cluster/index.ts';
import { type Api, condition, json, succeed, withValues } from './fleet.ts';
import { type Hub, settled, versionsIn, type WithStatus } from './installed.ts';
import { proveFlow } from './workload.ts';

/** One installation of agents. */
export interface Shape {
  /** Of the Klusterlet and, in hosted modes, of the namespace that the agents are in. */
  name: string;
  /** Of the ManagedCluster. */
  cluster: string;
  /** On the managed cluster, `<kNS>`. */
  namespace: string;
  mode: Mode;
  hub: Hub;
  /** Where the operator and the agents run. */
  home: Api;
  managed: Api;
}

/** Where the agents run, `<aNS>`. */
const agentNamespace = ({ name, mode, namespace }: Shape): string => (isHosted(mode) ? name : namespace);

const deploymentNames = ({ name, mode }: Shape): string[] => deploymentsOf(name, mode).wanted;

/** Installs the agents with images of a version, as a user does; the operator is there already. */
export const join = async (shape: Shape, images: References): Promise<void> => {
  const { name, cluster, namespace, mode, hub, home, managed } = shape;
  const values = {
    images: {
      overrides: {
        operatorImage: images['registration-operator'],
        registrationImage: images.registration,
        workImage: images.work,
      },
    },
    klusterlet: { name, namespace },
  };
  const hosted = ['--managed-cluster-kubeconfig', managed.kubeconfigPath];
  const args = [
    'join',
    ...(await hub.joinFlags()),
    ...['--cluster-name', cluster],
    ...(isSingleton(mode) ? ['--singleton'] : []),
    ...(isHosted(mode) ? ['--mode=hosted', '--force-internal-endpoint-lookup-managed', ...hosted] : []),
    '--wait',
  ];
  await withValues(values, (file) => succeed(home, [...args, '--klusterlet-values-file', file]));
};

/** Lets clusters in, and resolves when all of them are available. */
export const accept = async ({ api }: Hub, names: readonly string[]): Promise<void> => {
  await succeed(api, ['accept', '--clusters', names.join(','), '--wait']);
  await available(api, names);
};

export const available = (hub: Api, names: readonly string[]): Promise<void> =>
  condition(hub, ['managedcluster', ...names], 'ManagedClusterConditionAvailable');

export const runsWork = ({ name, cluster, hub, managed }: Shape, work: string): Promise<void> =>
  proveFlow({ hub: hub.api, managed }, `${name}-${work}`, cluster);

interface Identified extends WithStatus {
  data?: Record<string, string>;
}

const anew = async (cluster: Api, target: string[], old: string): Promise<Identified> =>
  waitFor(
    `${target.join(' ')} to come back`,
    async () => {
      const now = await json<Identified>(cluster, ['get', ...target]);
      return now.metadata.uid !== old && now;
    },
    { interval: 300 },
  );

const deleteAndSeeBack = async (cluster: Api, target: string[]): Promise<Identified> => {
  const { metadata } = await json<Identified>(cluster, ['get', ...target]);
  await cluster.kubectl(['delete', ...target, '--wait=false']);
  return anew(cluster, target, metadata.uid);
};

/** Deletes a ServiceAccount and a Deployment of the agents; resolves when both are back and at work. */
export const heal = async (shape: Shape): Promise<void> => {
  const { name, cluster, namespace, mode, hub, home, managed } = shape;
  const account = serviceAccountName.work(name);
  const back = await deleteAndSeeBack(managed, ['serviceaccount', account, '--namespace', namespace]);
  // The kubelet takes a minute to hand a changed Secret to Pods that run; those that start after this have it.
  if (isHosted(mode)) await knowsAccount(shape, back.metadata.uid);
  const deployment = ['deployment', deploymentNames(shape).at(-1)!, '--namespace', agentNamespace(shape)];
  await deleteAndSeeBack(home, deployment);
  await settled(home, klusterlets, name);
  await rolledOut(shape);
  await available(hub.api, [cluster]);
};

/** The agents of a hosted mode are given tokens of the ServiceAccount with this uid. */
const knowsAccount = async (shape: Shape, uid: string): Promise<void> => {
  const secret = `external-managed-kubeconfig-${isSingleton(shape.mode) ? 'agent' : 'work'}`;
  const target = ['secret', secret, '--namespace', agentNamespace(shape)];
  await waitFor(
    `Secret ${secret} of the new ServiceAccount`,
    async () => {
      const { data } = await json<Identified>(shape.home, ['get', ...target]);
      return Buffer.from(data?.['serviceaccount_uid'] ?? '', 'base64').toString() === uid;
    },
    { interval: 300 },
  );
};

const rolledOut = async (shape: Shape): Promise<void> => {
  for (const name of deploymentNames(shape))
    await shape.home.kubectl([
      'rollout',
      'status',
      `deployment/${name}`,
      '--namespace',
      agentNamespace(shape),
      patienceFlag,
    ]);
};

/** Gives the Klusterlet the images of another version, and resolves when its agents run it. */
export const upgrade = async (shape: Shape, images: References): Promise<void> => {
  const { name, cluster, home, hub } = shape;
  await setImages(shape, images);
  await settled(home, klusterlets, name);
  await rolledOut(shape);
  await available(hub.api, [cluster]);
};

export const setImages = async ({ name, mode, home }: Shape, images: References): Promise<void> => {
  const spec = isSingleton(mode)
    ? { imagePullSpec: images['registration-operator'] }
    : { registrationImagePullSpec: images.registration, workImagePullSpec: images.work };
  await home.kubectl(['patch', 'klusterlet', name, '--type=merge', '-p', JSON.stringify({ spec })]);
};

/** The versions that a Klusterlet runs: of the manifests of its Deployments, and of the programs in its Pods. */
export const versionsOf = (shape: Shape): Promise<string[]> =>
  versionsIn(shape.home, agentNamespace(shape), deploymentNames(shape));

/**
 * Takes the agents away; resolves when the Klusterlet is gone. (`clusteradm unjoin` would not: it sees works of other
 * Klusterlets on the same cluster, which it cannot know from works that nobody looks after.)
 */
export const leave = async ({ name, home }: Shape): Promise<void> => {
  await home.kubectl(['delete', 'klusterlet', name, patienceFlag]);
};
