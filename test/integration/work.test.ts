import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type AppliedManifestWork,
  type ManifestConfig,
  type ManifestWork,
  type ManifestWorkSpec,
  appliedManifestWorks,
  manifestWorks,
} from '../../operators/api/generated/work.ts';
import type { EmbeddedObject } from '../../operators/api/meta.ts';
import { hubHashOf } from '../../operators/work/agent/start.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  type ConfigMap,
  configMaps,
  deployments,
  pods,
  secrets,
  serviceAccounts,
} from '../../operators/runtime/client/kubernetes.ts';
import type { Condition, KubeObject, UnknownObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import {
  type ControlPlane,
  readAuditLog,
  startControlPlane,
  untilQuiet,
  waitFor,
  writesOf,
} from '../cluster/index.ts';
import { administratorOf } from './administrator.ts';
import { type RunningAgent, installCrds, startAgent } from './work/agent.ts';

const cluster = 'cluster1';
let hub: ControlPlane;
let spoke: ControlPlane;
let onHub: Client;
let onSpoke: Client;
let agent: RunningAgent;

beforeAll(async () => {
  [hub, spoke] = await Promise.all([
    startControlPlane({ name: 'work-hub', controllerManager: false, audit: true }),
    startControlPlane({ name: 'work-spoke', audit: true }),
  ]);
  await installCrds(hub, 'manifestworks.work.open-cluster-management.io');
  await installCrds(spoke, 'appliedmanifestworks.work.open-cluster-management.io');
  await hub.kubectl(['create', 'namespace', cluster]);
  onHub = administratorOf(hub);
  onSpoke = administratorOf(spoke);
  agent = await run();
});

afterAll(async () => {
  await agent?.stop();
  await Promise.all([onHub?.close(), onSpoke?.close()]);
  await Promise.all([hub?.stop(), spoke?.stop()]);
});

const flags = [
  '--status-sync-interval=2s',
  '--agent-id=agent-one',
  // What begins to be evicted is there still when a busy machine comes to look at it, or to save it.
  '--appliedmanifestwork-eviction-grace-period=1h',
  '--feature-gates=ExecutorValidatingCaches=true',
];
/** With these nothing without a work stays for long. */
const evictingSoon = [...flags, '--appliedmanifestwork-eviction-grace-period=3s'];
const run = (args = flags): Promise<RunningAgent> => startAgent({ hub, spoke, cluster, args });

const used: string[] = [];
afterEach(async () => {
  for (const name of used.splice(0)) {
    await onHub.delete(manifestWorks, { name, namespace: cluster });
    await gone(onHub, manifestWorks, name, cluster);
  }
});

const configMap = (name: string, data: Record<string, string> = { key: 'value' }, namespace = 'default') => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace },
  data,
});

const create = async (
  name: string,
  manifests: EmbeddedObject[],
  spec: Partial<ManifestWorkSpec> = {},
  labels?: Record<string, string>,
) => {
  used.push(name);
  const work: ManifestWork = {
    metadata: { name, namespace: cluster, labels },
    spec: { workload: { manifests }, ...spec },
  };
  return onHub.create(manifestWorks, work);
};

const change = (name: string, spec: Partial<ManifestWorkSpec>) =>
  onHub.patch(manifestWorks, { name, namespace: cluster }, { type: 'merge', body: { spec } });

const workOf = (name: string): Promise<ManifestWork> => onHub.get(manifestWorks, name, cluster);

const condition = (conditions: Condition[] | undefined, type: string): Condition | undefined =>
  conditions?.find((each) => each.type === type);

const summary = (work: ManifestWork, type: string): string[] =>
  (work.status?.resourceStatus?.manifests ?? []).map(
    ({ conditions }) => condition(conditions, type)?.status ?? 'none',
  );

/**
 * Waits until the work's Applied and Available speak of its present generation and are as wanted, and so is the Applied of
 * each manifest where that is given.
 */
const settled = (
  name: string,
  applied: string,
  available: string,
  manifests?: string[],
): Promise<ManifestWork> =>
  waitFor(`${name} to be Applied=${applied} and Available=${available}`, async () => {
    const work = await workOf(name);
    const { generation: observedGeneration } = work.metadata;
    const [a, b] = ['Applied', 'Available'].map((type) => condition(work.status?.conditions, type));
    expect([a, b]).toMatchObject([
      { status: applied, observedGeneration },
      { status: available, observedGeneration },
    ]);
    if (manifests) expect(summary(work, 'Applied')).toEqual(manifests);
    return work;
  });

const gone = (
  client: Client,
  resource: Resource<KubeObject>,
  name: string,
  namespace?: string,
): Promise<unknown> =>
  waitFor(`${resource.kind} ${name} to be gone`, async () => !(await client.find(resource, name, namespace)));

const appliedOf = (name: string): Promise<AppliedManifestWork> =>
  onSpoke.get(appliedManifestWorks, `${hubHashOf(hub.server)}-${name}`);

const dataOf = async (name: string): Promise<ConfigMap['data']> =>
  (await onSpoke.find(configMaps, name, 'default'))?.data;

const configFor = (
  name: string,
  rest: Partial<ManifestConfig>,
  resource = 'configmaps',
  group = '',
): ManifestConfig => ({
  resourceIdentifier: { group, resource, name, namespace: 'default' },
  ...rest,
});

