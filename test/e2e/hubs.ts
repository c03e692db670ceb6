import { clusterManagers } from '../../operators/api/generated/operator.ts';
import { bootstrapObjects } from '../../cli/objects/bootstrap.ts';
import type { References } from '../../scripts/images.ts';
import { type ControlPlane, toYaml, waitFor, withServer, type Cluster } from '../cluster/index.ts';
import { type Api, HUB_NAMESPACE, json, OPERATOR_NAMESPACE, succeed, withValues } from './fleet.ts';
import { type Hub, settled, versionsIn, type WithStatus } from './installed.ts';

/** One installation of a hub. */
export interface HubShape extends Hub {
  /** Of its ClusterManager. */
  name: string;
  /** Where operator and Pods run; for a Default hub the hub itself. */
  home: Api;
  /** Of the Pods, `<cmNS>`. */
  namespace: string;
}

const tokenOf = async (api: Api): Promise<string> => {
  const answer = JSON.parse(await succeed(api, ['get', 'token', '-o', 'json'])) as { 'hub-token': string };
  return answer['hub-token'];
};

/** A hub whose Pods run on it, as `clusteradm init` makes it. */
export const defaultHub = (cluster: Cluster): HubShape => ({
  api: cluster,
  home: cluster,
  name: 'cluster-manager',
  namespace: HUB_NAMESPACE,
  joinFlags: async () => [
    ...['--hub-token', await tokenOf(cluster), '--hub-apiserver', cluster.server],
    '--force-internal-endpoint-lookup',
  ],
});

/** A hub without nodes, whose Pods run on another cluster. */
export const hostedHub = (name: string, api: ControlPlane, home: Cluster): HubShape => ({
  api,
  home,
  name,
  namespace: name,
  joinFlags: async () => ['--hub-token', await tokenOf(api), '--hub-apiserver', api.externalServer],
});

/** `clusteradm init`, with operands of a version of their own. */
export const initHub = async ({ api }: HubShape, operator: string, images: References): Promise<void> => {
  const overrides = {
    operatorImage: operator,
    registrationImage: images.registration,
    workImage: images.work,
    placementImage: images.placement,
    addOnManagerImage: images['addon-manager'],
  };
  await withValues({ replicaCount: 1, images: { overrides } }, (file) =>
    succeed(api, ['init', '--wait', '--cluster-manager-values-file', file]),
  );
};

/** Where the hub's API server finds the webhooks: ports of the node, which lead to the Pods' own. */
const nodePorts = { registration: 31_443, work: 31_444, addon: 31_445 };
/** Not the default, so that it is told apart from the Service's. */
const bindPorts = { registration: 9543, work: 9443, addon: 9643 };
type Webhook = keyof typeof nodePorts;

const nodePortService = (namespace: string, component: Webhook) => ({
  apiVersion: 'v1',
  kind: 'Service',
  metadata: { name: `${component}-webhook`, namespace },
  spec: {
    type: 'NodePort',
    selector: { app: `${namespace}-${component}-webhook` },
    ports: [{ port: 443, targetPort: bindPorts[component], nodePort: nodePorts[component] }],
  },
});

/** The address of a node on the network that all clusters share. */
const addressOf = async (cluster: Cluster): Promise<string> =>
  (await cluster.exec(['hostname', '--ip-address'])).trim().split(' ')[0]!;

