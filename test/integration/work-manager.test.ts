import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { placementDecisions, placements } from '../../operators/api/generated/cluster.ts';
import {
  type ManifestWork,
  type ManifestWorkReplicaSet,
  type ManifestWorkSpec,
  manifestWorkReplicaSets,
  manifestWorks,
} from '../../operators/api/generated/work.ts';
import type { AdmissionRequest } from '../../operators/runtime/admission/admission.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import {
  manifestWorkReplicaSetValidator,
  manifestWorkValidator,
} from '../../operators/work/webhook/handlers.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import { administratorOf } from './administrator.ts';
import { installCrds } from './work/agent.ts';

let hub: ControlPlane;
let client: Client;
let manager: ChildProcess;
const clusters = ['c1', 'c2', 'c3'];

beforeAll(async () => {
  hub = await startControlPlane({ name: 'work-manager', controllerManager: false });
  await installCrds(
    hub,
    'manifestworks.work.open-cluster-management.io',
    'manifestworkreplicasets.work.open-cluster-management.io',
    'placements.cluster.open-cluster-management.io',
    'placementdecisions.cluster.open-cluster-management.io',
  );
  for (const name of clusters) await hub.kubectl(['create', 'namespace', name]);
  client = administratorOf(hub);
  manager = spawn(
    process.execPath,
    [
      'operators/work/main.ts',
      'manager',
      `--kubeconfig=${hub.kubeconfigPath}`,
      '--listen=127.0.0.1:0',
      '--disable-leader-election',
      '--feature-gates=ManifestWorkReplicaSet=true,CleanUpCompletedManifestWork=true',
    ],
    { cwd: fileURLToPath(new URL('../..', import.meta.url)), stdio: 'ignore' },
  );
  await once(manager, 'spawn');
});

afterAll(async () => {
  if (manager && manager.exitCode === null) {
    const ended = once(manager, 'exit');
    manager.kill('SIGTERM');
    await ended;
  }
  await client?.close();
  await hub?.stop();
});

const template = (data: Record<string, string> = { a: '1' }): ManifestWorkSpec => ({
  workload: {
    manifests: [{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'x', namespace: 'default' }, data }],
  },
});

const select = async (placement: string, names: readonly string[]): Promise<void> => {
  const name = `${placement.slice(0, 199)}-decision-0`;
  if (!(await client.find(placements, placement, 'default'))) {
    const made = await client.create(placements, {
      metadata: { name: placement, namespace: 'default' },
      spec: {},
    });
    const uid = made.metadata.uid!;
    await client.create(placementDecisions, {
      metadata: {
        name,
        namespace: 'default',
        ownerReferences: [
          {
            apiVersion: 'cluster.open-cluster-management.io/v1beta1',
            kind: 'Placement',
            name: placement,
            uid,
          },
        ],
        labels: {
          // who makes decisions for a name that is no value of a label leaves it out
          ...(placement.length > 63 ? {} : { 'cluster.open-cluster-management.io/placement': placement }),
          'cluster.open-cluster-management.io/decision-group-index': '0',
          'cluster.open-cluster-management.io/decision-group-name': '',
        },
      },
    });
  }
  const status = { decisions: names.map((clusterName) => ({ clusterName, reason: '' })) };
  await client.patch(
    placementDecisions,
    { name, namespace: 'default' },
    { type: 'merge', body: { status } },
    { subresource: 'status' },
  );
};

const worksOf = async (set: string): Promise<ManifestWork[]> =>
  (
    await client.list(manifestWorks, {
      labelSelector: `work.open-cluster-management.io/manifestworkreplicaset=default.${set}`,
    })
  ).items;
const clustersOf = async (set: string): Promise<string[]> =>
  (await worksOf(set)).map(({ metadata }) => metadata.namespace ?? '').toSorted();

const report = async (work: ManifestWork, statuses: Record<string, 'True' | 'False'>): Promise<void> => {
  const conditions = Object.entries(statuses).map(([type, status]) => ({
    type,
    status,
    reason: 'Reported',
    message: '',
    lastTransitionTime: new Date().toISOString(),
    observedGeneration: work.metadata.generation,
  }));
  await client.patch(
    manifestWorks,
    work.metadata,
    { type: 'merge', body: { status: { conditions } } },
    { subresource: 'status' },
  );
};

const createSet = (
  name: string,
  spec: Partial<ManifestWorkReplicaSet['spec']>,
): Promise<ManifestWorkReplicaSet> =>
  client.create(manifestWorkReplicaSets, {
    metadata: { name, namespace: 'default' },
    spec: {
      cascadeDeletionPolicy: 'Background',
      placementRefs: [{ name: 'all' }],
      manifestWorkTemplate: template(),
      ...spec,
    },
  });
