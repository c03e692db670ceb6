import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  clusterManagementAddOns,
  clusterManagementAddOnsV1alpha1,
  managedClusterAddOns,
  managedClusterAddOnsV1alpha1,
} from '../../operators/api/generated/addon.ts';
import { clusterManagers } from '../../operators/api/generated/operator.ts';
import { secret as secretName } from '../../operators/api/names.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  customResourceDefinitions,
  deployments,
  namespaces,
  secrets,
} from '../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, readAuditLog, startControlPlane, waitFor, writesOf } from '../cluster/index.ts';
import { freePorts } from '../cluster/ports.ts';
import { createWorkspace, type Daemon, type Workspace } from '../cluster/processes.ts';
import { imagesOf } from './clustermanager/bundles.ts';
import {
  argsOf,
  clientOf,
  controlPlaneOptions,
  OperatorProcess,
  prepare,
  Rollouts,
  waitForCondition,
  waitForSettled,
} from './clustermanager/harness.ts';
import { Lists } from './clustermanager/lists.ts';
import { completeRollout } from './rollout.ts';

/*
 * A hub that is hosted on itself: its API server finds the webhook, which is a process here, by the name of this machine.
 * Both versions of both kinds are listed from the first test to the last.
 */
const root = join(import.meta.dirname, '../..');
const name = 'moving';
const crds = ['clustermanagementaddons', 'managedclusteraddons'].map(
  (plural) => `${plural}.addon.open-cluster-management.io`,
);
const manager = `${name}-addon-manager-controller`;
const webhook = `${name}-addon-webhook`;

let plane: ControlPlane;
let client: Client;
let operator: OperatorProcess;
let rollouts: Rollouts;
let workspace: Workspace;
let lists: Lists;
let serving: Daemon | undefined;
let probePort: number;
let starts = 0;

const edit = (spec: object) => client.patch(clusterManagers, { name }, { type: 'merge', body: { spec } });
const strategies = async (): Promise<(string | undefined)[]> =>
  Promise.all(
    crds.map(async (crd) => (await client.get(customResourceDefinitions, crd)).spec.conversion?.strategy),
  );
const stored = async () => [
  (await client.get(clusterManagementAddOnsV1alpha1, 'a')).spec,
  (await client.get(managedClusterAddOnsV1alpha1, 'a', 'default')).spec,
];
const shownInV1beta1 = async () => {
  const { metadata } = await client.get(managedClusterAddOns, 'a', 'default');
  return metadata.annotations?.['addon.open-cluster-management.io/v1alpha1-install-namespace'];
};

/** What a kubelet would do for the Deployment of the webhook: resolves when it serves. */
const serve = async (): Promise<void> => {
  const deployment = await waitFor('the webhook', () => client.find(deployments, webhook, name));
  const { data } = await waitFor('its certificate', () =>
    client.find(secrets, secretName.addonWebhookServingCert, name),
  );
  const folder = join(workspace.folder, `certificate-${++starts}`);
  await mkdir(folder);
  for (const file of ['tls.crt', 'tls.key'])
    await writeFile(join(folder, file), Buffer.from(data?.[file] ?? '', 'base64'), { mode: 0o600 });
  const [, ...args] = argsOf(deployment);
  const own = [`--certdir=${folder}`, `--kubeconfig=${plane.kubeconfigPath}`];
  const program = [join(root, 'operators/addon/main.ts'), ...args, ...own];
  serving = workspace.start(`webhook-${starts}`, process.execPath, program);
  await waitFor('it serves', async () => (await fetch(`http://127.0.0.1:${probePort}/readyz`)).ok);
  await completeRollout(client, await client.get(deployments, webhook, name));
};

/** And when the Deployment goes: its Pods end. */
const endWithDeployment = async (): Promise<void> => {
  await waitFor(
    'the webhook went',
    async () => (await client.find(deployments, webhook, name)) === undefined,
    {
      interval: 50,
    },
  );
  await serving?.end();
};