/** What the user of a hosted hub makes besides: kubeconfig of the hub, a way to its webhooks, and the ClusterManager. */
export const createHosted = async (
  { name, home }: HubShape,
  hub: ControlPlane,
  cluster: Cluster,
  images: References,
): Promise<void> => {
  const address = await addressOf(cluster);
  const webhook = (component: Webhook) => ({
    address,
    port: nodePorts[component],
    bindConfiguration: { port: bindPorts[component] },
  });
  const objects = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name } },
    {
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'external-hub-kubeconfig', namespace: name },
      stringData: { kubeconfig: toYaml(withServer(hub.kubeconfig, hub.externalServer)) },
    },
    nodePortService(name, 'registration'),
    nodePortService(name, 'work'),
    nodePortService(name, 'addon'),
    {
      apiVersion: 'operator.open-cluster-management.io/v1',
      kind: 'ClusterManager',
      metadata: { name },
      spec: {
        registrationImagePullSpec: images.registration,
        workImagePullSpec: images.work,
        placementImagePullSpec: images.placement,
        addOnManagerImagePullSpec: images['addon-manager'],
        deployOption: {
          mode: 'Hosted',
          hosted: {
            registrationWebhookConfiguration: webhook('registration'),
            workWebhookConfiguration: webhook('work'),
            addonWebhookConfiguration: webhook('addon'),
          },
        },
      },
    },
  ];
  for (const object of objects)
    await home.kubectl(['apply', '--server-side', '-f', '-'], JSON.stringify(object));
};

/** What `clusteradm init` makes on a hub for clusters to join with, for a hub that it did not make. */
export const allowJoining = async (hub: Api): Promise<void> => {
  const items = [
    { apiVersion: 'v1', kind: 'Namespace', metadata: { name: OPERATOR_NAMESPACE } },
    ...bootstrapObjects({ createBootstrapSA: true, createBootstrapToken: false }),
  ];
  await hub.kubectl(
    ['apply', '--server-side', '-f', '-'],
    JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
  );
};

/** Resolves when all of a hub runs and its webhooks are in place. */
export const hubSettled = async ({ api, home, name }: HubShape): Promise<void> => {
  await settled(home, clusterManagers, name);
  await waitFor(
    `the webhooks of ${name}`,
    async () => {
      const names = await api.kubectl([
        'get',
        'validatingwebhookconfigurations',
        '--selector',
        `open-cluster-management.io/created-by-clustermanager=${name}`,
        '--output=name',
      ]);
      return names.trim().split('\n').length === 3;
    },
    { interval: 500 },
  );
};

const deploymentName = ({ name }: HubShape, operand: string): string => `${name}-${operand}`;

const deploymentOf = (hub: HubShape, operand: string): string[] => [
  'deployment',
  deploymentName(hub, operand),
  '--namespace',
  hub.namespace,
];

/** Deletes a ServiceAccount on the hub and a Deployment; resolves when both are back and all runs. */
export const healHub = async (hub: HubShape): Promise<void> => {
  const targets: [Api, string[]][] = [
    [hub.api, ['serviceaccount', 'registration-controller-sa', '--namespace', hub.namespace]],
    [hub.home, deploymentOf(hub, 'registration-controller')],
  ];
  for (const [cluster, target] of targets) {
    const { metadata } = await json<WithStatus>(cluster, ['get', ...target]);
    await cluster.kubectl(['delete', ...target, '--wait=false']);
    await waitFor(
      `${target.join(' ')} to come back`,
      async () => (await json<WithStatus>(cluster, ['get', ...target])).metadata.uid !== metadata.uid,
      { interval: 300 },
    );
  }
  await hubSettled(hub);
};

/** Gives the ClusterManager images of one component or of several. */
export const setHubImages = async (
  { home, name }: HubShape,
  { registration, work, placement, 'addon-manager': addons }: Partial<References>,
): Promise<void> => {
  const spec = {
    registrationImagePullSpec: registration,
    workImagePullSpec: work,
    placementImagePullSpec: placement,
    addOnManagerImagePullSpec: addons,
  };
  const patch = JSON.stringify({ spec });
  await home.kubectl(['patch', 'clustermanager', name, '--type=merge', '--patch', patch]);
};

/** As `versionsOf` of a Klusterlet: of the manifests of all operands that there are, and of the programs in their Pods. */
export const hubVersions = async ({ home, namespace, name }: HubShape): Promise<string[]> => {
  const selector = `open-cluster-management.io/created-by-clustermanager=${name}`;
  const found = await home.kubectl([
    ...['get', 'deployments', '--namespace', namespace, '--selector', selector],
    '--output=jsonpath={.items[*].metadata.name}',
  ]);
  return versionsIn(home, namespace, found.trim().split(' '));
};
