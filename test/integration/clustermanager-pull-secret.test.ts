import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ClusterManagerSpec } from '../../operators/api/generated/operator.ts';
import { clusterManagers } from '../../operators/api/generated/operator.ts';
import { renderOperator } from '../../operators/registration-operator/bundle/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { secrets } from '../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, patienceFlag, startControlPlane, waitFor } from '../cluster/index.ts';
import {
  clientOf,
  controlPlaneOptions,
  deploymentOf,
  hubNamespace,
  OperatorProcess,
  operatorKubeconfig,
  operatorNamespace,
  Rollouts,
  waitForSettled,
} from './clustermanager/harness.ts';

const driverConfig = 'work-driver-config';

let controlPlane: ControlPlane;
let client: Client;
let operator: OperatorProcess;
let rollouts: Rollouts;

/** Installs the operator as the chart does for an image pull Secret, but for its Deployment. */
const install = async (pullSecret: string): Promise<void> => {
  const items = renderOperator('cluster-manager', {
    namespace: operatorNamespace,
    image: 'unused',
    replicas: 1,
    arguments: [],
    admissionPolicies: true,
    imagePullSecrets: [pullSecret],
  }).filter(({ kind }) => kind !== 'Deployment');
  const list = JSON.stringify({ apiVersion: 'v1', kind: 'List', items });
  await controlPlane.kubectl(['apply', '--server-side', '--filename', '-'], list);
};

/** Runs the operator for an image pull Secret, in place of the one that runs. */
const run = async (pullSecret: string): Promise<void> => {
  await operator?.stop();
  const flag = `--image-pull-secret-name=${pullSecret}`;
  operator = new OperatorProcess(await operatorKubeconfig(controlPlane), [flag]);
};

const namedBy = async (operand: string) =>
  (await deploymentOf(client, operand)).spec?.template.spec?.imagePullSecrets;
const copyOf = (name: string) => client.find(secrets, name, hubNamespace);
const untilNamed = (name: string | undefined) =>
  waitFor(`operands that name ${name}`, async () => {
    const named = await Promise.all(['registration-controller', 'work-webhook'].map(namedBy));
    if (named.some((list) => list?.[0]?.name !== name)) throw new Error(JSON.stringify(named));
    return true;
  });

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'pull-secret', ...controlPlaneOptions });
  client = clientOf(controlPlane);
  rollouts = new Rollouts(client).start();
  await controlPlane.kubectl(['create', 'namespace', operatorNamespace]);
  const type = 'kubernetes.io/dockerconfigjson';
  const data = { '.dockerconfigjson': Buffer.from('{"auths":{}}').toString('base64') };
  for (const name of ['a', 'b'])
    await client.create(secrets, { metadata: { name, namespace: operatorNamespace }, type, data });
  const driver = { name: driverConfig, namespace: operatorNamespace };
  await client.create(secrets, { metadata: driver, data: { 'config.yaml': 'eA==' } });
  await install('a');
  await controlPlane.kubectl(['wait', '--for=condition=Established', patienceFlag, 'crds', '--all']);
  await run('a');
  const featureGates = ['ManifestWorkReplicaSet', 'CloudEventsDrivers'].map((feature) => ({
    feature,
    mode: 'Enable',
  }));
  await client.create(clusterManagers, {
    metadata: { name: 'cluster-manager' },
    spec: { workConfiguration: { workDriver: 'grpc', featureGates } } as ClusterManagerSpec,
  });
  await waitForSettled(client);
});

afterAll(async () => {
  await operator?.stop();
  await rollouts?.stop();
  await client?.close();
  await controlPlane?.stop();
});

test('since-1.3.1.md 45: another name brings the copy of that Secret, and takes away the one before', async () => {
  await untilNamed('a');
  expect(await copyOf('a')).toBeDefined();
  await install('b');
  await run('b');
  await untilNamed('b');
  await waitFor('the copy of b', () => copyOf('b'));
  // The role of the operator does not let it touch this one any more.
  await waitFor('the copy of a to go', async () => (await copyOf('a')) === undefined);
  await waitForSettled(client);
});

test('since-1.3.1.md 42: without the right to read it the hub goes on, and a warning says so', async () => {
  // As with kustomize and OLM, whose role has the Secret of the default name.
  await install('open-cluster-management-image-pull-credentials');
  await run('b');
  const spec = { nodePlacement: { nodeSelector: { is: 'applied' } } };
  await client.patch(clusterManagers, { name: 'cluster-manager' }, { type: 'merge', body: { spec } });
  await waitFor('the change to be applied', async () => {
    const { spec: applied } = await deploymentOf(client, 'registration-controller');
    return applied?.template.spec?.nodeSelector?.['is'] === 'applied';
  });
  await waitForSettled(client);
  await untilNamed(undefined);
  for (const warning of [
    'images of the hub are pulled without credentials',
    'the image pull secret cannot be read',
  ])
    await waitFor(`the warning "${warning}"`, async () => operator.log.includes(warning));
  await install('b');
  await run('b');
  await untilNamed('b');
});

test('since-1.3.1.md 46: both copies are removed with the ClusterManager', async () => {
  for (const name of ['b', driverConfig]) await waitFor(`the copy of ${name}`, () => copyOf(name));
  await controlPlane.kubectl(['delete', 'clustermanager', 'cluster-manager', patienceFlag]);
  for (const name of ['b', driverConfig])
    await waitFor(`the copy of ${name} to go`, async () => (await copyOf(name)) === undefined);
});