describe('applying', () => {
  test('work.md 1, 21: a new work is applied under an AppliedManifestWork with its labels', async () => {
    await create('first', [configMap('first')], {}, { team: 'a' });
    const work = await settled('first', 'True', 'True');
    expect(work.metadata.finalizers).toEqual(['cluster.open-cluster-management.io/manifest-work-cleanup']);
    const applied = await appliedOf('first');
    expect(applied).toMatchObject({
      metadata: {
        labels: { team: 'a' },
        finalizers: ['cluster.open-cluster-management.io/applied-manifest-work-cleanup'],
      },
      spec: { hubHash: hubHashOf(hub.server), manifestWorkName: 'first', agentID: 'agent-one' },
    });
    const object = (await onSpoke.get(configMaps, 'first', 'default')) as UnknownObject;
    expect(object.metadata.ownerReferences).toEqual([
      {
        apiVersion: 'work.open-cluster-management.io/v1',
        kind: 'AppliedManifestWork',
        name: applied.metadata.name,
        uid: applied.metadata.uid,
      },
    ]);
    const managers = (object.metadata as { managedFields?: { manager: string }[] }).managedFields;
    expect(managers?.map(({ manager }) => manager)).toEqual(['work-agent']);
    await waitFor(
      'the uid to be recorded',
      async () =>
        (await appliedOf('first')).status?.appliedResources?.some(({ uid }) => uid === object.metadata.uid) ??
        false,
    );

    await onHub.patch(
      manifestWorks,
      { name: 'first', namespace: cluster },
      { type: 'merge', body: { metadata: { labels: { team: 'b' } } } },
    );
    await waitFor(
      'the label to be propagated',
      async () => (await appliedOf('first')).metadata.labels?.team === 'b',
    );
  });

  test.each([
    ['as long as it may be', `${'w'.repeat(252)}1`],
    ['that has dots in it, and differs at its end only', `${'w'.repeat(250)}.w2`],
  ])('work.md 1: a work of a name %s', async (_what, name) => {
    const object = `of-${name.slice(-2)}`;
    await create(name, [configMap(object)]);
    await settled(name, 'True', 'True');
    const { items } = await onSpoke.list(appliedManifestWorks);
    const [applied, ...more] = items.filter(({ spec }) => spec?.manifestWorkName === name);
    expect(more).toEqual([]);
    expect(applied!.metadata.name).toHaveLength(253);
    expect(applied!.metadata.name.startsWith(`${hubHashOf(hub.server)}-www`)).toBe(true);
    await onHub.delete(manifestWorks, { name, namespace: cluster });
    await gone(onHub, manifestWorks, name, cluster);
    await gone(onSpoke, configMaps, object, 'default');
  });

  test('work.md 2: a manifest replaced by another takes its object with it', async () => {
    await create('replaced', [configMap('old')]);
    await settled('replaced', 'True', 'True');
    await change('replaced', { workload: { manifests: [configMap('new')] } });
    await settled('replaced', 'True', 'True');
    await gone(onSpoke, configMaps, 'old', 'default');
    await waitFor('the record to hold the new one only', async () => {
      const resources = (await appliedOf('replaced')).status?.appliedResources ?? [];
      return resources.length === 1 && resources[0]!.name === 'new';
    });
  });

  test('work.md 3, 4: a missing namespace fails one manifest of three; correcting it heals the work', async () => {
    await create('namespaces', [configMap('a', {}, 'missing'), configMap('b'), configMap('c')]);
    const failed = await settled('namespaces', 'False', 'False');
    expect(summary(failed, 'Applied')).toEqual(['False', 'True', 'True']);
    expect(condition(failed.status?.conditions, 'Available')?.message).toBe(
      '1 of 3 resources are not available',
    );
    const message = condition(failed.status?.resourceStatus?.manifests?.[0]?.conditions, 'Applied')?.message;
    expect(message).toBe(
      'Failed to apply manifest: ConfigMap missing/a: namespaces "missing" not found; ' +
        'create namespace missing first, or put it into a ManifestWork',
    );
    await change('namespaces', { workload: { manifests: [configMap('a'), configMap('b'), configMap('d')] } });
    await settled('namespaces', 'True', 'True');
    await gone(onSpoke, configMaps, 'c', 'default');
  });

  test('work.md 5: a definition and an object of the new kind in one work', async () => {
    const definition = {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'things.example.com' },
      spec: {
        group: 'example.com',
        scope: 'Namespaced',
        names: { kind: 'Thing', plural: 'things' },
        versions: [
          {
            name: 'v1',
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true } },
          },
        ],
      },
    };
    const thing = {
      apiVersion: 'example.com/v1',
      kind: 'Thing',
      metadata: { name: 'one', namespace: 'default' },
      spec: { size: 1 },
    };
    await create('kinds', [thing, definition]);
    const work = await settled('kinds', 'True', 'True');
    expect(summary(work, 'Applied')).toEqual(['True', 'True']);
  });

  test('work.md 8: a namespace on a cluster-scoped manifest is left out', async () => {
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'ClusterRole',
      metadata: { name: 'odd', namespace: 'default' },
      rules: [],
    };
    await create('scoped', [role]);
    const work = await settled('scoped', 'True', 'True');
    expect(work.status?.resourceStatus?.manifests?.[0]?.resourceMeta.namespace).toBe('');
    // It is recorded while the status is written.
    await waitFor('its record', async () => {
      const { status } = await appliedOf('scoped');
      expect(status?.appliedResources).toMatchObject([{ resource: 'clusterroles', namespace: '' }]);
      return true;
    });
  });

  test('work.md 18: an edited object is restored and a deleted one made anew, at once', async () => {
    await create('drift', [configMap('drift', { key: 'wanted' })]);
    await settled('drift', 'True', 'True');
    await onSpoke.patch(
      configMaps,
      { name: 'drift', namespace: 'default' },
      { type: 'merge', body: { data: { key: 'edited' } } },
    );
    await waitFor('the edit to be undone', async () => (await dataOf('drift'))?.key === 'wanted');
    await onSpoke.delete(configMaps, { name: 'drift', namespace: 'default' });
    await waitFor('the object to be back', async () => (await dataOf('drift'))?.key === 'wanted');
    await settled('drift', 'True', 'True');
  });

  test('work.md 19: a changed roleRef is refused by name, and the binding stays available', async () => {
    const binding = (role: string) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'bound', namespace: 'default' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: role },
      subjects: [],
    });
    await create('binding', [binding('one')]);
    await settled('binding', 'True', 'True');
    await change('binding', { workload: { manifests: [binding('two')] } });
    const work = await settled('binding', 'False', 'True');
    expect(condition(work.status?.resourceStatus?.manifests?.[0]?.conditions, 'Applied')?.message).toMatch(
      /^Failed to apply manifest: RoleBinding.*"bound" is invalid: roleRef.*; correct the manifest in the ManifestWork$/,
    );
  });

  test('work.md 16: somebody who writes all the time does not keep changes away', async () => {
    await create('busy', [configMap('busy', { round: '0' })]);
    await settled('busy', 'True', 'True');
    const ended = new AbortController();
    const writer = (async () => {
      for (let count = 0; !ended.signal.aborted; count++) {
        const body = { metadata: { annotations: { count: `${count}` } } };
        await onSpoke.patch(configMaps, { name: 'busy', namespace: 'default' }, { type: 'merge', body });
      }
    })();
    for (let round = 1; round <= 5; round++) {
      await change('busy', { workload: { manifests: [configMap('busy', { round: `${round}` })] } });
      await settled('busy', 'True', 'True');
      expect(await dataOf('busy')).toEqual({ round: `${round}` });
    }
    ended.abort();
    await writer;
  });

  test('work.md 27: a Secret of another type is made anew', async () => {
    const secret = (type: string, data: Record<string, string>) => ({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 'typed', namespace: 'default' },
      type,
      stringData: data,
    });
    await create('secret', [secret('Opaque', { a: '1' })]);
    await settled('secret', 'True', 'True');
    const before = await onSpoke.get(secrets, 'typed', 'default');
    await change('secret', {
      workload: { manifests: [secret('kubernetes.io/basic-auth', { username: 'u', password: 'p' })] },
    });
    await settled('secret', 'True', 'True');
    const after = await onSpoke.get(secrets, 'typed', 'default');
    expect(after.type).toBe('kubernetes.io/basic-auth');
    expect(after.metadata.uid).not.toBe(before.metadata.uid);
  });

  test('work.md 125: a Job without manualSelector stays applied over later passes', async () => {
    const job = (label: string) => ({
      apiVersion: 'batch/v1',
      kind: 'Job',
      metadata: { name: 'job', namespace: 'default', labels: { pass: label } },
      spec: { template: { spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'none' }] } } },
    });
    await create('job', [job('one')]);
    await settled('job', 'True', 'True');
    await change('job', { workload: { manifests: [job('two')] } });
    await settled('job', 'True', 'True');
  });

  test('work.md 126, work.md 13, 2: an unknown kind does not keep what left the work', async () => {
    const unknown = {
      apiVersion: 'example.org/v1',
      kind: 'Nothing',
      metadata: { name: 'n', namespace: 'default' },
    };
    await create('unknown', [unknown, configMap('leaves'), configMap('stays')]);
    const work = await settled('unknown', 'False', 'Unknown');
    expect(condition(work.status?.resourceStatus?.manifests?.[0]?.conditions, 'Applied')?.message).toContain(
      'the server doesn\'t have a resource type "Nothing"',
    );
    await change('unknown', { workload: { manifests: [unknown, configMap('stays')] } });
    await gone(onSpoke, configMaps, 'leaves', 'default');
    expect(await dataOf('stays')).toBeDefined();
  });
});

