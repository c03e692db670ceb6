import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type {
  ClusterManager,
  ClusterManagerSpec,
  Klusterlet,
} from '../../operators/api/generated/operator.ts';
import {
  findBundles,
  loadBundles,
  render,
  renderOperator,
} from '../../operators/registration-operator/bundle/index.ts';
import * as hub from '../../operators/registration-operator/clustermanager/rendering/parameters.ts';
import { type Mode, modes } from '../../operators/registration-operator/klusterlet/mode.ts';
import * as agents from '../../operators/registration-operator/klusterlet/rendering/parameters.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  type Deployment,
  namespaces,
  type Pod,
  pods,
  serviceAccounts,
} from '../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import { clientOf } from './clustermanager/harness.ts';

/** Pod Security `restricted` as the API server enforces it, against the Pods of everything that this project runs. */
const namespace = 'restricted';

let controlPlane: ControlPlane;
let client: Client;

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'pod-security' });
  client = clientOf(controlPlane);
  const labels = { 'pod-security.kubernetes.io/enforce': 'restricted' };
  await client.create(namespaces, { metadata: { name: namespace, labels } });
  await waitFor('the ServiceAccount', () => client.find(serviceAccounts, 'default', namespace));
});
afterAll(async () => {
  await client?.close();
  await controlPlane?.stop();
});

const bundles = loadBundles(findBundles());
const deploymentsOf = (objects: UnknownObject[]): Deployment[] =>
  objects.filter(({ kind }) => kind === 'Deployment') as Deployment[];

const hubDeployments = (spec: object): Deployment[] => {
  const clusterManager: ClusterManager = {
    metadata: { name: 'cm' },
    spec: {
      registrationConfiguration: { registrationDrivers: [{ authType: 'csr' }, { authType: 'grpc' }] },
      workConfiguration: { featureGates: [{ feature: 'ManifestWorkReplicaSet', mode: 'Enable' }] },
      placementConfiguration: { featureGates: [{ feature: 'PlacementDebugServer', mode: 'Enable' }] },
      ...spec,
    } as ClusterManagerSpec,
  };
  const observed = {
    ...hub.nothingObserved('operators', { minVersion: 'VersionTLS12', cipherSuites: [] }),
    convertsAddons: true,
  };
  return deploymentsOf(
    render(bundles[0], 'clustermanager', hub.renderInput(clusterManager, observed)).flatMap(({ objects }) =>
      objects.map(({ object }) => object),
    ),
  );
};
const agentDeployments = (mode: Mode): Deployment[] => {
  const klusterlet: Klusterlet = { metadata: { name: 'klusterlet', uid: 'u' }, spec: { clusterName: 'c' } };
  return deploymentsOf(
    render(bundles[0], 'klusterlet', agents.renderInput(klusterlet, agents.nothingObserved(mode))).flatMap(
      ({ objects }) => objects.map(({ object }) => object),
    ),
  );
};

/** A Pod of a Deployment, as it would be asked for in the namespace; its image and account are of no account here. */
const podOf = ({ metadata, spec }: Deployment): Pod => {
  const { serviceAccountName: _, priorityClassName: _of, ...pod } = spec?.template.spec ?? { containers: [] };
  const containers = pod.containers.map((container) => ({ ...container, image: 'example.com/image:v1' }));
  return { metadata: { name: metadata.name, namespace }, spec: { ...pod, containers } };
};
const admit = (deployment: Deployment) => client.create(pods, podOf(deployment), { dryRun: true });

const installation = { namespace: 'operators', image: 'i', replicas: 1, arguments: [] };

test.each<[string, number, () => Deployment[]]>([
  [
    'the operators',
    2,
    () =>
      (['cluster-manager', 'klusterlet'] as const).flatMap((name) =>
        deploymentsOf(renderOperator(name, installation)),
      ),
  ],
  ['a hub in mode Default', 8, () => hubDeployments({ deployOption: { mode: 'Default' } })],
  ['a hub in mode Hosted', 8, () => hubDeployments({ deployOption: { mode: 'Hosted' } })],
  ...modes.map((mode): [string, number, () => Deployment[]] => [
    `agents in mode ${mode}`,
    mode.startsWith('Singleton') ? 1 : 2,
    () => agentDeployments(mode),
  ]),
])('packaging.md 39: a namespace that enforces restricted admits %s', async (_, count, deployments) => {
  const all = deployments();
  expect(all).toHaveLength(count);
  for (const deployment of all) await admit(deployment);
});

test('packaging.md 39: it refuses webhooks on the network of their nodes, which users have to ask for', async () => {
  const onHost = { bindConfiguration: { hostNetwork: true } };
  const deployOption = {
    mode: 'Default',
    default: { registrationWebhookConfiguration: onHost, workWebhookConfiguration: onHost },
  };
  const [webhook] = hubDeployments({ deployOption }).filter(
    ({ metadata }) => metadata.name === 'cm-work-webhook',
  );
  await expect(admit(webhook as Deployment)).rejects.toThrow(
    /violates PodSecurity "restricted:latest": host namespaces/,
  );
});
