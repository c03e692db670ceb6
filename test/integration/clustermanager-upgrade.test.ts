import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { clusterManagers } from '../../operators/api/generated/operator.ts';
import { bundleVersionAnnotation } from '../../operators/registration-operator/bundle/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  customResourceDefinitions,
  validatingWebhookConfigurations,
} from '../../operators/runtime/client/kubernetes.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import { imagesOf as images, makeBundle } from './clustermanager/bundles.ts';
import {
  argsOf,
  clientOf,
  controlPlaneOptions,
  deploymentOf,
  OperatorProcess,
  prepare,
  Rollouts,
  waitForCondition,
  waitForSettled,
} from './clustermanager/harness.ts';

const newFlag = '--new-in-this-version';

let bundles: string;
let controlPlane: ControlPlane;
let client: Client;
let operator: OperatorProcess;
let rollouts: Rollouts;

const edit = (spec: object) =>
  client.patch(clusterManagers, { name: 'cluster-manager' }, { type: 'merge', body: { spec } });
const versionOf = async (suffix: string) =>
  (await deploymentOf(client, suffix)).metadata.annotations?.[bundleVersionAnnotation];
const hasNewFlag = async (suffix: string) => argsOf(await deploymentOf(client, suffix)).includes(newFlag);

beforeAll(async () => {
  bundles = await mkdtemp(join(tmpdir(), 'bundles-'));
  await makeBundle(bundles, '0.1.0', '');
  await makeBundle(bundles, '0.2.0', '>=0.1.0 <0.2.0', async (read, write) => {
    for (const component of ['registration', 'work']) {
      const file = `clustermanager/controllers/${component}-webhook.yaml`;
      const manifest = await read(file);
      await write(
        file,
        manifest.replace('- webhook-server\n', `- webhook-server\n            - ${newFlag}\n`),
      );
    }
    const crd = 'crds/managedclusters.cluster.open-cluster-management.io.yaml';
    await write(crd, (await read(crd)).replace('- mcls\n', '- mcls\n      - mcluster\n'));
  });
  await makeBundle(bundles, '0.4.0', '>=0.3.0 <0.4.0');
  controlPlane = await startControlPlane({ name: 'upgrade', ...controlPlaneOptions });
  client = clientOf(controlPlane);
  rollouts = new Rollouts(client).start();
  operator = new OperatorProcess(await prepare(controlPlane), [], { OCM_BUNDLES: bundles });
  await client.create(clusterManagers, {
    metadata: { name: 'cluster-manager' },
    spec: images('v0.1.0', 'v0.1.0') as never,
  });
  await waitForSettled(client);
});

afterAll(async () => {
  await operator?.stop();
  await rollouts?.stop();
  await client?.close();
  await controlPlane?.stop();
  await rm(bundles, { recursive: true, force: true });
});

test('an image’s version picks the manifests of its component', async () => {
  expect(await versionOf('registration-webhook')).toBe('0.1.0');
  expect(await hasNewFlag('work-webhook')).toBe(false);
});

test('one component goes ahead; the other keeps its manifests, and CRDs follow the newest', async () => {
  await edit(images('v0.1.0', 'v0.2.0'));
  await waitForSettled(client);
  expect([await hasNewFlag('work-webhook'), await versionOf('work-webhook')]).toEqual([true, '0.2.0']);
  expect([await hasNewFlag('registration-webhook'), await versionOf('registration-webhook')]).toEqual([
    false,
    '0.1.0',
  ]);
  const crd = await client.get(
    customResourceDefinitions,
    'managedclusters.cluster.open-cluster-management.io',
  );
  expect(crd.spec.names.shortNames).toContain('mcluster');
});

test('an upgrade that does not get on is told, touches no webhook, and is undone by the old image', async () => {
  const webhooks = async () =>
    (await client.list(validatingWebhookConfigurations)).items.map(
      ({ metadata }) => metadata.resourceVersion,
    );
  const before = await webhooks();
  rollouts.hold();
  await edit(images('v0.2.0', 'v0.2.0'));
  const { message } = await waitForCondition(
    client,
    'Progressing',
    'True',
    'ClusterManagerDeploymentRolling',
  );
  expect(message).toContain('cluster-manager-registration-webhook');
  expect(message).not.toContain('cluster-manager-work-webhook');
  expect(await hasNewFlag('registration-webhook')).toBe(true);
  expect(await webhooks()).toEqual(before);

  await edit(images('v0.1.0', 'v0.2.0'));
  await waitFor('the old manifests', async () => !(await hasNewFlag('registration-webhook')));
  await rollouts.release();
  await waitForSettled(client);
  expect(await versionOf('registration-webhook')).toBe('0.1.0');
});

test.each([
  ['unknown', 'v0.3.0', 'UnknownBundleVersion', '0.3.0'],
  ['too far apart', 'v0.4.0', 'ComponentVersionsTooFarApart', 'one minor version'],
])('refused, with what runs untouched: %s', async (_, version, reason, text) => {
  const before = (await deploymentOf(client, 'registration-controller')).metadata.resourceVersion;
  await edit(images(version, 'v0.2.0'));
  const { message } = await waitForCondition(client, 'Applied', 'False', reason);
  expect(message).toContain(text);
  expect((await deploymentOf(client, 'registration-controller')).metadata.resourceVersion).toBe(before);
  await edit(images('v0.1.0', 'v0.2.0'));
  await waitForSettled(client);
});

test('a jump over what a bundle upgrades from is refused', async () => {
  await edit(images('v0.2.0', 'v0.2.0'));
  await waitForSettled(client);
  await edit(images('v0.4.0', 'v0.4.0'));
  const { message } = await waitForCondition(client, 'Applied', 'False', 'UpgradeUnsupported');
  expect(message).toContain('>=0.3.0 <0.4.0');
  await edit(images('v0.2.0', 'v0.2.0'));
  await waitForSettled(client);
});

test('a step back after a whole upgrade is refused, unless it is asked for', async () => {
  await edit(images('v0.1.0', 'v0.1.0'));
  const { message } = await waitForCondition(client, 'Applied', 'False', 'DowngradeRefused');
  const annotation = 'operator.open-cluster-management.io/allow-downgrade';
  expect(message).toContain(annotation);
  const metadata = { annotations: { [annotation]: 'true' } };
  await client.patch(clusterManagers, { name: 'cluster-manager' }, { type: 'merge', body: { metadata } });
  await waitForSettled(client);
  expect(await versionOf('registration-controller')).toBe('0.1.0');
  expect(await hasNewFlag('work-webhook')).toBe(false);
});