describe('update strategies', () => {
  test('work.md 32: CreateOnly leaves the existing object as it is, but owns it', async () => {
    await onSpoke.create(configMaps, { ...configMap('only', { a: 'theirs' }) });
    await create('only', [configMap('only', { a: 'ours' })], {
      manifestConfigs: [configFor('only', { updateStrategy: { type: 'CreateOnly' } })],
    });
    await settled('only', 'True', 'True');
    const object = await onSpoke.get(configMaps, 'only', 'default');
    expect(object.data).toEqual({ a: 'theirs' });
    expect(object.metadata.ownerReferences).toHaveLength(1);
  });

  test('work.md 33, 34: ReadOnly writes nothing, reports values, and lets the object live', async () => {
    await create('read', [configMap('read')], {
      manifestConfigs: [
        configFor('*', {
          updateStrategy: { type: 'ReadOnly' },
          feedbackScrapeType: 'Watch',
          feedbackRules: [{ type: 'JSONPaths', jsonPaths: [{ name: 'seen', path: '.data.key' }] }],
        }),
      ],
    });
    await settled('read', 'True', 'False');
    await onSpoke.create(configMaps, configMap('read', { key: 'one' }));
    await settled('read', 'True', 'True');
    const valueIs = (wanted: string) =>
      waitFor(
        `the value ${wanted}`,
        async () =>
          (await workOf('read')).status?.resourceStatus?.manifests?.[0]?.statusFeedback?.values?.[0]
            ?.fieldValue.string === wanted,
      );
    await valueIs('one');
    await onSpoke.patch(
      configMaps,
      { name: 'read', namespace: 'default' },
      { type: 'merge', body: { data: { key: 'two' } } },
    );
    await valueIs('two');
    await onHub.delete(manifestWorks, { name: 'read', namespace: cluster });
    await gone(onHub, manifestWorks, 'read', cluster);
    expect(await dataOf('read')).toEqual({ key: 'two' });
    await onSpoke.delete(configMaps, { name: 'read', namespace: 'default' });
  });

  test('work.md 37: a field that somebody else owns is a conflict that names him; dropping it heals', async () => {
    const strategy = {
      updateStrategy: { type: 'ServerSideApply' as const, serverSideApply: { force: false } },
    };
    const desired = (data: Record<string, string>) => [configMap('shared', data)];
    await create('ssa', desired({ a: '1', b: '1' }), { manifestConfigs: [configFor('shared', strategy)] });
    await settled('ssa', 'True', 'True');
    await onSpoke.apply(configMaps, configMap('shared', { a: 'theirs' }), {
      fieldManager: 'somebody',
      force: true,
    });
    await change('ssa', { workload: { manifests: desired({ a: '2', b: '2' }) } });
    const work = await settled('ssa', 'False', 'True');
    const message = condition(work.status?.resourceStatus?.manifests?.[0]?.conditions, 'Applied')?.message;
    expect(message).toMatch(/conflict with "somebody".*\.data\.a.*serverSideApply\.force/s);
    await change('ssa', { workload: { manifests: desired({ b: '3' }) } });
    await settled('ssa', 'True', 'True');
    expect(await dataOf('shared')).toEqual({ a: 'theirs', b: '3' });
  });

  test('work.md 36, 38, 39: two works own different fields of one object', async () => {
    const strategy = (fieldManager: string) => [
      configFor('co', {
        updateStrategy: { type: 'ServerSideApply', serverSideApply: { fieldManager, force: true } },
      }),
    ];
    await create('co-a', [configMap('co', { a: '1' })], { manifestConfigs: strategy('work-agent') });
    await settled('co-a', 'True', 'True');
    await create('co-b', [configMap('co', { b: '1' })], { manifestConfigs: strategy('work-agent-another') });
    await settled('co-b', 'True', 'True');
    await change('co-a', { workload: { manifests: [configMap('co', { a: '2' })] } });
    await settled('co-a', 'True', 'True');
    expect(await dataOf('co')).toEqual({ a: '2', b: '1' });
    const owners = async () =>
      (await onSpoke.get(configMaps, 'co', 'default')).metadata.ownerReferences ?? [];
    expect(await owners()).toHaveLength(2);
    await change('co-b', { deleteOption: { propagationPolicy: 'Orphan' } });
    await settled('co-b', 'True', 'True');
    expect(await owners()).toHaveLength(1);
  });

  test('work.md 45: while the hash is the same the object is read, and nothing but its owner is written', async () => {
    const ignoreFields = [{ condition: 'OnSpokeChange' as const, jsonPaths: ['.data.b'] }];
    const updateStrategy = {
      type: 'ServerSideApply' as const,
      serverSideApply: { force: true, ignoreFields },
    };
    const manifestConfigs = [configFor('hashed', { updateStrategy })];
    await create('hashed', [configMap('hashed', { a: '1' })], { manifestConfigs });
    await settled('hashed', 'True', 'True');
    const read = async () => (await onSpoke.get(configMaps, 'hashed', 'default')) as UnknownObject;
    const declared = async () =>
      (await read()).metadata.managedFields?.filter(({ operation }) => operation === 'Apply');
    const before = await declared();
    expect(before).toHaveLength(1);

    const since = Date.now();
    const body = { data: { a: 'theirs' } };
    await onSpoke.patch(configMaps, { name: 'hashed', namespace: 'default' }, { type: 'merge', body });
    await change('hashed', { deleteOption: { propagationPolicy: 'Orphan' } });
    await settled('hashed', 'True', 'True');
    const requests = (await readAuditLog(spoke.auditLogPath!)).filter(
      ({ objectRef, userAgent, stageTimestamp }) =>
        objectRef?.resource === 'configmaps' &&
        objectRef.name === 'hashed' &&
        userAgent?.startsWith('work-agent') &&
        Date.parse(stageTimestamp) >= since,
    );
    expect(writesOf(requests).map(({ verb }) => verb)).toEqual(['patch']);
    expect(requests.filter(({ verb }) => verb === 'get').length).toBeGreaterThan(0);
    const { metadata, data } = await read();
    expect([metadata.ownerReferences, data]).toEqual([undefined, body.data]);
    // Nothing was declared anew: the record is the same but for the field that somebody took over.
    expect((await declared())?.map(({ time }) => time)).toEqual(before!.map(({ time }) => time));
    await onSpoke.delete(configMaps, { name: 'hashed', namespace: 'default' });
  });

  test('work.md 40, 41: ignored fields are left to the managed cluster', async () => {
    const ignoring = (ignore: object) => ({
      manifestConfigs: [
        configFor('ignored', {
          updateStrategy: {
            type: 'ServerSideApply',
            serverSideApply: { force: true, ignoreFields: [ignore] },
          },
        } as Partial<ManifestConfig>),
      ],
    });
    await create(
      'ignore',
      [configMap('ignored', { a: '1', b: '1' })],
      ignoring({ condition: 'OnSpokePresent', jsonPaths: ['.data.a'] }),
    );
    await settled('ignore', 'True', 'True');
    expect(await dataOf('ignored')).toEqual({ a: '1', b: '1' });
    await change('ignore', { workload: { manifests: [configMap('ignored', { a: '2', b: '2' })] } });
    await settled('ignore', 'True', 'True');
    expect((await dataOf('ignored'))?.b).toBe('2');
    expect((await dataOf('ignored'))?.a).not.toBe('2');
    await change('ignore', ignoring({ condition: 'OnSpokePresent', jqPathExpressions: ['.data['] }));
    const work = await settled('ignore', 'False', 'True');
    expect(condition(work.status?.resourceStatus?.manifests?.[0]?.conditions, 'Applied')).toMatchObject({
      reason: 'AppliedManifestSSAIgnoreFieldError',
      message: expect.stringMatching(
        /^Failed to process ignoreFields: JQ expression error in '\.data\['/,
      ) as unknown as string,
    });
  });
});