const setOf = (name: string) => client.get(manifestWorkReplicaSets, name, 'default');
const shows = (name: string, type: string, status: string, reason: string) =>
  waitFor(`${name} to be ${type}=${status} ${reason}`, async () =>
    (await setOf(name)).status?.conditions?.some(
      (each) => each.type === type && each.status === status && each.reason === reason,
    ),
  );

describe('ManifestWorkReplicaSet', () => {
  test('work.md 106, 107, 109: works follow the decisions, the summary follows the works', async () => {
    await select('all', clusters);
    await createSet('dotted.set', {});
    await waitFor('three works', async () => (await clustersOf('dotted.set')).length === 3);
    const set = await setOf('dotted.set');
    expect(set.metadata.finalizers).toEqual(['work.open-cluster-management.io/manifest-work-cleanup']);
    for (const work of await worksOf('dotted.set'))
      await report(work, { Applied: 'True', Available: 'True', Progressing: 'False' });
    await shows('dotted.set', 'ManifestworkApplied', 'True', 'AsExpected');
    await shows('dotted.set', 'PlacementRolledOut', 'True', 'Complete');
    expect((await setOf('dotted.set')).status?.summary).toMatchObject({
      total: 3,
      applied: 3,
      available: 3,
      progressing: 0,
      degraded: 0,
    });

    await select('all', ['c1', 'c2']);
    await waitFor('two works', async () => (await clustersOf('dotted.set')).join() === 'c1,c2');
    await waitFor('a total of two', async () => (await setOf('dotted.set')).status?.summary?.total === 2);
    await client.delete(manifestWorkReplicaSets, { name: 'dotted.set', namespace: 'default' });
    await waitFor('no works', async () => (await clustersOf('dotted.set')).length === 0);
    await waitFor(
      'no set',
      async () => !(await client.find(manifestWorkReplicaSets, 'dotted.set', 'default')),
    );
  });

  test('names of a set and a placement that are as long as they may be', async () => {
    const [name, placement] = ['s.'.repeat(126) + 's', 'p.'.repeat(126) + 'p'];
    await select(placement, ['c1', 'c2']);
    await createSet(name, { placementRefs: [{ name: placement }] });
    const works = () =>
      client.list(manifestWorks, { labelSelector: 'work.open-cluster-management.io/placementname' });
    const own = async () => (await works()).items.filter(({ metadata }) => metadata.name.startsWith('s.s.'));
    await waitFor('a work in both clusters', async () => (await own()).length === 2);
    for (const work of await own()) await report(work, { Applied: 'True', Available: 'True' });
    await shows(name, 'ManifestworkApplied', 'True', 'AsExpected');
    await select(placement, ['c1']);
    await waitFor('one work', async () => (await own()).length === 1);
    await client.delete(manifestWorkReplicaSets, { name, namespace: 'default' });
    await waitFor('no set', async () => !(await client.find(manifestWorkReplicaSets, name, 'default')));
    expect(await own()).toEqual([]);
  });

  test('work.md 118: a set ends after its works in the foreground, and at once in the background', async () => {
    const hold = ['example.com/hold'];
    const workOf = (name: string) => waitFor(`the work of ${name}`, async () => (await worksOf(name)).at(0));
    await select('cascade', ['c1']);
    for (const policy of ['Foreground', 'Background'] as const) {
      const name = policy.toLowerCase();
      await createSet(name, { placementRefs: [{ name: 'cascade' }], cascadeDeletionPolicy: policy });
      const { metadata } = await workOf(name);
      const body = { metadata: { finalizers: hold } };
      await client.patch(manifestWorks, metadata, { type: 'merge', body });
      await client.delete(manifestWorkReplicaSets, { name, namespace: 'default' });
      await waitFor(
        `the work of ${name} to be on its way out`,
        async () => (await workOf(name)).metadata.deletionTimestamp,
      );
    }
    const isGone = (name: string) =>
      waitFor(
        `set ${name} to be gone`,
        async () => !(await client.find(manifestWorkReplicaSets, name, 'default')),
      );
    await isGone('background');
    expect((await workOf('background')).metadata.finalizers).toEqual(hold);
    expect((await setOf('foreground')).metadata.finalizers).toEqual([
      'work.open-cluster-management.io/manifest-work-cleanup',
    ]);
    for (const name of ['foreground', 'background']) {
      const body = { metadata: { finalizers: null } };
      await client.patch(manifestWorks, (await workOf(name)).metadata, { type: 'merge', body });
    }
    await isGone('foreground');
    expect([...(await worksOf('foreground')), ...(await worksOf('background'))]).toEqual([]);
  });

  test('work.md 108: a placement that does not exist', async () => {
    await createSet('lost', { placementRefs: [{ name: 'nowhere' }] });
    await shows('lost', 'PlacementVerified', 'False', 'PlacementDecisionNotFound');
    await select('nowhere', []);
    await shows('lost', 'PlacementVerified', 'False', 'PlacementDecisionEmpty');
  });

  test('work.md 111, 116: one after the other, and anew with a new template', async () => {
    await select('steps', clusters);
    await createSet('steps', {
      placementRefs: [
        { name: 'steps', rolloutStrategy: { type: 'Progressive', progressive: { maxConcurrency: 1 } } },
      ],
    });
    const step = async (expected: string[]): Promise<void> => {
      await waitFor(
        `works in ${expected.join()}`,
        async () => (await clustersOf('steps')).join() === expected.join(),
      );
      const [work] = (await worksOf('steps')).filter(
        ({ metadata }) => metadata.namespace === expected.at(-1),
      );
      await report(work!, { Applied: 'True', Available: 'True', Progressing: 'False' });
    };
    await step(['c1']);
    await step(['c1', 'c2']);
    await step(['c1', 'c2', 'c3']);
    await shows('steps', 'PlacementRolledOut', 'True', 'Complete');
    await client.patch(
      manifestWorkReplicaSets,
      { name: 'steps', namespace: 'default' },
      { type: 'merge', body: { spec: { manifestWorkTemplate: template({ a: '2' }) } } },
    );
    await shows('steps', 'PlacementRolledOut', 'False', 'Progressing');
    const changed = async () =>
      (await worksOf('steps'))
        .filter(
          ({ spec }) =>
            (spec?.workload?.manifests?.[0] as { data?: { a?: string } } | undefined)?.data?.a === '2',
        )
        .map(({ metadata }) => metadata.namespace);
    await waitFor('the first to change', async () => (await changed()).join() === 'c1');
    await waitFor('a total of one', async () => (await setOf('steps')).status?.summary?.total === 1);
  });
});