beforeAll(async () => {
  plane = await startControlPlane({ name: 'conversion', ...controlPlaneOptions });
  client = clientOf(plane);
  workspace = await createWorkspace('conversion');
  rollouts = new Rollouts(client).start();
  operator = new OperatorProcess(await prepare(plane));
  const [port, probes, metrics, other] = await freePorts(4);
  probePort = probes!;
  await client.create(namespaces, { metadata: { name } });
  await client.create(secrets, {
    metadata: { name: secretName.externalHubKubeconfig, namespace: name },
    data: { kubeconfig: Buffer.from(plane.kubeconfigYaml).toString('base64') },
  });
  const bindConfiguration = { port, healthProbePort: probes, metricsPort: metrics };
  const elsewhere = { address: 'localhost', port: other };
  const hosted = {
    registrationWebhookConfiguration: elsewhere,
    workWebhookConfiguration: elsewhere,
    addonWebhookConfiguration: { address: 'localhost', port, bindConfiguration },
  };
  await client.create(clusterManagers, {
    metadata: { name },
    spec: { ...imagesOf('v0.3.0', 'v0.3.0'), deployOption: { mode: 'Hosted', hosted } } as never,
  });
  await waitForSettled(client, name);
  await client.create(clusterManagementAddOnsV1alpha1, {
    metadata: { name: 'a' },
    spec: {
      supportedConfigs: [{ group: 'example.com', resource: 'settings', defaultConfig: { name: 'usual' } }],
    },
  });
  await client.create(managedClusterAddOnsV1alpha1, {
    metadata: { name: 'a', namespace: 'default' },
    spec: { installNamespace: 'mine' },
  });
  lists = new Lists(client, [
    clusterManagementAddOnsV1alpha1,
    clusterManagementAddOns,
    managedClusterAddOnsV1alpha1,
    managedClusterAddOns,
  ] as never).start();
});

afterAll(async () => {
  await lists?.stop();
  await operator?.stop();
  await rollouts?.stop();
  await workspace?.dispose();
  await client?.close();
  await plane?.stop();
});

test('addon.md 8: nothing is converted before the webhook serves, and nobody manages add-ons', async () => {
  rollouts.hold();
  const before = await stored();
  await edit(imagesOf('v0.4.0', 'v0.4.0'));
  await waitFor('the webhook', () => client.find(deployments, webhook, name));
  await waitForCondition(client, 'Progressing', 'True', 'ClusterManagerDeploymentRolling', name);
  expect(await strategies()).toEqual(['None', 'None']);
  expect(await client.find(deployments, manager, name)).toBeUndefined();

  await serve();
  await waitFor('conversion', async () => (await strategies()).every((each) => each === 'Webhook'));
  await waitFor('the manager', () => client.find(deployments, manager, name));
  await waitFor('the other version', async () => (await shownInV1beta1()) === 'mine');
  expect(await stored()).toEqual(before);
});

test('and in the middle of it the way back is open: rights of the manager, conversion, webhook, in this order', async () => {
  const before = await stored();
  const since = (await readAuditLog(plane.auditLogPath!)).length;
  await edit(imagesOf('v0.3.0', 'v0.3.0'));
  await endWithDeployment();
  expect(await strategies()).toEqual(['None', 'None']);
  await waitFor('the manager went', async () => !(await client.find(deployments, manager, name)));
  expect(await stored()).toEqual(before);
  const made = writesOf((await readAuditLog(plane.auditLogPath!)).slice(since))
    .filter(({ userAgent, responseStatus }) => userAgent !== 'test' && (responseStatus?.code ?? 500) < 300)
    .map(({ verb, objectRef }) => `${verb} ${objectRef?.resource} ${objectRef?.name}`);
  const order = [
    `delete clusterrolebindings open-cluster-management:${name}-addon-manager:controller`,
    ...crds.map((crd) => `patch customresourcedefinitions ${crd}`),
    'delete services cluster-manager-addon-webhook',
    `delete deployments ${webhook}`,
  ];
  const at = order.map((each) => made.indexOf(each));
  expect(at).not.toContain(-1);
  expect(Math.min(at[1]!, at[2]!)).toBeGreaterThan(at[0]!);
  expect(Math.min(at[3]!, at[4]!)).toBeGreaterThan(Math.max(at[1]!, at[2]!));
});

test('R10: up again, and no list of either version failed on the way', async () => {
  await edit(imagesOf('v0.4.0', 'v0.4.0'));
  await serve();
  await rollouts.release();
  await waitForSettled(client, name);
  await waitForCondition(client, 'HubAddOnManagerDegraded', 'False', 'AddOnManagerFunctional', name);
  expect(await strategies()).toEqual(['Webhook', 'Webhook']);
  expect(await shownInV1beta1()).toBe('mine');
  await lists.stop();
  expect([...lists.failures]).toEqual([]);
  expect(lists.rounds).toBeGreaterThan(20);
});

test('a webhook that is away does not end conversion: what passed unconverted would lose fields', async () => {
  await serving?.end();
  rollouts.hold();
  const body = { status: { availableReplicas: 0, readyReplicas: 0, unavailableReplicas: 1 } };
  await client.patch(
    deployments,
    { name: webhook, namespace: name },
    { type: 'merge', body },
    { subresource: 'status' },
  );
  await waitForCondition(client, 'HubAddOnManagerDegraded', 'True', 'UnavailableAddOnManagerPod', name);
  await waitForCondition(client, 'Progressing', 'True', 'ClusterManagerDeploymentRolling', name);
  expect(await strategies()).toEqual(['Webhook', 'Webhook']);
});