describe('ownership and deletion', () => {
  test('work.md 47: an object of two works survives the first and goes with the second', async () => {
    await create('share-a', [configMap('both')]);
    await create('share-b', [configMap('both')]);
    await settled('share-a', 'True', 'True');
    await settled('share-b', 'True', 'True');
    await waitFor(
      'two owners',
      async () => (await onSpoke.get(configMaps, 'both', 'default')).metadata.ownerReferences?.length === 2,
    );
    const { uid } = (await onSpoke.get(configMaps, 'both', 'default')).metadata;
    await onHub.delete(manifestWorks, { name: 'share-a', namespace: cluster });
    await gone(onHub, manifestWorks, 'share-a', cluster);
    const left = await onSpoke.get(configMaps, 'both', 'default');
    expect(left.metadata.uid).toBe(uid);
    expect(left.metadata.ownerReferences).toHaveLength(1);
    await onHub.delete(manifestWorks, { name: 'share-b', namespace: cluster });
    await gone(onSpoke, configMaps, 'both', 'default');
  });

  const namesIn = async (work: string) =>
    (await appliedOf(work)).status?.appliedResources?.map(({ name }) => name);
  const untilRecorded = (work: string, ...names: string[]) =>
    waitFor(`${work} to record ${names.join()}`, async () => (await namesIn(work))?.join() === names.join());

  test('work.md 48: an object of two works that one of them drops is kept, and recorded by the other', async () => {
    await create('drop-a', [configMap('dropped'), configMap('left-in-a')]);
    await create('drop-b', [configMap('dropped')]);
    await settled('drop-a', 'True', 'True');
    await settled('drop-b', 'True', 'True');
    const { uid } = (await onSpoke.get(configMaps, 'dropped', 'default')).metadata;
    await change('drop-a', { workload: { manifests: [configMap('left-in-a')] } });
    await settled('drop-a', 'True', 'True');
    await untilRecorded('drop-a', 'left-in-a');
    await untilRecorded('drop-b', 'dropped');
    const { metadata } = await onSpoke.get(configMaps, 'dropped', 'default');
    expect(metadata.uid).toBe(uid);
    const owners = metadata.ownerReferences?.map(({ name }) => name);
    expect(owners).toEqual([(await appliedOf('drop-b')).metadata.name]);
  });

  test('work.md 49: an owner that is no work keeps nothing', async () => {
    const { metadata } = await onSpoke.create(configMaps, configMap('other-owner'));
    await create('owned', [configMap('owned')]);
    await settled('owned', 'True', 'True');
    const { ownerReferences = [] } = (await onSpoke.get(configMaps, 'owned', 'default')).metadata;
    const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'other-owner', uid: metadata.uid! };
    await onSpoke.patch(
      configMaps,
      { name: 'owned', namespace: 'default' },
      { type: 'merge', body: { metadata: { ownerReferences: [...ownerReferences, other] } } },
    );
    await onHub.delete(manifestWorks, { name: 'owned', namespace: cluster });
    await gone(onHub, manifestWorks, 'owned', cluster);
    expect(await dataOf('owned')).toBeUndefined();
    expect(await dataOf('other-owner')).toBeDefined();
    await onSpoke.delete(configMaps, { name: 'other-owner', namespace: 'default' });
  });

  test('work.md 52: an orphaned object that leaves its work is kept', async () => {
    const deleteOption = { propagationPolicy: 'Orphan' as const };
    await create('leaving', [configMap('leaver'), configMap('remainer')], { deleteOption });
    await settled('leaving', 'True', 'True');
    const { uid } = (await onSpoke.get(configMaps, 'leaver', 'default')).metadata;
    await change('leaving', { workload: { manifests: [configMap('remainer')] } });
    await settled('leaving', 'True', 'True');
    await untilRecorded('leaving', 'remainer');
    const { metadata } = await onSpoke.get(configMaps, 'leaver', 'default');
    expect([metadata.uid, metadata.ownerReferences]).toEqual([uid, undefined]);
    for (const name of ['leaver', 'remainer'])
      await onSpoke.delete(configMaps, { name, namespace: 'default' });
  });

  test('work.md 56: an object that was made anew since it was recorded does not hold its record, and stays', async () => {
    const keeper = (await onSpoke.create(configMaps, configMap('keeper'))).metadata;
    const applied = await onSpoke.create(appliedManifestWorks, {
      metadata: {
        name: 'other-hub-mismatch',
        finalizers: ['cluster.open-cluster-management.io/applied-manifest-work-cleanup'],
      },
      spec: { hubHash: 'other-hub', manifestWorkName: 'mismatch', agentID: 'agent-one' },
    });
    const owner = {
      apiVersion: 'work.open-cluster-management.io/v1',
      kind: 'AppliedManifestWork',
      name: applied.metadata.name,
      uid: applied.metadata.uid!,
    };
    // Another owner keeps it from the garbage collector.
    const other = { apiVersion: 'v1', kind: 'ConfigMap', name: 'keeper', uid: keeper.uid! };
    const { uid } = (
      await onSpoke.create(configMaps, {
        ...configMap('made-anew'),
        metadata: { name: 'made-anew', namespace: 'default', ownerReferences: [owner, other] },
      })
    ).metadata;
    const recorded = { resource: 'configmaps', name: 'made-anew', namespace: 'default', version: 'v1' };
    await onSpoke.patch(
      appliedManifestWorks,
      { name: applied.metadata.name },
      { type: 'merge', body: { status: { appliedResources: [{ ...recorded, uid: 'an-earlier-one' }] } } },
      { subresource: 'status' },
    );
    await onSpoke.delete(appliedManifestWorks, { name: applied.metadata.name });
    await gone(onSpoke, appliedManifestWorks, applied.metadata.name);
    expect((await onSpoke.get(configMaps, 'made-anew', 'default')).metadata.uid).toBe(uid);
    for (const name of ['made-anew', 'keeper'])
      await onSpoke.delete(configMaps, { name, namespace: 'default' });
  });

  test('work.md 50, 51: orphaned objects survive, others go', async () => {
    await create('orphans', [configMap('kept'), configMap('lost')], {
      deleteOption: {
        propagationPolicy: 'SelectivelyOrphan',
        selectivelyOrphans: {
          orphaningRules: [{ group: '', resource: 'configmaps', namespace: 'default', name: 'kept' }],
        },
      },
    });
    await settled('orphans', 'True', 'True');
    await onHub.delete(manifestWorks, { name: 'orphans', namespace: cluster });
    await gone(onHub, manifestWorks, 'orphans', cluster);
    expect(await dataOf('lost')).toBeUndefined();
    expect((await onSpoke.get(configMaps, 'kept', 'default')).metadata.ownerReferences).toBeUndefined();
    await onSpoke.delete(configMaps, { name: 'kept', namespace: 'default' });
  });

  test('work.md 54, 24: deletion says so and waits for objects with finalizers', async () => {
    const held = {
      ...configMap('held'),
      metadata: { name: 'held', namespace: 'default', finalizers: ['example.com/hold'] },
    };
    await create('waits', [held]);
    await settled('waits', 'True', 'True');
    await onHub.delete(manifestWorks, { name: 'waits', namespace: cluster });
    await waitFor(
      'Deleting',
      async () =>
        condition((await workOf('waits')).status?.conditions, 'Deleting')?.reason === 'WorkDeleting',
    );
    await waitFor(
      'the object to be terminating',
      async () => (await onSpoke.get(configMaps, 'held', 'default')).metadata.deletionTimestamp !== undefined,
    );
    expect((await appliedOf('waits')).status?.appliedResources).toHaveLength(1);
    await onSpoke.patch(
      configMaps,
      { name: 'held', namespace: 'default' },
      { type: 'merge', body: { metadata: { finalizers: null } } },
    );
    await gone(onHub, manifestWorks, 'waits', cluster);
    expect(await onSpoke.find(appliedManifestWorks, `${hubHashOf(hub.server)}-waits`)).toBeUndefined();
  });
});