describe('a cluster whose work is refused', () => {
  const appliedOf = async (name: string) =>
    (await setOf(name)).status?.conditions?.find(({ type }) => type === 'ManifestworkApplied');
  const saysOf = (name: string, message: RegExp) =>
    waitFor(`${name} to say ${String(message)}`, async () => {
      const condition = await appliedOf(name);
      if (condition && message.test(condition.message)) return condition;
      throw new Error(JSON.stringify(condition));
    });

  test('is named with its cause while the others are fine, until it has its work', async () => {
    await select('missing', ['c1', 'c9']);
    await createSet('missing', { placementRefs: [{ name: 'missing' }] });
    const [work] = await waitFor('a work in c1', async () => {
      const works = await worksOf('missing');
      return works.length === 1 ? works : undefined;
    });
    await report(work!, { Applied: 'True', Available: 'True', Progressing: 'False' });
    const condition = await saysOf(
      'missing',
      /^cluster c9: cannot create .*namespaces "c9" not found; is the/,
    );
    expect(condition).toMatchObject({ status: 'False', reason: 'NotAsExpected' });
    await shows('missing', 'PlacementVerified', 'True', 'AsExpected');
    await shows('missing', 'PlacementRolledOut', 'False', 'Progressing');

    await hub.kubectl(['create', 'namespace', 'c9']);
    await waitFor('a work in c9', async () => (await clustersOf('missing')).join() === 'c1,c9');
    const late = (await worksOf('missing')).find(({ metadata }) => metadata.namespace === 'c9')!;
    await report(late, { Applied: 'True', Available: 'True', Progressing: 'False' });
    await shows('missing', 'ManifestworkApplied', 'True', 'AsExpected');
    expect((await appliedOf('missing'))?.message).toBe('');
  });

  test('is named when it is the only one: a policy, as a webhook or a quota would', async () => {
    const api = 'admissionregistration.k8s.io/v1';
    const works = {
      apiGroups: ['work.open-cluster-management.io'],
      apiVersions: ['*'],
      operations: ['CREATE'],
      resources: ['manifestworks'],
    };
    const policy = {
      apiVersion: api,
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name: 'none' },
      spec: {
        matchConstraints: { resourceRules: [works] },
        validations: [
          { expression: "!object.metadata.name.startsWith('refused')", message: 'no more works' },
        ],
      },
    };
    const binding = {
      apiVersion: api,
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name: 'none' },
      spec: { policyName: 'none', validationActions: ['Deny'] },
    };
    for (const object of [policy, binding])
      await hub.kubectl(['create', '--filename=-'], JSON.stringify(object));
    const probe = { metadata: { name: 'refused-probe', namespace: 'c1' }, spec: template() };
    await waitFor('the policy to hold', () =>
      client.create(manifestWorks, probe, { dryRun: true }).then(
        () => false,
        () => true,
      ),
    );
    await select('refused', ['c1']);
    await createSet('refused', { placementRefs: [{ name: 'refused' }] });
    const condition = await saysOf('refused', /^cluster c1: cannot create its ManifestWork: .*no more works/);
    expect(condition).toMatchObject({ status: 'False', reason: 'NotAsExpected' });
    await shows('refused', 'PlacementVerified', 'True', 'AsExpected');
  });
});

