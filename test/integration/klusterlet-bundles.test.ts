import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Klusterlet } from '../../operators/api/generated/operator.ts';
import { bundleVersionAnnotation } from '../../operators/registration-operator/bundle/index.ts';
import type { Deployment } from '../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { type ControlPlane, startControlPlane } from '../cluster/index.ts';
import { operatorNamespace, type Rig, rigOf, waitForKlusterlet } from './klusterlet/operator.ts';

const namespace = 'open-cluster-management-agent';
let controlPlane: ControlPlane;
let rig: Rig;

beforeAll(async () => {
  // Without a controller manager nobody but this test says how far a rollout is.
  controlPlane = await startControlPlane({ name: 'klusterlet-bundles', controllerManager: false });
  rig = await rigOf(controlPlane);
  await rig.start();
});

afterAll(async () => {
  await rig?.dispose();
  await controlPlane?.stop();
});

const apply = (registration: string, work: string, addons: 'Enable' | 'Disable' = 'Enable') =>
  rig.apply({
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'Klusterlet',
    metadata: { name: 'klusterlet' },
    spec: {
      clusterName: 'c1',
      registrationImagePullSpec: `example.com/registration:${registration}`,
      workImagePullSpec: `example.com/work:${work}`,
      registrationConfiguration: { featureGates: [{ feature: 'AddonManagement', mode: addons }] },
    },
  });
const profile = (data: Record<string, string>) =>
  rig.apply({
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'ocm-tls-profile', namespace: operatorNamespace },
    data,
  });

const agent = (which: string) => rig.get<Deployment>('deployment', `klusterlet-${which}-agent`, namespace);
const versionOf = async (which: string) =>
  (await agent(which)).metadata.annotations?.[bundleVersionAnnotation];
const argsOf = async (which: string) => (await agent(which)).spec?.template.spec?.containers[0]?.args ?? [];
const tlsOf = async (which: string) => (await argsOf(which)).filter((arg) => arg.startsWith('--tls-'));

const untilReason = (type: string, reason: string) =>
  waitForKlusterlet(rig, `${type} ${reason}`, async () => {
    const { metadata, status } = await rig.get<Klusterlet>('klusterlet', 'klusterlet');
    const found = findCondition(status?.conditions, type);
    return found?.observedGeneration === metadata.generation && found?.reason === reason ? found : undefined;
  });
const untilTls = (which: string, ...expected: string[]) =>
  waitForKlusterlet(
    rig,
    `${which} with ${expected.join(' ') || 'no TLS flags'}`,
    async () => (await tlsOf(which)).join() === expected.join(),
  );

/** Says of the agents' Deployments, as soon as one has this version, that all their Pods are as they want them. */
const rollOut = async (which: string, version: string) => {
  const deployment = await waitForKlusterlet(rig, `${which} at ${version}`, async () =>
    (await versionOf(which)) === version ? agent(which) : undefined,
  );
  await rig.rollOut(deployment);
};
const upgradeTo = async (version: string) => {
  await apply(`v${version}`, `v${version}`);
  for (const which of ['registration', 'work']) await rollOut(which, version);
  await untilReason('Progressing', 'KlusterletUpToDate');
};

/** The objects with the permissions of add-ons. */
const addonRights = async () =>
  (await rig.list('clusterroles,clusterrolebindings'))
    .map(({ kind, metadata }) => `${kind} ${metadata.name}`)
    .filter((name) => name.endsWith(':addon-management'))
    .toSorted();
const allRights = ['ClusterRole', 'ClusterRoleBinding'].flatMap((kind) => [
  `${kind} open-cluster-management:klusterlet-registration:addon-management`,
  `${kind} open-cluster-management:management:klusterlet-registration:addon-management`,
]);

test('v0.1.0 and v0.2.0: agents hear nothing of a TLS profile, and add-ons have their rights always', async () => {
  await profile({ minTLSVersion: 'VersionTLS13' });
  await apply('v0.1.0', 'v0.1.0', 'Disable');
  for (const which of ['registration', 'work']) await rollOut(which, '0.1.0');
  await untilReason('Progressing', 'KlusterletUpToDate');
  expect(await addonRights()).toEqual(allRights);
  expect([...(await tlsOf('registration')), ...(await tlsOf('work'))]).toEqual([]);

  await apply('v0.3.0', 'v0.3.0');
  const { message } = await untilReason('Applied', 'UpgradeUnsupported');
  expect(message).toContain('Go to 0.2.0 first');
  await upgradeTo('0.2.0');
  expect([...(await tlsOf('registration')), ...(await tlsOf('work'))]).toEqual([]);
});

test('v0.3.0: one agent at a time, and an upgrade that does not get on is undone', async () => {
  await apply('v0.3.0', 'v0.2.0');
  await untilTls('registration', '--tls-min-version=VersionTLS13');
  expect(await tlsOf('work')).toEqual([]);
  await apply('v0.2.0', 'v0.2.0');
  await untilTls('registration');
  await rollOut('registration', '0.2.0');

  await upgradeTo('0.3.0');
  for (const which of ['registration', 'work']) await untilTls(which, '--tls-min-version=VersionTLS13');
});

test('a change of the profile rolls the agents; one that cannot be used stops, and says why (operator.md 1.5)', async () => {
  const cipher = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
  await profile({ minTLSVersion: 'TLSv1.2', cipherSuites: `${cipher}, UNKNOWN` });
  const flags = ['--tls-min-version=VersionTLS12', `--tls-cipher-suites=${cipher}`];
  for (const which of ['registration', 'work']) await untilTls(which, ...flags);

  for (const [data, key] of [
    [{ minTLSVersion: 'VersionTLS99' }, 'minTLSVersion'],
    [{ cipherSuites: 'UNKNOWN' }, 'cipherSuites'],
  ] as const) {
    const before = (await agent('registration')).metadata.resourceVersion;
    await profile(data);
    const { message } = await untilReason('Applied', 'TLSProfileInvalid');
    expect(message).toContain('ConfigMap ocm-tls-profile');
    expect(message).toContain(key);
    expect((await agent('registration')).metadata.resourceVersion).toBe(before);
    await profile({ minTLSVersion: 'VersionTLS13' });
    await untilTls('registration', '--tls-min-version=VersionTLS13');
    await untilReason('Applied', 'KlusterletApplied');
  }

  await rig.remove('configmap', 'ocm-tls-profile', operatorNamespace);
  for (const which of ['registration', 'work']) await untilTls(which);
});

test('the rights of add-ons go with their gate on both clusters, and come back (operator.md 10.11)', async () => {
  expect(await addonRights()).toEqual(allRights);
  await apply('v0.3.0', 'v0.3.0', 'Disable');
  await waitForKlusterlet(rig, 'no rights', async () => (await addonRights()).length === 0);
  await untilReason('Applied', 'KlusterletApplied');
  const { status } = await rig.get<Klusterlet>('klusterlet', 'klusterlet');
  expect(status?.relatedResources).toHaveLength(20);
  await apply('v0.3.0', 'v0.3.0', 'Enable');
  await waitForKlusterlet(rig, 'all rights', async () => (await addonRights()).length === 4);
});