describe('executor', () => {
  const executor = {
    subject: { type: 'ServiceAccount' as const, serviceAccount: { namespace: 'default', name: 'runner' } },
  };

  test('work.md 93, 95, 97: nothing is applied beyond the rights of the executor', async () => {
    await onSpoke.create(serviceAccounts, { metadata: { name: 'runner', namespace: 'default' } });
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'mighty', namespace: 'default' },
      rules: [{ apiGroups: [''], resources: ['secrets'], verbs: ['*'] }],
    };
    await create('executed', [configMap('executed'), role], { executor });
    const refused = await settled('executed', 'False', 'False');
    expect(summary(refused, 'Applied')).toEqual(['False', 'False']);
    expect(
      condition(refused.status?.resourceStatus?.manifests?.[0]?.conditions, 'Applied')?.message,
    ).toContain(
      'not allowed to apply the resource  configmaps, default executed, will try again in 1m0s; grant the rights to ServiceAccount default/runner',
    );
    expect(await dataOf('executed')).toBeUndefined();
    await spoke.kubectl([
      'create',
      'role',
      'runner',
      '-n',
      'default',
      '--verb=create,update,patch,get,delete',
      '--resource=configmaps,roles',
    ]);
    await spoke.kubectl([
      'create',
      'rolebinding',
      'runner',
      '-n',
      'default',
      '--role=runner',
      '--serviceaccount=default:runner',
    ]);
    await change('executed', {
      deleteOption: { propagationPolicy: 'Foreground' },
      workload: { manifests: [configMap('executed', { a: '2' }), role] },
    });
    // Rights count a moment after they were given.
    const half = await settled('executed', 'False', 'False', ['True', 'False']);
    expect(condition(half.status?.resourceStatus?.manifests?.[1]?.conditions, 'Applied')?.message).toContain(
      'permission escalation',
    );
  });
});