test('work.md 105: a complete work is deleted when its time is over', async () => {
  const work = await client.create(manifestWorks, {
    metadata: { name: 'job', namespace: 'c1' },
    spec: { ...template(), deleteOption: { propagationPolicy: 'Foreground', ttlSecondsAfterFinished: 1 } },
  });
  await client.create(manifestWorks, { metadata: { name: 'kept', namespace: 'c1' }, spec: template() });
  await report(work, { Complete: 'True' });
  await waitFor('the work to be gone', async () => !(await client.find(manifestWorks, 'job', 'c1')));
  expect(await client.find(manifestWorks, 'kept', 'c1')).toBeDefined();
});

describe('who may choose an executor', () => {
  const executor = { subject: { type: 'ServiceAccount', serviceAccount: { namespace: 'n', name: 's' } } };
  const options = () => ({
    client,
    manifestLimit: 512_000,
    checksNilExecutor: true,
    allowsReplicaSets: true,
  });
  const { signal } = new AbortController();
  const request = (spec: object, username: string): AdmissionRequest => ({
    uid: '1',
    kind: { group: 'work.open-cluster-management.io', version: 'v1', kind: 'ManifestWork' },
    resource: { group: 'work.open-cluster-management.io', version: 'v1', resource: 'manifestworks' },
    namespace: 'c1',
    operation: 'CREATE',
    userInfo: { username, groups: ['system:authenticated'], extra: { scope: ['x'] } },
    object: { metadata: { name: 'w', namespace: 'c1' }, spec } as UnknownObject,
  });
  const refusal = (who: string, namespace: string, account: string) => ({
    allowed: false,
    code: 400,
    reason: 'BadRequest',
    message: `user ${who} cannot manipulate the Manifestwork with executor ${account} in namespace ${namespace}`,
  });

  test('work.md 102, 103: who has execute-as for it there', async () => {
    const validate = manifestWorkValidator(options());
    expect(await validate(request({ ...template(), executor }, 'alice'), signal)).toEqual(
      refusal('alice', 'c1', 'n/s'),
    );
    expect(await validate(request(template(), 'alice'), signal)).toEqual(
      refusal('alice', 'c1', '/klusterlet-work-sa'),
    );
    const role = {
      apiVersion: 'rbac.authorization.k8s.io/v1',
      kind: 'Role',
      metadata: { name: 'executor', namespace: 'c1' },
      rules: [
        {
          apiGroups: ['work.open-cluster-management.io'],
          resources: ['manifestworks'],
          verbs: ['execute-as'],
          resourceNames: ['system:serviceaccount:n:s'],
        },
      ],
    };
    await hub.kubectl(['create', '--filename=-'], JSON.stringify(role));
    await hub.kubectl([
      'create',
      'rolebinding',
      'executor',
      '--namespace=c1',
      '--role=executor',
      '--user=alice',
    ]);
    await waitFor(
      'alice to be allowed',
      async () => (await validate(request({ ...template(), executor }, 'alice'), signal)).allowed,
    );
    expect(await validate(request({ ...template(), executor }, 'bob'), signal)).toEqual(
      refusal('bob', 'c1', 'n/s'),
    );
  });

  test('work.md 13, 14: a template needs the right in every namespace', async () => {
    const validate = manifestWorkReplicaSetValidator(options());
    const spec = { manifestWorkTemplate: { ...template(), executor } };
    expect(await validate(request(spec, 'alice'), signal)).toEqual(refusal('alice', '', 'n/s'));
    expect(await validate(request(spec, 'system:admin'), signal)).toMatchObject({ allowed: false });
    // A template without an executor is one with the agent's own, as a work is.
    expect(await validate(request({ manifestWorkTemplate: template() }, 'alice'), signal)).toEqual(
      refusal('alice', '', '/klusterlet-work-sa'),
    );
  });
});
