import { type ChildProcess } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type ClusterManagementAddOnV1alpha1,
  type ManagedClusterAddOnV1alpha1,
  clusterManagementAddOns,
  clusterManagementAddOnsV1alpha1,
  managedClusterAddOns,
  managedClusterAddOnsV1alpha1,
} from '../../operators/api/generated/addon.ts';
import { managedClusters } from '../../operators/api/generated/cluster.ts';
import {
  namespaces,
  roleBindings,
  roles,
  serviceAccounts,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../../operators/runtime/client/kubernetes.ts';
import { findCondition } from '../../operators/runtime/controller/conditions.ts';
import { untilQuiet, waitFor } from '../cluster/index.ts';
import { AddonRig } from './addon/rig.ts';
import { untilEnforced } from './least-privilege/identity.ts';

let rig: AddonRig;
let manager: ChildProcess;
beforeAll(async () => {
  rig = await AddonRig.start('addon');
});
afterAll(async () => {
  await rig?.stop();
});

const prefix = 'addon.open-cluster-management.io';
const config = { group: 'g', resource: 'configs', namespace: 'n', name: 'x' };

describe('versions', () => {
  beforeAll(() => rig.clusters('v1'));

  const older: ManagedClusterAddOnV1alpha1 = {
    metadata: { name: 'a', namespace: 'v1', annotations: { mine: 'kept' }, labels: { l: 'v' } },
    spec: { installNamespace: 'somewhere', configs: [config] },
  };

  test('addon.md 93, 96, 109: an add-on on a cluster, made in one version and read in the other', async () => {
    await rig.client.create(managedClusterAddOnsV1alpha1, older);
    const newer = await rig.client.get(managedClusterAddOns, 'a', 'v1');
    expect(newer).toMatchObject({
      apiVersion: `${prefix}/v1beta1`,
      metadata: {
        labels: { l: 'v' },
        annotations: { mine: 'kept', [`${prefix}/v1alpha1-install-namespace`]: 'somewhere' },
      },
      spec: { configs: [config] },
    });
    await rig.client.replace(managedClusterAddOns, { ...newer, spec: {} });
    const after = await rig.client.get(managedClusterAddOnsV1alpha1, 'a', 'v1');
    expect(after.spec).toEqual({ installNamespace: 'somewhere' });
    expect(after.metadata.annotations).toEqual({ mine: 'kept' });
  });

  test('addon.md 93, 95 (A25): status in either version, nothing of it lost to a writer of the other', async () => {
    const subject = { user: 'u', groups: ['g'], organizationUnit: ['o'] };
    const status = {
      kubeClientDriver: 'token',
      registrations: [
        { signerName: 'kubernetes.io/kube-apiserver-client', subject },
        { signerName: 'example.com/s', subject },
      ],
    };
    const key = { name: 'a', namespace: 'v1' };
    const asStatus = { subresource: 'status' };
    await rig.client.patch(managedClusterAddOnsV1alpha1, key, { type: 'merge', body: { status } }, asStatus);
    const newer = await rig.client.get(managedClusterAddOns, 'a', 'v1');
    expect(newer.status?.registrations).toEqual([
      { type: 'kubeClient', kubeClient: { driver: 'token', subject: { user: 'u', groups: ['g'] } } },
      {
        type: 'customSigner',
        customSigner: {
          signerName: 'example.com/s',
          subject: { user: 'u', groups: ['g'], organizationUnits: ['o'] },
        },
      },
    ]);
    const configReferences = [
      { group: 'g', resource: 'configs', desiredConfig: { namespace: 'n', name: 'x', specHash: 'h' } },
    ];
    const body = { status: { configReferences, namespace: 'there' } };
    await rig.client.patch(managedClusterAddOns, key, { type: 'merge', body }, asStatus);
    const after = await rig.client.get(managedClusterAddOnsV1alpha1, 'a', 'v1');
    expect(after.status).toMatchObject({
      ...status,
      namespace: 'there',
      configReferences: [{ ...configReferences[0], namespace: 'n', name: 'x' }],
    });
  });

  test('addon.md 94, 96: a ClusterManagementAddOn, with defaults and without', async () => {
    const made: ClusterManagementAddOnV1alpha1 = {
      metadata: { name: 'versions' },
      spec: {
        supportedConfigs: [
          { group: 'g', resource: 'configs', defaultConfig: { namespace: 'n', name: 'x' } },
          { group: 'g', resource: 'others' },
        ],
      },
    };
    await rig.client.create(clusterManagementAddOnsV1alpha1, made);
    const newer = await rig.client.get(clusterManagementAddOns, 'versions');
    expect(newer.spec.defaultConfigs).toEqual([
      config,
      { group: 'g', resource: 'others', name: '__reserved_no_default__' },
    ]);
    const defaultConfigs = [{ group: 'g', resource: 'others', name: '__reserved_no_default__' }];
    await rig.client.replace(clusterManagementAddOns, { ...newer, spec: { ...newer.spec, defaultConfigs } });
    const after = await rig.client.get(clusterManagementAddOnsV1alpha1, 'versions');
    expect(after.spec.supportedConfigs).toEqual([{ group: 'g', resource: 'others' }]);
    await rig.client.delete(clusterManagementAddOnsV1alpha1, { name: 'versions' });
    expect(await rig.client.find(clusterManagementAddOns, 'versions')).toBeUndefined();
  });

  test('addon.md 95, 97: lists and watches of either version show both', async () => {
    await rig.install('b', 'v1');
    for (const resource of [managedClusterAddOns, managedClusterAddOnsV1alpha1]) {
      const { items } = await rig.client.list(resource as typeof managedClusterAddOns, { namespace: 'v1' });
      expect(items.map(({ metadata }) => metadata.name)).toEqual(['a', 'b']);
    }
    for (const name of ['a', 'b']) await rig.client.delete(managedClusterAddOns, { name, namespace: 'v1' });
  });
});

describe('installation', () => {
  beforeAll(async () => {
    manager = await rig.startManager();
    await rig.clusters('i1', 'i2', 'i3');
  });

  test('addon.md 1, 17: Manual installs nothing, and owns what users install', async () => {
    const { metadata } = await rig.manage('manual', {});
    await rig.install('manual', 'i1');
    const owned = await rig.untilAddon('manual', 'i1', 'owned', (addon) =>
      Boolean(addon.metadata.ownerReferences),
    );
    expect(owned.metadata.ownerReferences).toEqual([
      {
        apiVersion: `${prefix}/v1beta1`,
        kind: 'ClusterManagementAddOn',
        name: 'manual',
        uid: metadata.uid,
        controller: true,
        blockOwnerDeletion: true,
      },
    ]);
    expect(await rig.clustersWith('manual')).toEqual(['i1']);
  });

  test('addon.md 4, 5, 9, 10, 99: on the selected clusters, whatever users do, and on no others', async () => {
    await rig.place('chosen', [['i1', 'i2']]);
    const { metadata } = await rig.manageBy('chosen', [{}]);
    await rig.isOn('chosen', 'i1', 'i2');
    expect((await rig.addon('chosen', 'i1'))!.metadata.ownerReferences?.[0]?.uid).toBe(metadata.uid);
    await rig.place('chosen', [['i2', 'i3']]);
    await rig.isOn('chosen', 'i2', 'i3');
    const { metadata: before } = (await rig.addon('chosen', 'i2'))!;
    await rig.client.delete(managedClusterAddOns, { name: 'chosen', namespace: 'i2' });
    await waitFor('another add-on', async () => {
      const found = await rig.addon('chosen', 'i2');
      return found && found.metadata.uid !== before.uid;
    });
    await rig.install('chosen', 'i1');
    await rig.isOn('chosen', 'i2', 'i3');
  });

  test('addon.md 2, 3, 50, 110 (A1, A10): a placement that breaks, is emptied or deleted takes it from no cluster', async () => {
    await rig.misconfigure('chosen', 'True');
    await rig.progresses('chosen', /is misconfigured/, 'PlacementUsable');
    await rig.place('chosen', [[]]);
    await rig.misconfigure('chosen', 'False');
    await rig.progresses('chosen', /selects no cluster/, 'PlacementUsable');
    await rig.removePlacement('chosen');
    await rig.progresses('chosen', /does not exist/, 'PlacementUsable');
    await rig.place('chosen', [['i2']], 2);
    await waitFor('the placement to be usable', async () => {
      const { status } = await rig.managed('chosen');
      return !findCondition(status?.installProgressions?.[0]?.conditions, 'PlacementUsable');
    });
    expect(await rig.clustersWith('chosen')).toEqual(['i2', 'i3']);
    await rig.place('chosen', [['i2']]);
    await rig.isOn('chosen', 'i2');
  });

  test('addon.md 6, 8: of two placements each cluster once; one without a ManagedCluster holds up no other', async () => {
    await rig.place('one', [['i1', 'nowhere']]);
    await rig.place('two', [['i1', 'i2']]);
    await rig.manageBy('both', [{ name: 'one' }, { name: 'two' }]);
    await rig.isOn('both', 'i1', 'i2');
    await rig.clusters('nowhere');
    await rig.isOn('both', 'i1', 'i2', 'nowhere');
  });

  test('addon.md 12, 112: two managers at once make each add-on once, and neither fails for it', async () => {
    const started = () => rig.log.split('controller started').length;
    const before = started();
    const second = await rig.startManager(['--disable-leader-election', '-v=2']);
    await waitFor('the controllers of the second', async () => started() > before + 6);
    const names = ['raced-1', 'raced-2', 'raced-3'];
    await rig.place('raced', [['i1', 'i2', 'i3']]);
    for (const name of names) await rig.manageBy(name, [{ name: 'raced' }]);
    for (const name of names) await rig.isOn(name, 'i1', 'i2', 'i3');
    await untilQuiet('writes of the managers', async () => (await rig.writes()).length, 2_000);
    await rig.end(second);
    const errors = rig.log.split('\n').filter((line) => /"level":"error"/.test(line) && /raced/.test(line));
    expect(errors).toEqual([]);
  });

  test('addon.md 11 (A12): what an add-on manages itself is left to it; without a value it is not', async () => {
    const key = `${prefix}/lifecycle`;
    await rig.place('own', [['i1']]);
    await rig.manageBy('own', [{}], {}, { [key]: 'self' });
    await rig.manageBy('formerly-own', [{ name: 'own' }], {}, { [key]: '' });
    await rig.isOn('formerly-own', 'i1');
    expect(await rig.clustersWith('own')).toEqual([]);
  });

  test('addon.md 4.1 (A11): on no cluster that wants none, though what is there stays', async () => {
    const key = `${prefix}/disable-automatic-installation`;
    const seen = `${prefix}/seen`;
    await rig.annotateCluster('i3', { [key]: 'true', [seen]: 'yes' });
    await rig.untilAddon('raced-1', 'i3', 'what the cluster says now', ({ metadata }) =>
      Boolean(metadata.annotations?.[seen]),
    );
    await rig.place('wanted', [['i2', 'i3']]);
    await rig.manageBy('wanted', [{}]);
    await rig.isOn('wanted', 'i2');
    await rig.annotateCluster('i3', { [key]: null });
    await rig.isOn('wanted', 'i2', 'i3');
    expect((await rig.addon('wanted', 'i3'))!.metadata.annotations).not.toHaveProperty(key);
  });

  test('addon.md 7, 14, 16, 99, 110 (A2): annotations of the cluster pass to it, and its own stay', async () => {
    const [hosting, values, other] = ['hosting-cluster-name', 'values', 'other'].map(
      (key) => `${prefix}/${key}`,
    );
    await rig.annotateCluster('i1', { [other!]: '1', 'example.com/x': 'y' });
    await rig.place('annotated', [['i1']]);
    await rig.manageBy('annotated', [{}]);
    await rig.isOn('annotated', 'i1');
    const created = await rig.untilAddon(
      'annotated',
      'i1',
      'as its cluster',
      ({ metadata }) => metadata.annotations?.[other!] === '1',
    );
    expect(created.metadata.annotations).not.toHaveProperty(['example.com/x']);
    const body = { metadata: { annotations: { [values!]: '{}' } } };
    await rig.client.patch(
      managedClusterAddOns,
      { name: 'annotated', namespace: 'i1' },
      { type: 'merge', body },
    );
    await rig.annotateCluster('i1', { [other!]: null, [hosting!]: 'i2' });
    const after = await rig.untilAddon(
      'annotated',
      'i1',
      'hosted',
      ({ metadata }) => metadata.annotations?.[hosting!] === 'i2',
    );
    expect(after.metadata.annotations).toMatchObject({ [values!]: '{}' });
    expect(after.metadata.annotations).not.toHaveProperty([other!]);
    await rig.annotateCluster('i1', { [hosting!]: null });
    await rig.untilAddon(
      'annotated',
      'i1',
      'not hosted',
      ({ metadata }) => !metadata.annotations?.[hosting!],
    );
    expect((await rig.addon('manual', 'i1'))!.metadata.annotations).not.toHaveProperty([other!]);
  });
});

describe('configuration', () => {
  const clusters = ['r1', 'r2', 'r3', 'r4'];
  const hash = (hashes: string) => ({ 'configs.g/n/x': hashes });
  /** Says what the hash of the configuration is, as the add-on's manager does. */
  const hashIs = async (name: string, specHash: string): Promise<void> => {
    await waitFor(`${name} to list its configurations`, async () => {
      const { status } = await rig.managed(name);
      return (
        status?.installProgressions?.[0]?.configReferences?.length === 1 &&
        status.defaultConfigReferences?.length
      );
    });
    const reference = {
      group: 'g',
      resource: 'configs',
      desiredConfig: { namespace: 'n', name: 'x', specHash },
    };
    await waitFor('the hash to be written', async () => {
      const addon = await rig.managed(name);
      const installProgressions = addon.status!.installProgressions!.map((each) => ({
        ...each,
        configReferences: each.configReferences!.map((old) => ({ ...old, ...reference })),
      }));
      const status = { ...addon.status, defaultConfigReferences: [reference], installProgressions };
      return rig.client.replace(clusterManagementAddOns, { ...addon, status }, { subresource: 'status' });
    });
  };
  /** Does what the add-on's manager and the work agent do once a cluster has its turn. */
  const carryOut = async (
    name: string,
    cluster: string,
    hashes: string,
    applied: 'True' | 'False' = 'True',
  ) => {
    await rig.untilAddon(
      name,
      cluster,
      `configured with ${hashes}`,
      ({ status }) => status?.configReferences?.[0]?.desiredConfig?.specHash === hashes,
    );
    await rig.tell(name, cluster, 'ManifestApplied', 'AddonManifestApplied');
    await rig.work(name, cluster, hash(hashes));
    await rig.agentReports(name, cluster, applied);
  };
  const progressive = (rest: object) => ({
    rolloutStrategy: { type: 'Progressive' as const, progressive: rest },
  });
  const message = (done: number, how: string, failed = 0) =>
    `selected clusters 4. configured addons ${done}/4 ${how}, ${failed} failed 0 timeout.`;

  beforeAll(async () => {
    await rig.clusters(...clusters);
    await rig.place('rolled', [
      ['r1', 'r2'],
      ['r3', 'r4'],
    ]);
    await rig.manageBy('rolled', [progressive({ maxConcurrency: 2, maxFailures: 0 })], {
      defaultConfigs: [config],
    });
    await rig.isOn('rolled', ...clusters);
    await hashIs('rolled', '1');
  });

  test('addon.md 18, 19, 20, 41, 98, 100, 101: two at a time, the others wait', async () => {
    await rig.progresses('rolled', message(2, 'progressing...'));
    await rig.says('rolled', 'r3', 'Configured', 'ConfigurationsNotConfigured');
    await rig.says('rolled', 'r1', 'Configured', 'ConfigurationsConfigured');
    await rig.says('rolled', 'r1', 'Progressing', 'WaitingForManifestApplied');
    await rig.tell('rolled', 'r1', 'ManifestApplied', 'AddonManifestApplied');
    await rig.says('rolled', 'r1', 'Progressing', 'Progressing');
  });

  test('addon.md 21, 22, 23, 48, 101: the next follow when these are done', async () => {
    await carryOut('rolled', 'r1', '1');
    const done = await rig.says('rolled', 'r1', 'Progressing', 'Completed');
    expect(done.status?.configReferences).toEqual([
      {
        group: 'g',
        resource: 'configs',
        desiredConfig: { namespace: 'n', name: 'x', specHash: '1' },
        lastAppliedConfig: { namespace: 'n', name: 'x', specHash: '1' },
      },
    ]);
    for (const cluster of ['r2', 'r3', 'r4']) await carryOut('rolled', cluster, '1');
    await rig.progresses('rolled', message(4, 'completed with no errors'));
    const { status } = await rig.managed('rolled');
    expect(status?.installProgressions?.[0]?.configReferences?.[0]?.lastKnownGoodConfig?.specHash).toBe('1');
  });

  test('addon.md 43, 51 (A18): an upgrade stops at the failure that is too many, and goes on after the fix', async () => {
    await hashIs('rolled', '2');
    await carryOut('rolled', 'r1', '2', 'False');
    await rig.says('rolled', 'r1', 'Progressing', 'Failed');
    await carryOut('rolled', 'r2', '2');
    await rig.says('rolled', 'r2', 'Progressing', 'Completed');
    await rig.progresses('rolled', message(2, 'progressing...', 1));
    for (const cluster of ['r3', 'r4']) {
      const waiting = await rig.says('rolled', cluster, 'Configured', 'ConfigurationsNotConfigured');
      expect(waiting.status?.configReferences?.[0]?.desiredConfig?.specHash).toBe('1');
    }
    await rig.agentReports('rolled', 'r1');
    for (const cluster of ['r3', 'r4']) await carryOut('rolled', cluster, '2');
    await rig.progresses('rolled', message(4, 'completed with no errors'));
  });

  test('addon.md 37, 98: an add-on’s own configuration is its own affair, and what it does not support is told', async () => {
    const key = { name: 'rolled', namespace: 'r4' };
    const own = { ...config, name: 'own' };
    await rig.client.patch(managedClusterAddOns, key, { type: 'merge', body: { spec: { configs: [own] } } });
    await rig.says('rolled', 'r4', 'Progressing', 'ConfigurationUnsupported');
    await rig.report('rolled', 'r4', { supportedConfigs: [{ group: 'g', resource: 'configs' }] });
    const addon = await rig.says('rolled', 'r4', 'Progressing', 'Progressing');
    expect(addon.status?.configReferences).toEqual([
      { group: 'g', resource: 'configs', desiredConfig: { namespace: 'n', name: 'own' } },
    ]);
    await rig.client.patch(managedClusterAddOns, key, { type: 'merge', body: { spec: { configs: null } } });
    await carryOut('rolled', 'r4', '2');
    await rig.progresses('rolled', message(4, 'completed with no errors'));
  });

  test('addon.md 15, 112: settled, nobody writes; nor does who starts anew, nor for a namespace without a cluster', async () => {
    await rig.client.create(namespaces, { metadata: { name: 'bare' } });
    await rig.install('bare', 'bare');
    await rig.place('bare', [['bare']]);
    await rig.manageBy('bare', [{}]);
    await rig.untilAddon('bare', 'bare', 'owned', ({ metadata }) => Boolean(metadata.ownerReferences));
    const writes = async () => (await rig.writes()).length;
    const before = await untilQuiet('writes of the manager', writes, 4_000);
    await rig.end(manager);
    manager = await rig.startManager();
    await rig.place('awake', [['r1']]);
    await rig.manageBy('awake', [{}]);
    await rig.isOn('awake', 'r1');
    await untilQuiet('writes of the manager', writes, 4_000);
    const since = (await rig.writes()).slice(before).filter((write) => !write.includes('awake'));
    expect(since).toEqual([]);
  });
});

describe('tokens', () => {
  const accounts = async () =>
    (await rig.client.list(serviceAccounts, { namespace: 't1' })).items
      .map(({ metadata }) => metadata.name)
      .filter((name) => name !== 'default');
  const driver = (name: 'csr' | 'token') => ({
    registrations: [{ type: 'kubeClient', kubeClient: { driver: name } }],
  });

  beforeAll(async () => {
    await rig.clusters('t1');
    await rig.manage('token', {});
    await rig.install('token', 't1');
  });

  test('addon.md 53, 58, 103: three objects, and a condition that names the account', async () => {
    await rig.report('token', 't1', driver('token'));
    const addon = await rig.says('token', 't1', 'TokenInfrastructureReady', 'TokenInfrastructureReady');
    const account = await rig.client.get(serviceAccounts, 'token-agent', 't1');
    expect(findCondition(addon.status?.conditions, 'TokenInfrastructureReady')?.message).toBe(
      `ServiceAccount t1/token-agent (UID: ${account.metadata.uid}) is ready`,
    );
    await rig.client.get(roles, 'token-token-role', 't1');
    await rig.client.get(roleBindings, 'token-token-role', 't1');
  });

  test('addon.md 54, 59: what is edited or deleted comes again', async () => {
    const key = { name: 'token-token-role', namespace: 't1' };
    await rig.client.patch(roles, key, { type: 'merge', body: { rules: [] } });
    await waitFor('the rules', async () => (await rig.client.get(roles, key.name, 't1')).rules?.length === 2);
    const { metadata } = await rig.client.get(serviceAccounts, 'token-agent', 't1');
    await rig.client.delete(serviceAccounts, { name: 'token-agent', namespace: 't1' });
    await rig.untilAddon('token', 't1', 'another account', ({ status }) => {
      const message = findCondition(status?.conditions, 'TokenInfrastructureReady')?.message;
      return message !== undefined && !message.includes(metadata.uid!);
    });
  });

  test('addon.md 57: what cannot be made is told, and made when it can be', async () => {
    const metadata = { name: 'no-account' };
    const resourceRules = [
      { apiGroups: [''], apiVersions: ['*'], operations: ['CREATE'], resources: ['serviceaccounts'] },
    ];
    await rig.client.create(validatingAdmissionPolicies, {
      metadata,
      spec: {
        matchConstraints: { resourceRules },
        validations: [{ expression: "object.metadata.name != 'refused-agent'", message: 'not this one' }],
      },
    });
    await rig.client.create(validatingAdmissionPolicyBindings, {
      metadata,
      spec: { policyName: metadata.name, validationActions: ['Deny'] },
    });
    const account = { metadata: { name: 'refused-agent', namespace: 't1' } };
    await untilEnforced(() => rig.client.create(serviceAccounts, account, { dryRun: true }));
    await rig.manage('refused', {});
    await rig.install('refused', 't1');
    await rig.report('refused', 't1', driver('token'));
    const { status } = await rig.says(
      'refused',
      't1',
      'TokenInfrastructureReady',
      'TokenInfrastructureApplyFailed',
    );
    expect(findCondition(status?.conditions, 'TokenInfrastructureReady')).toMatchObject({
      status: 'False',
      message: expect.stringMatching(/^Failed to apply token infrastructure: .*not this one/),
    });
    await rig.client.delete(validatingAdmissionPolicyBindings, metadata);
    await rig.client.delete(validatingAdmissionPolicies, metadata);
    await rig.says('refused', 't1', 'TokenInfrastructureReady', 'TokenInfrastructureReady');
    await rig.client.delete(managedClusterAddOns, { name: 'refused', namespace: 't1' });
    await waitFor('no account of it', async () => !(await accounts()).includes('refused-agent'));
  });

  test('addon.md 55, 56, 103: another driver, and the add-on’s end, take them away', async () => {
    await rig.report('token', 't1', driver('csr'));
    await rig.untilAddon(
      'token',
      't1',
      'without the condition',
      ({ status }) => !findCondition(status?.conditions, 'TokenInfrastructureReady'),
    );
    await waitFor('no account', async () => (await accounts()).length === 0);
    await rig.report('token', 't1', driver('token'));
    await rig.says('token', 't1', 'TokenInfrastructureReady', 'TokenInfrastructureReady');
    await rig.client.delete(managedClusterAddOns, { name: 'token', namespace: 't1' });
    await waitFor('no account', async () => (await accounts()).length === 0);
  });
});

test('addon.md 91: when a ClusterManagementAddOn goes, so do its add-ons', async () => {
  await rig.client.delete(clusterManagementAddOns, { name: 'both' });
  await rig.isOn('both');
  expect(await rig.client.find(managedClusters, 'i1')).toBeDefined();
  expect(await rig.client.find(namespaces, 'i1')).toBeDefined();
});