describe('executor who may do a part', () => {
  const executorOf = (name: string) => ({
    subject: { type: 'ServiceAccount' as const, serviceAccount: { namespace: 'default', name } },
  });
  const allow = async (name: string, verbs: string) => {
    await spoke.kubectl(['create', 'role', name, '-n=default', `--verb=${verbs}`, '--resource=configmaps']);
    const binding = ['create', 'rolebinding', name, '-n=default', `--role=${name}`];
    await spoke.kubectl([...binding, `--serviceaccount=default:${name}`]);
  };

  test('work.md 94: what he may apply is applied, the rest is not', async () => {
    await allow('partly', 'create,update,patch,get,delete');
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'partly', namespace: 'default' } };
    await create('partly', [configMap('partly'), secret], { executor: executorOf('partly') });
    const work = await settled('partly', 'False', 'False', ['True', 'False']);
    expect(summary(work, 'Available')).toEqual(['True', 'False']);
    expect(await onSpoke.find(secrets, 'partly', 'default')).toBeUndefined();
  });

  test('work.md 13, 6: who may only read gets what is only read', async () => {
    await allow('reader', 'get');
    await onSpoke.create(configMaps, configMap('looked-at'));
    await create('looking', [configMap('looked-at'), configMap('not-written')], {
      executor: executorOf('reader'),
      manifestConfigs: [configFor('looked-at', { updateStrategy: { type: 'ReadOnly' } })],
    });
    const work = await settled('looking', 'False', 'False', ['True', 'False']);
    expect(summary(work, 'Available')).toEqual(['True', 'False']);
    await onSpoke.delete(configMaps, { name: 'looked-at', namespace: 'default' });
  });

  test('work.md 96: who may not delete gets what is orphaned', async () => {
    await allow('keeper', 'create,update,patch,get');
    await create('keeping', [configMap('keep-a'), configMap('keep-b')], { executor: executorOf('keeper') });
    await settled('keeping', 'False', 'False', ['False', 'False']);
    await change('keeping', { deleteOption: { propagationPolicy: 'Orphan' } });
    await settled('keeping', 'True', 'True', ['True', 'True']);
    const orphaningRules = [{ group: '', resource: 'configmaps', namespace: 'default', name: 'keep-a' }];
    await change('keeping', {
      deleteOption: { propagationPolicy: 'SelectivelyOrphan', selectivelyOrphans: { orphaningRules } },
    });
    await settled('keeping', 'False', 'True', ['True', 'False']);
    for (const name of ['keep-a', 'keep-b']) await onSpoke.delete(configMaps, { name, namespace: 'default' });
  });
});

describe('executor whose rights change', () => {
  test('work.md 98, 99: grants and revocations count at once; what exists stays', async () => {
    const executor = {
      subject: {
        type: 'ServiceAccount' as const,
        serviceAccount: { namespace: 'default', name: 'changing' },
      },
    };
    await create('changing', [configMap('changing-a')], { executor });
    await settled('changing', 'False', 'False');
    const binding = (subjects: object[]) => ({
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'RoleBinding',
      metadata: { name: 'changing', namespace: 'default' },
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'admin' },
      subjects,
    });
    const account = { kind: 'ServiceAccount', namespace: 'default', name: 'changing' };
    await spoke.kubectl(['apply', '--filename=-'], JSON.stringify(binding([account])));
    await settled('changing', 'True', 'True');
    // The subject leaves by an update of the binding, which remains.
    await spoke.kubectl(['apply', '--filename=-'], JSON.stringify(binding([{ ...account, name: 'other' }])));
    await settled('changing', 'False', 'True');
    await change('changing', { workload: { manifests: [configMap('changing-a'), configMap('changing-b')] } });
    const work = await settled('changing', 'False', 'False');
    expect(summary(work, 'Available')).toEqual(['True', 'False']);
    // A group that the account belongs to has the right as well.
    const group = {
      kind: 'Group',
      apiGroup: 'rbac.authorization.k8s.io',
      name: 'system:serviceaccounts:default',
    };
    await spoke.kubectl(['apply', '--filename=-'], JSON.stringify(binding([group])));
    await settled('changing', 'True', 'True');
    await spoke.kubectl(['delete', 'rolebinding', 'changing', '--namespace=default']);
  });
});

describe('works that are complete', () => {
  test('work.md 25, 26, 82: a finished Pod is not made again, and its work is frozen', async () => {
    const pod = {
      apiVersion: 'v1',
      kind: 'Pod',
      metadata: { name: 'finishes', namespace: 'default' },
      spec: { restartPolicy: 'Never', containers: [{ name: 'c', image: 'none' }] },
    };
    await create('complete', [pod], {
      manifestConfigs: [
        configFor(
          'finishes',
          { conditionRules: [{ type: 'WellKnownConditions', condition: 'Complete' }] },
          'pods',
        ),
      ],
    });
    const running = await settled('complete', 'True', 'True');
    expect(condition(running.status?.conditions, 'Complete')).toMatchObject({
      status: 'False',
      message: 'Pod is in phase Pending',
    });
    const name = { name: 'finishes', namespace: 'default' };
    const finished = { type: 'merge' as const, body: { status: { phase: 'Succeeded' } } };
    await onSpoke.patch(pods, name, finished, { subresource: 'status' });
    const isStatus = (type: string, status: string) =>
      waitFor(
        `${type}=${status}`,
        async () => condition((await workOf('complete')).status?.conditions, type)?.status === status,
      );
    await isStatus('Complete', 'True');
    await onSpoke.delete(pods, name, { gracePeriodSeconds: 0 });
    await isStatus('Available', 'False');
    await change('complete', { workload: { manifests: [pod, configMap('never')] } });
    await create('after', [configMap('after')]);
    await settled('after', 'True', 'True');
    expect(await dataOf('never')).toBeUndefined();
    expect(await onSpoke.find(pods, 'finishes', 'default')).toBeUndefined();
    await isStatus('Complete', 'True');
  });
});

describe('eviction', () => {
  const withoutFinalizer = (name: string) =>
    onHub.patch(
      manifestWorks,
      { name, namespace: cluster },
      { type: 'merge', body: { metadata: { finalizers: null } } },
    );

  test('work.md 58, 59: a work that vanished is evicted after the grace period, one that came back is not', async () => {
    await create('vanishes', [configMap('vanishes')]);
    await create('returns', [configMap('returns')]);
    await settled('vanishes', 'True', 'True');
    await settled('returns', 'True', 'True');
    await agent.stop();
    for (const name of ['vanishes', 'returns']) {
      await onHub.delete(manifestWorks, { name, namespace: cluster });
      await withoutFinalizer(name);
      await gone(onHub, manifestWorks, name, cluster);
    }
    agent = await run();
    for (const name of ['vanishes', 'returns'])
      await waitFor(
        `the countdown of ${name}`,
        async () => (await appliedOf(name)).status?.evictionStartTime !== undefined,
      );
    const before = await appliedOf('returns');
    await create('returns', [configMap('returns')]);
    await waitFor(
      'the end of the countdown',
      async () => (await appliedOf('returns')).status?.evictionStartTime === undefined,
    );
    expect(await dataOf('vanishes')).toBeDefined();
    await agent.stop();
    agent = await run(evictingSoon);
    await gone(onSpoke, configMaps, 'vanishes', 'default');
    await gone(onSpoke, appliedManifestWorks, `${hubHashOf(hub.server)}-vanishes`);
    expect((await appliedOf('returns')).metadata.uid).toBe(before.metadata.uid);
    await settled('returns', 'True', 'True');
  });

  const byHand = (name: string, agentID: string) =>
    onSpoke.create(appliedManifestWorks, {
      metadata: { name: `other-hub-${name}` },
      spec: { hubHash: 'other-hub', manifestWorkName: name, agentID },
    });
  const ownersOf = async (name: string) =>
    (await onSpoke.get(configMaps, name, 'default')).metadata.ownerReferences
      ?.map((owner) => owner.name)
      .toSorted();

  test('work.md 60, 61, 63: the same agent on another hub takes its objects along, another agent shares them', async () => {
    await create('moves', [configMap('moves')]);
    await settled('moves', 'True', 'True');
    const { uid } = (await onSpoke.get(configMaps, 'moves', 'default')).metadata;
    const first = (await appliedOf('moves')).metadata.name;
    // By another name it is another hub, with the same works.
    const elsewhere = join(spoke.folder, 'elsewhere.kubeconfig');
    const renamed = (text: string) => text.replaceAll('127.0.0.1', 'localhost');
    await writeFile(elsewhere, renamed(hub.kubeconfigYaml), { mode: 0o600 });
    const second = `${hubHashOf(renamed(hub.server))}-moves`;
    await agent.stop();
    agent = await run([...evictingSoon, `--workload-source-config=${elsewhere}`]);
    await gone(onSpoke, appliedManifestWorks, first);
    await waitFor('the new one to own it alone', async () => (await ownersOf('moves'))?.join() === second);
    const history = writesOf(await readAuditLog(spoke.auditLogPath!)).filter(
      ({ objectRef, userAgent }) => objectRef?.name === first && userAgent?.startsWith('work-agent'),
    );
    const verbs = history.map(({ verb, objectRef }) => `${verb} ${objectRef?.subresource ?? ''}`.trim());
    // The time from which the grace period counts was written first.
    expect(verbs[verbs.indexOf('delete') - 1]).toBe('patch status');

    await agent.stop();
    agent = await run([...evictingSoon, '--agent-id=agent-two']);
    const both = [first, second].toSorted();
    await waitFor('two owners', async () => (await ownersOf('moves'))?.join() === both.join());
    // The one that has nobody goes after its grace period; by then the other agent's would be gone as well.
    await byHand('by-hand', 'agent-two');
    await gone(onSpoke, appliedManifestWorks, 'other-hub-by-hand');
    const theirs = await onSpoke.get(appliedManifestWorks, second);
    expect([theirs.metadata.deletionTimestamp, theirs.status?.evictionStartTime]).toEqual([
      undefined,
      undefined,
    ]);
    expect(await ownersOf('moves')).toEqual(both);
    expect((await onSpoke.get(configMaps, 'moves', 'default')).metadata.uid).toBe(uid);

    await agent.stop();
    agent = await run();
    await onSpoke.delete(appliedManifestWorks, { name: second });
    await gone(onSpoke, appliedManifestWorks, second);
    await settled('moves', 'True', 'True');
  });

  test('work.md 62: a grace period of a hundred years is none, and calls off what had begun', async () => {
    await agent.stop();
    const { name } = (await byHand('begun', 'agent-one')).metadata;
    await byHand('waits', 'agent-one');
    const startOf = async (of: string) =>
      (await onSpoke.get(appliedManifestWorks, of)).status?.evictionStartTime;
    await onSpoke.patch(
      appliedManifestWorks,
      { name },
      { type: 'merge', body: { status: { evictionStartTime: '2020-01-01T00:00:00Z' } } },
      { subresource: 'status' },
    );
    agent = await run([...flags, '--appliedmanifestwork-eviction-grace-period=876000h']);
    await waitFor('the countdown to be called off', async () => (await startOf(name)) === undefined);
    await create('meanwhile', [configMap('meanwhile')]);
    await settled('meanwhile', 'True', 'True');
    for (const each of [name, 'other-hub-waits']) {
      const { metadata } = await onSpoke.get(appliedManifestWorks, each);
      expect([metadata.deletionTimestamp, await startOf(each)]).toEqual([undefined, undefined]);
      await onSpoke.delete(appliedManifestWorks, { name: each });
    }
    await agent.stop();
    agent = await run(evictingSoon);
  });

  test('work.md 57: the AppliedManifestWork of another agent is left alone', async () => {
    const { name } = (await byHand('work', 'agent-two')).metadata;
    await byHand('own', 'agent-one');
    await gone(onSpoke, appliedManifestWorks, 'other-hub-own');
    expect((await onSpoke.get(appliedManifestWorks, name)).status?.evictionStartTime).toBeUndefined();
    await onSpoke.delete(appliedManifestWorks, { name });
    await agent.stop();
    agent = await run();
  });
});

describe('status', () => {
  test('work.md 79: a work whose manifests went is neither available nor not', async () => {
    await create('empties', [configMap('empties')]);
    await settled('empties', 'True', 'True');
    await change('empties', { workload: { manifests: [] } });
    await waitFor('Available to be unknown', async () => {
      const { metadata, status } = await workOf('empties');
      const {
        status: state,
        reason,
        message,
        observedGeneration,
      } = condition(status?.conditions, 'Available')!;
      if (observedGeneration !== metadata.generation || state === 'True') return false;
      expect([state, reason, message]).toEqual([
        'Unknown',
        'ResourcesStatusUnknown',
        'cannot get any available resource ',
      ]);
      return true;
    });
    await gone(onSpoke, configMaps, 'empties', 'default');
  });

  test('work.md 76: a watch ends with the last work that needs it, whatever feedback they ask for', async () => {
    const limitRange = {
      apiVersion: 'v1',
      kind: 'LimitRange',
      metadata: { name: 'watched', namespace: 'default', labels: { seen: 'one' } },
      spec: { limits: [] },
    };
    const scraped = (feedbackScrapeType: 'Watch' | 'Poll') => ({
      manifestConfigs: [
        configFor(
          'watched',
          {
            feedbackScrapeType,
            feedbackRules: [
              { type: 'JSONPaths', jsonPaths: [{ name: 'seen', path: '.metadata.labels.seen' }] },
            ],
          },
          'limitranges',
        ),
      ],
    });
    /** Watches of the kind that the agent has begun and that have not ended. */
    const open = async () => {
      const events = (await readAuditLog(spoke.auditLogPath!)).filter(
        ({ verb, objectRef, userAgent }) =>
          verb === 'watch' && objectRef?.resource === 'limitranges' && userAgent?.startsWith('work-agent'),
      );
      const ids = (stage: string) =>
        new Set(events.filter((event) => event.stage === stage).map(({ auditID }) => auditID));
      const ended = ids('ResponseComplete');
      return [...ids('ResponseStarted')].filter((id) => !ended.has(id)).length;
    };
    await create('watch-one', [limitRange], scraped('Watch'));
    await settled('watch-one', 'True', 'True');
    await waitFor('the watch', async () => (await open()) === 1);
    await create('watch-two', [limitRange], scraped('Poll'));
    await settled('watch-two', 'True', 'True');
    await change('watch-one', scraped('Poll'));
    await settled('watch-one', 'True', 'True');
    expect(await open()).toBe(1);
    await change('watch-one', { workload: { manifests: [configMap('unwatched')] } });
    await settled('watch-one', 'True', 'True');
    expect(await open()).toBe(1);
    await onHub.delete(manifestWorks, { name: 'watch-two', namespace: cluster });
    await waitFor('the watch to end', async () => (await open()) === 0);
  });

  test('work.md 64, 65, 66: well-known values and paths', async () => {
    const deployment = {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'web', namespace: 'default' },
      spec: {
        replicas: 0,
        selector: { matchLabels: { app: 'web' } },
        template: {
          metadata: { labels: { app: 'web' } },
          spec: { containers: [{ name: 'c', image: 'none' }] },
        },
      },
    };
    await create('feedback', [deployment, configMap('plain')], {
      manifestConfigs: [
        configFor(
          'web',
          {
            feedbackScrapeType: 'Watch',
            feedbackRules: [
              { type: 'WellKnownStatus' },
              {
                type: 'JSONPaths',
                jsonPaths: [
                  { name: 'generation', path: '.status.observedGeneration' },
                  { name: 'bad', path: '.status[' },
                ],
              },
            ],
          },
          'deployments',
          'apps',
        ),
        configFor('plain', { feedbackRules: [{ type: 'WellKnownStatus' }] }),
      ],
    });
    await settled('feedback', 'True', 'True');
    await onSpoke.patch(
      deployments,
      { name: 'web', namespace: 'default' },
      {
        type: 'merge',
        body: { status: { replicas: 3, readyReplicas: 2, availableReplicas: 1, observedGeneration: 1 } },
      },
      { subresource: 'status' },
    );
    await waitFor('the values', async () => {
      const [web, plain] = (await workOf('feedback')).status?.resourceStatus?.manifests ?? [];
      const values = new Map(
        web?.statusFeedback?.values?.map(({ name, fieldValue }) => [name, fieldValue.integer]),
      );
      return (
        values.get('generation') !== undefined &&
        condition(web?.conditions, 'StatusFeedbackSynced')?.message.includes(
          'failed to parse json path .status[ of bad',
        ) === true &&
        condition(plain?.conditions, 'StatusFeedbackSynced')?.reason === 'StatusFeedbackSyncFailed'
      );
    });
  });
});

describe('the agent itself', () => {
  test('survives a restart of the hub, and repairs the managed cluster while the hub is away', async () => {
    await create('away', [configMap('away', { key: 'wanted' })]);
    await settled('away', 'True', 'True');
    await hub.shutdown();
    await onSpoke.patch(
      configMaps,
      { name: 'away', namespace: 'default' },
      { type: 'merge', body: { data: { key: 'edited' } } },
    );
    await waitFor('the repair without a hub', async () => (await dataOf('away'))?.key === 'wanted');
    await hub.restart();
    await change('away', { workload: { manifests: [configMap('away', { key: 'changed' })] } });
    await settled('away', 'True', 'True');
    expect(await dataOf('away')).toEqual({ key: 'changed' });
  });

  test('an agent that is killed again and again leaves nothing behind and loses nothing', async () => {
    const names = ['crash-a', 'crash-b', 'crash-c'];
    for (const name of names) await create(name, [configMap(`${name}-0`)]);
    for (let round = 1; round <= 6; round++) {
      for (const name of names)
        await change(name, {
          workload: { manifests: [configMap(`${name}-${round}`), configMap(`${name}-${round}-more`)] },
        });
      await new Promise((resolve) => setTimeout(resolve, 100 + 150 * round));
      await agent.stop('SIGKILL');
      agent = await run();
    }
    for (const name of names) await settled(name, 'True', 'True');
    const wanted = names.flatMap((name) => [`${name}-6`, `${name}-6-more`]);
    await waitFor('exactly the objects of the last specs', async () => {
      const { items } = await onSpoke.list(configMaps, { namespace: 'default', metadataOnly: true });
      const found = items.map(({ metadata }) => metadata.name).filter((name) => name.startsWith('crash-'));
      return found.toSorted().join() === wanted.toSorted().join();
    });
  });

  test('a killed agent goes on where it was, and a settled cluster sees no writes', async () => {
    await create('restart', [configMap('restart-a'), configMap('restart-b')]);
    await settled('restart', 'True', 'True');
    await agent.stop('SIGKILL');
    await change('restart', { workload: { manifests: [configMap('restart-b')] } });
    agent = await run();
    await gone(onSpoke, configMaps, 'restart-a', 'default');
    await settled('restart', 'True', 'True');
    const writes = async () => {
      const events = [
        ...(await readAuditLog(hub.auditLogPath!)),
        ...(await readAuditLog(spoke.auditLogPath!)),
      ];
      return writesOf(events).filter(({ userAgent }) => userAgent?.startsWith('work-agent')).length;
    };
    await waitFor('the record to be up to date', async () => {
      const resources = (await appliedOf('restart')).status?.appliedResources ?? [];
      return resources.length === 1 && resources[0]!.uid !== undefined;
    });
    await untilQuiet('the writes of the agent', writes, 6_000);
  });
});
