import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type ManifestConfig,
  type ManifestWork,
  type ManifestWorkSpec,
  appliedManifestWorks,
  manifestWorks,
} from '../../operators/api/generated/work.ts';
import type { EmbeddedObject } from '../../operators/api/meta.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { parseJson } from '../../operators/runtime/client/json.ts';
import type { Condition, KubeObject, UnknownObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import { isDeclared } from '../../operators/work/agent/strategy/managed-fields.ts';
import {
  type ControlPlane,
  patienceFlag,
  readAuditLog,
  startControlPlane,
  waitFor,
  writesOf,
} from '../cluster/index.ts';
import { administratorOf } from './administrator.ts';
import { type RunningAgent, installCrds, startAgent } from './work/agent.ts';

/** Who owns a field of an applied object: the work that names it, and nobody else (docs/decisions/017). */

const cluster = 'cluster1';
let hub: ControlPlane;
let spoke: ControlPlane;
let onHub: Client;
let onSpoke: Client;
let agent: RunningAgent;

const run = (): Promise<RunningAgent> =>
  startAgent({ hub, spoke, cluster, args: ['--status-sync-interval=2s', '--agent-id=fields'] });

beforeAll(async () => {
  [hub, spoke] = await Promise.all([
    startControlPlane({ name: 'fields-hub', controllerManager: false }),
    startControlPlane({ name: 'fields-spoke', audit: true }),
  ]);
  await installCrds(hub, 'manifestworks.work.open-cluster-management.io');
  await installCrds(spoke, 'appliedmanifestworks.work.open-cluster-management.io');
  await hub.kubectl(['create', 'namespace', cluster]);
  await spoke.kubectl(['apply', '-f', '-'], JSON.stringify(thingDefinition));
  await spoke.kubectl(['wait', '--for=condition=Established', patienceFlag, 'crd/things.example.com']);
  onHub = administratorOf(hub);
  onSpoke = administratorOf(spoke, 'somebody');
  agent = await run();
});

afterAll(async () => {
  await agent?.stop();
  await Promise.all([onHub?.close(), onSpoke?.close()]);
  await Promise.all([hub?.stop(), spoke?.stop()]);
});

const used: string[] = [];
afterEach(async () => {
  for (const name of used.splice(0)) {
    await onHub.delete(manifestWorks, { name, namespace: cluster });
    await waitFor(`${name} to be gone`, async () => !(await onHub.find(manifestWorks, name, cluster)));
  }
});

const thingDefinition = {
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
        schema: {
          openAPIV3Schema: {
            type: 'object',
            properties: {
              spec: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              data: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
              strict: { type: 'object', properties: { known: { type: 'string' } } },
              status: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true },
            },
          },
        },
      },
    ],
  },
};

const resource = (apiVersion: string, plural: string, kind: string, namespaced = true) => {
  const [group, version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion];
  return { group: group!, version: version!, plural, kind, namespaced } as Resource<UnknownObject>;
};
const things = resource('example.com/v1', 'things', 'Thing');
const configMaps = resource('v1', 'configmaps', 'ConfigMap');
const deployments = resource('apps/v1', 'deployments', 'Deployment');
const jobs = resource('batch/v1', 'jobs', 'Job');
const claims = resource('v1', 'persistentvolumeclaims', 'PersistentVolumeClaim');

const make = (
  of: Resource<UnknownObject>,
  name: string,
  rest: object = {},
  metadata: object = {},
): UnknownObject => ({
  apiVersion: of.group ? `${of.group}/${of.version}` : of.version,
  kind: of.kind,
  metadata: { name, ...(of.namespaced ? { namespace: 'default' } : {}), ...metadata },
  ...rest,
});

const create = async (name: string, manifests: UnknownObject[], spec: Partial<ManifestWorkSpec> = {}) => {
  used.push(name);
  const work: ManifestWork = {
    metadata: { name, namespace: cluster },
    spec: { workload: { manifests: manifests as unknown as EmbeddedObject[] }, ...spec },
  };
  await onHub.create(manifestWorks, work);
};

const change = (name: string, manifests: UnknownObject[], spec: Partial<ManifestWorkSpec> = {}) =>
  onHub.patch(
    manifestWorks,
    { name, namespace: cluster },
    { type: 'merge', body: { spec: { workload: { manifests }, ...spec } } },
  );

const condition = (conditions: Condition[] | undefined, type: string) =>
  conditions?.find((each) => each.type === type);

const applied = async (name: string, status: 'True' | 'False' = 'True'): Promise<ManifestWork> => {
  let work = await onHub.get(manifestWorks, name, cluster);
  try {
    await waitFor(`${name} to be Applied=${status}`, async () => {
      work = await onHub.get(manifestWorks, name, cluster);
      const found = condition(work.status?.conditions, 'Applied');
      return found?.status === status && found.observedGeneration === work.metadata.generation;
    });
  } catch (error) {
    throw new Error(`${(error as Error).message}: ${JSON.stringify(work.status, undefined, 1)}`, {
      cause: error,
    });
  }
  return work;
};

const find = (of: Resource<UnknownObject>, name: string) =>
  onSpoke.get(of, name, of.namespaced ? 'default' : undefined);

/** Who is recorded as writer of an object, beside its controllers. */
const writers = ({ metadata }: KubeObject): string[] =>
  (metadata.managedFields ?? [])
    .filter(({ manager, subresource }) => manager?.startsWith('work-agent') && !subresource)
    .map(({ manager, operation }) => `${manager}/${operation}`);

const strategy = (of: Resource<UnknownObject>, type: string, serverSideApply?: object): ManifestConfig =>
  ({
    resourceIdentifier: { group: of.group, resource: of.plural, name: '*', namespace: 'default' },
    updateStrategy: { type, ...(serverSideApply && { serverSideApply }) },
  }) as ManifestConfig;

const podTemplate = { spec: { containers: [{ name: 'c', image: 'none' }] } };
const deployment = (name: string, spec: object = {}, metadata: object = {}) =>
  make(
    deployments,
    name,
    {
      spec: {
        selector: { matchLabels: { app: name } },
        template: { metadata: { labels: { app: name } }, ...podTemplate },
        ...spec,
      },
    },
    metadata,
  );

/** What the agent has written of the managed cluster since. */
const writesSince = async (since: Date) =>
  writesOf(await readAuditLog(spoke.auditLogPath!)).filter(
    ({ stageTimestamp, userAgent }) =>
      new Date(stageTimestamp) >= since && userAgent?.startsWith('work-agent'),
  );

describe('fields that a manifest names', () => {
  test.each(['Update', 'ServerSideApply'])(
    '%s: labels, annotations and fields that left the manifest go, what others put there stays',
    async (type) => {
      const name = `left-${type.toLowerCase()}`;
      const manifestConfigs = [configMaps, deployments, things].map((of) =>
        strategy(of, type, type === 'ServerSideApply' ? { force: true } : undefined),
      );
      const metadata = { labels: { keep: '1', drop: '1' }, annotations: { keep: '1', drop: '1' } };
      await create(
        name,
        [
          make(configMaps, name, { data: { keep: '1', drop: '1' } }, metadata),
          deployment(name, { replicas: 2, minReadySeconds: 7, revisionHistoryLimit: 3 }, metadata),
          make(things, name, { spec: { keep: { a: 1, b: 2 }, drop: { x: 1 } }, data: { all: 1 } }, metadata),
        ],
        { manifestConfigs },
      );
      await applied(name);
      const theirs = { labels: { theirs: '1' }, annotations: { theirs: '1' } };
      const patch = (of: Resource<UnknownObject>, body: object) =>
        onSpoke.patch(
          of,
          { name, namespace: 'default' },
          { type: 'merge', body: { metadata: theirs, ...body } },
        );
      await patch(configMaps, { data: { theirs: '1' } });
      await patch(deployments, { spec: { paused: true } });
      await patch(things, { spec: { theirs: 1, keep: { c: 3 } } });
      const less = { labels: { keep: '1' }, annotations: { keep: '1' } };
      await change(name, [
        make(configMaps, name, { data: { keep: '1' } }, less),
        deployment(name, { replicas: 2 }, less),
        make(things, name, { spec: { keep: { a: 1 } } }, less),
      ]);
      await applied(name);
      const found = await Promise.all([configMaps, deployments, things].map((of) => find(of, name)));
      for (const { metadata: left } of found) {
        expect(left.labels).toEqual({ keep: '1', theirs: '1' });
        expect(left.annotations).toMatchObject({ keep: '1', theirs: '1' });
        expect(left.annotations).not.toHaveProperty('drop');
        expect(left.ownerReferences).toHaveLength(1);
      }
      const [map, deployed, thing] = found as [UnknownObject, UnknownObject, UnknownObject];
      expect(map.data).toEqual({ keep: '1', theirs: '1' });
      expect(deployed.spec).toMatchObject({ replicas: 2, paused: true, revisionHistoryLimit: 10 });
      expect(deployed.spec).not.toHaveProperty('minReadySeconds');
      expect(thing.spec).toEqual({ keep: { a: 1, c: 3 }, theirs: 1 });
      expect(thing).not.toHaveProperty('data');
    },
  );

  test('Update leaves alone what no manifest names: replicas of an autoscaler, another controller’s operation', async () => {
    await create('unnamed', [deployment('unnamed'), make(things, 'unnamed', { spec: { size: 1 } })]);
    await applied('unnamed');
    await onSpoke.patch(
      deployments,
      { name: 'unnamed', namespace: 'default' },
      { type: 'merge', body: { spec: { replicas: 5 } } },
      { subresource: 'scale' },
    );
    await onSpoke.patch(
      things,
      { name: 'unnamed', namespace: 'default' },
      { type: 'merge', body: { operation: { sync: true }, spec: { defaulted: 'yes' } } },
    );
    // Another field, that is named, is put right: the agent has looked at both.
    for (const owned of [deployments, things])
      await onSpoke.patch(
        owned,
        { name: 'unnamed', namespace: 'default' },
        { type: 'merge', body: { metadata: { ownerReferences: null } } },
      );
    await waitFor('both to be owned again', async () =>
      (await Promise.all([deployments, things].map((of) => find(of, 'unnamed')))).every(
        ({ metadata }) => metadata.ownerReferences?.length === 1,
      ),
    );
    expect((await find(deployments, 'unnamed')).spec).toMatchObject({ replicas: 5 });
    expect(await find(things, 'unnamed')).toMatchObject({ spec: { size: 1, defaulted: 'yes' } });
  });

  test('a named field that somebody edits is restored', async () => {
    await create('named', [deployment('named', { replicas: 2 })]);
    await applied('named');
    await onSpoke.patch(
      deployments,
      { name: 'named', namespace: 'default' },
      { type: 'merge', body: { spec: { replicas: 5 } } },
    );
    await waitFor(
      'the replicas to be restored',
      async () => ((await find(deployments, 'named')).spec as { replicas: number }).replicas === 2,
    );
  });

  test('finalizers are given to new objects only', async () => {
    const held = (data: object) => make(configMaps, 'final', { data }, { finalizers: ['example.com/hold'] });
    await create('final', [held({ a: '1' })]);
    await applied('final');
    expect((await find(configMaps, 'final')).metadata.finalizers).toEqual(['example.com/hold']);
    await onSpoke.patch(
      configMaps,
      { name: 'final', namespace: 'default' },
      { type: 'merge', body: { metadata: { finalizers: ['example.com/theirs'] } } },
    );
    await change('final', [held({ a: '2' })]);
    await applied('final');
    const found = await find(configMaps, 'final');
    expect(found.data).toEqual({ a: '2' });
    expect(found.metadata.finalizers).toEqual(['example.com/theirs']);
    await onSpoke.patch(
      configMaps,
      { name: 'final', namespace: 'default' },
      { type: 'merge', body: { metadata: { finalizers: null } } },
    );
  });
});

test('work.md 7: a finalizer of somebody else stays on an object whose annotation a work changes', async () => {
  const finalizers = ['example.com/theirs'];
  await onSpoke.create(things, make(things, 'foreign', { spec: { a: 1 } }, { finalizers }));
  const noted = (note: string) => [
    make(things, 'foreign', { spec: { a: 1 } }, { annotations: { 'example.com/note': note } }),
  ];
  await create('foreign', noted('1'));
  await applied('foreign');
  await change('foreign', noted('2'));
  await applied('foreign');
  const { metadata } = await find(things, 'foreign');
  expect(metadata.finalizers).toEqual(finalizers);
  expect(metadata.annotations).toMatchObject({ 'example.com/note': '2' });
  await onSpoke.patch(
    things,
    { name: 'foreign', namespace: 'default' },
    { type: 'merge', body: { metadata: { finalizers: null } } },
  );
});

test('work.md 133: a ServiceMonitor of a work that orphans it has no owner, made and changed', async () => {
  const definition = {
    ...thingDefinition,
    metadata: { name: 'servicemonitors.monitoring.coreos.com' },
    spec: {
      ...thingDefinition.spec,
      group: 'monitoring.coreos.com',
      names: { kind: 'ServiceMonitor', plural: 'servicemonitors' },
    },
  };
  await spoke.kubectl(['apply', '-f', '-'], JSON.stringify(definition));
  await spoke.kubectl([
    'wait',
    '--for=condition=Established',
    patienceFlag,
    `crd/${definition.metadata.name}`,
  ]);
  const monitors = resource('monitoring.coreos.com/v1', 'servicemonitors', 'ServiceMonitor');
  const monitor = (interval: string) => [make(monitors, 'orphan', { spec: { endpoints: [{ interval }] } })];
  await create('monitor', monitor('1s'), { deleteOption: { propagationPolicy: 'Orphan' } });
  await applied('monitor');
  const { uid, ...made } = (await find(monitors, 'orphan')).metadata;
  expect(made.ownerReferences).toBeUndefined();
  await change('monitor', monitor('2s'));
  await applied('monitor');
  const changed = await find(monitors, 'orphan');
  expect(changed.spec).toEqual({ endpoints: [{ interval: '2s' }] });
  expect([changed.metadata.uid, changed.metadata.ownerReferences]).toEqual([uid, undefined]);
});

describe('what the agent wrote in another way', () => {
  test('a change of strategy and back hands its records over, and removed fields go', async () => {
    const spec = (type: string, options?: object) => ({
      manifestConfigs: [strategy(configMaps, type, options)],
    });
    const map = (data: object) => [make(configMaps, 'strategies', { data })];
    await create('strategies', map({ a: '1', b: '1' }), spec('CreateOnly'));
    await applied('strategies');
    const { uid } = (await find(configMaps, 'strategies')).metadata;
    const steps: [string, object | undefined, object, string][] = [
      ['Update', undefined, { a: '2', c: '2' }, 'work-agent/Apply'],
      ['ServerSideApply', { force: true }, { a: '3', d: '3' }, 'work-agent/Apply'],
      ['ServerSideApply', { force: false, fieldManager: 'work-agent-b' }, { a: '4' }, 'work-agent-b/Apply'],
      ['Update', undefined, { e: '5' }, 'work-agent/Apply'],
    ];
    for (const [type, options, data, writer] of steps) {
      await change('strategies', map(data), spec(type, options));
      await applied('strategies');
      const found = await find(configMaps, 'strategies');
      expect(found.data).toEqual(data);
      expect(writers(found)).toEqual([writer]);
      expect(found.metadata.ownerReferences).toHaveLength(1);
      expect(found.metadata.uid).toBe(uid);
    }
  });

  test('objects of an earlier agent are taken over as they are, and what left their manifests goes', async () => {
    const rbac = 'rbac.authorization.k8s.io/v1';
    const manifests: [Resource<UnknownObject>, object][] = [
      [configMaps, { data: { a: '1' } }],
      [resource('v1', 'secrets', 'Secret'), { stringData: { a: '1' } }],
      [resource('v1', 'serviceaccounts', 'ServiceAccount'), {}],
      [
        resource('v1', 'services', 'Service'),
        {
          spec: {
            selector: { a: 'b' },
            ports: [
              { name: 'web', port: 80 },
              { name: 'dns', port: 53, protocol: 'UDP' },
            ],
          },
        },
      ],
      [claims, { spec: { accessModes: ['ReadWriteOnce'], resources: { requests: { storage: '1024Mi' } } } }],
      [jobs, { spec: { template: { spec: { ...podTemplate.spec, restartPolicy: 'Never' } } } }],
      [
        resource('batch/v1', 'cronjobs', 'CronJob'),
        {
          spec: {
            schedule: '0 0 1 1 *',
            jobTemplate: { spec: { template: { spec: { ...podTemplate.spec, restartPolicy: 'Never' } } } },
          },
        },
      ],
      [deployments, { spec: deployment('earlier').spec }],
      [resource('v1', 'pods', 'Pod'), { spec: podTemplate.spec }],
      [
        resource(rbac, 'roles', 'Role'),
        { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
      ],
      [
        resource(rbac, 'rolebindings', 'RoleBinding'),
        {
          roleRef: { kind: 'Role', name: 'earlier', apiGroup: 'rbac.authorization.k8s.io' },
          subjects: [{ kind: 'User', name: 'u' }],
        },
      ],
      [
        resource('networking.k8s.io/v1', 'networkpolicies', 'NetworkPolicy'),
        { spec: { podSelector: {}, policyTypes: ['Ingress'] } },
      ],
      [
        resource('autoscaling/v2', 'horizontalpodautoscalers', 'HorizontalPodAutoscaler'),
        {
          spec: {
            maxReplicas: 3,
            scaleTargetRef: { kind: 'Deployment', name: 'earlier', apiVersion: 'apps/v1' },
          },
        },
      ],
      [
        resource('policy/v1', 'poddisruptionbudgets', 'PodDisruptionBudget'),
        { spec: { minAvailable: 1, selector: { matchLabels: { a: 'b' } } } },
      ],
      [
        resource('networking.k8s.io/v1', 'ingresses', 'Ingress'),
        { spec: { defaultBackend: { service: { name: 'earlier', port: { number: 80 } } } } },
      ],
      [things, { spec: { a: [1, { b: 'x' }], c: { d: 'e' } } }],
    ];
    const objects = manifests.map(([of, rest]) => make(of, 'earlier', rest));
    for (const [index, [of]] of manifests.entries()) {
      const before = make(of, 'earlier', manifests[index]![1], { labels: { former: '1' } });
      await onSpoke.create(of, before, { fieldManager: 'work-agent' });
    }
    const before = await Promise.all(manifests.map(([of]) => find(of, 'earlier')));
    await create('earlier', objects);
    await applied('earlier');
    const after = await Promise.all(manifests.map(([of]) => find(of, 'earlier')));
    const shown = ({ metadata, ...rest }: UnknownObject) => ({
      ...rest,
      status: undefined,
      uid: metadata.uid,
      generation: metadata.generation,
    });
    expect(after.map(shown)).toEqual(before.map(shown));
    for (const object of after) {
      expect({ kind: object.kind, writers: writers(object) }).toEqual({
        kind: object.kind,
        writers: ['work-agent/Apply'],
      });
      expect(object.metadata.labels ?? {}).not.toHaveProperty('former');
      expect(object.metadata.ownerReferences).toHaveLength(1);
    }
    // An agent that starts anew knows by the records alone that there is nothing to do.
    await agent.stop();
    agent = await run();
    const since = new Date();
    await create('marker', [make(configMaps, 'marker')]);
    await applied('marker');
    await onSpoke.delete(configMaps, { name: 'marker', namespace: 'default' });
    await waitFor('the marker to be back', async () =>
      Boolean(await onSpoke.find(configMaps, 'marker', 'default')),
    );
    const again = (await writesSince(since)).filter(({ objectRef }) => objectRef?.name === 'earlier');
    // What the API server writes in its own way (1024Mi is 1Gi) is sent once more, and changes nothing.
    const finals = await Promise.all(manifests.map(([of]) => find(of, 'earlier')));
    // Controllers write their statuses meanwhile: what counts is the agent's own record, its time included.
    const records = ({ metadata }: UnknownObject) =>
      metadata.managedFields?.filter(({ manager }) => manager?.startsWith('work-agent'));
    expect(finals.map(records)).toEqual(after.map(records));
    expect(again.map(({ objectRef }) => objectRef?.resource)).toEqual(
      expect.not.arrayContaining(['configmaps', 'deployments', 'services', 'jobs', 'things', 'secrets']),
    );
  });
});

describe('kinds of which the cluster keeps a part', () => {
  const webhooks = resource(
    'admissionregistration.k8s.io/v1',
    'validatingwebhookconfigurations',
    'ValidatingWebhookConfiguration',
    false,
  );
  const classes = resource('storage.k8s.io/v1', 'storageclasses', 'StorageClass', false);
  const drivers = resource('storage.k8s.io/v1', 'csidrivers', 'CSIDriver', false);
  const clusterRoles = resource('rbac.authorization.k8s.io/v1', 'clusterroles', 'ClusterRole', false);
  const pods = resource('v1', 'pods', 'Pod');
  const defaultClass = 'storageclass.kubernetes.io/is-default-class';
  const injected = { labels: { 'config.openshift.io/inject-trusted-cabundle': 'true' } };
  const manifests = (round: number) => [
    make(configMaps, 'kinds', { data: { round: `${round}` } }, injected),
    make(webhooks, 'kinds', {
      webhooks: [
        {
          name: 'w.example.com',
          clientConfig: { url: `https://127.0.0.1/${round}`, caBundle: '' },
          sideEffects: 'None',
          admissionReviewVersions: ['v1'],
        },
      ],
    }),
    make(
      classes,
      'kinds',
      { provisioner: 'example.com/p', parameters: { round: `${round}` } },
      { annotations: { [defaultClass]: 'true' } },
    ),
    make(drivers, 'kinds', { spec: { attachRequired: round === 1 } }),
    make(clusterRoles, 'kinds', {
      aggregationRule: { clusterRoleSelectors: [{ matchLabels: { kinds: 'true' } }] },
      rules: [],
    }),
    make(
      pods,
      'kinds',
      { spec: { ...podTemplate.spec, nodeSelector: { round: `${round}` } } },
      { labels: { round: `${round}` } },
    ),
  ];

  test('work.md 28, 29, 30: what the cluster filled in stays, what cannot be changed is made anew or kept', async () => {
    await create('kinds', manifests(1));
    await applied('kinds');
    const patch = (of: Resource<UnknownObject>, body: object) =>
      onSpoke.patch(
        of,
        { name: 'kinds', ...(of.namespaced && { namespace: 'default' }) },
        { type: 'merge', body },
      );
    await patch(configMaps, { data: { 'ca-bundle.crt': 'CA' } });
    const before = await find(webhooks, 'kinds');
    const [webhook] = before.webhooks as { clientConfig: object }[];
    const caBundle = Buffer.from(spoke.caPem).toString('base64');
    await patch(webhooks, {
      webhooks: [{ ...webhook, clientConfig: { ...webhook!.clientConfig, caBundle } }],
    });
    await patch(classes, { metadata: { annotations: { [defaultClass]: 'false' } } });
    await onSpoke.create(
      clusterRoles,
      make(
        clusterRoles,
        'kinds-part',
        { rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }] },
        { labels: { kinds: 'true' } },
      ),
    );
    await waitFor(
      'the rules to be aggregated',
      async () => ((await find(clusterRoles, 'kinds')).rules as unknown[])?.length === 1,
    );
    const uids = await Promise.all(
      [classes, drivers, pods].map(async (of) => (await find(of, 'kinds')).metadata.uid),
    );

    await change('kinds', manifests(2));
    await applied('kinds');
    expect((await find(configMaps, 'kinds')).data).toEqual({ round: '2', 'ca-bundle.crt': 'CA' });
    expect((await find(webhooks, 'kinds')).webhooks).toMatchObject([
      { clientConfig: { url: 'https://127.0.0.1/2', caBundle } },
    ]);
    const [storageClass, driver, pod] = await Promise.all(
      [classes, drivers, pods].map((of) => find(of, 'kinds')),
    );
    expect(storageClass).toMatchObject({ parameters: { round: '2' } });
    expect(storageClass!.metadata.annotations).toMatchObject({ [defaultClass]: 'false' });
    expect(driver!.spec).toMatchObject({ attachRequired: false });
    expect((await find(clusterRoles, 'kinds')).rules).toHaveLength(1);
    expect(pod!.spec).toMatchObject({ nodeSelector: { round: '1' } });
    expect(pod!.metadata.labels).toEqual({ round: '2' });
    expect(storageClass!.metadata.uid).not.toBe(uids[0]);
    expect(driver!.metadata.uid).not.toBe(uids[1]);
    expect(pod!.metadata.uid).toBe(uids[2]);
  });
});

describe('what a manifest must not say', () => {
  test('null is absence: the second pass changes nothing', async () => {
    const nulls = (label: string) => [
      make(
        jobs,
        'nulls',
        {
          spec: {
            selector: null,
            parallelism: null,
            template: {
              metadata: { labels: null, annotations: null, creationTimestamp: null },
              spec: { ...podTemplate.spec, restartPolicy: 'Never', nodeSelector: null, tolerations: null },
            },
          },
        },
        { labels: { pass: label }, annotations: null, creationTimestamp: null },
      ),
      make(
        claims,
        'nulls',
        {
          spec: {
            accessModes: ['ReadWriteOnce'],
            resources: { requests: { storage: '1Gi' }, limits: null },
            volumeName: null,
            storageClassName: null,
            selector: null,
          },
          status: null,
        },
        { labels: { pass: label } },
      ),
      make(things, 'nulls', { spec: null, data: { a: null } }, { labels: { pass: label, none: null } }),
    ];
    await create('nulls', nulls('one'));
    await applied('nulls');
    await onSpoke.patch(
      claims,
      { name: 'nulls', namespace: 'default' },
      { type: 'merge', body: { spec: { volumeName: 'bound', storageClassName: 'slow' } } },
    );
    const before = await Promise.all([jobs, claims].map((of) => find(of, 'nulls')));
    await change('nulls', nulls('two'));
    await applied('nulls');
    const after = await Promise.all([jobs, claims].map((of) => find(of, 'nulls')));
    for (const [index, object] of after.entries()) {
      expect(object.metadata.labels).toMatchObject({ pass: 'two' });
      expect(object.spec).toEqual(before[index]!.spec);
      expect(object.metadata.uid).toBe(before[index]!.metadata.uid);
    }
  });

  test.each(['Update', 'CreateOnly', 'ServerSideApply'])(
    '%s: metadata and status that a cluster writes do no harm in a manifest',
    async (type) => {
      const name = `exported-${type.toLowerCase()}`;
      const exported = (size: number) =>
        make(
          things,
          name,
          { spec: { size }, status: { phase: 'Theirs' } },
          {
            uid: '11111111-2222-3333-4444-555555555555',
            resourceVersion: '123',
            generation: 77,
            creationTimestamp: '2001-01-01T00:00:00Z',
            deletionTimestamp: null,
            selfLink: '/x',
            managedFields: [{ manager: 'x', operation: 'Apply', apiVersion: 'example.com/v1', fieldsV1: {} }],
            ownerReferences: [
              {
                apiVersion: 'v1',
                kind: 'ConfigMap',
                name: 'absent',
                uid: '11111111-2222-3333-4444-666666666666',
              },
            ],
          },
        );
      const options = type === 'ServerSideApply' ? { force: true } : undefined;
      await create(name, [exported(1)], { manifestConfigs: [strategy(things, type, options)] });
      await applied(name);
      const first = await find(things, name);
      await change(name, [exported(2)]);
      await applied(name);
      const second = await find(things, name);
      expect(second.metadata.uid).toBe(first.metadata.uid);
      expect(second.spec).toEqual({ size: type === 'CreateOnly' ? 1 : 2 });
      expect(second.metadata.ownerReferences?.map(({ kind }) => kind)).toEqual(['AppliedManifestWork']);
      expect(new Date(second.metadata.creationTimestamp!).getFullYear()).toBeGreaterThan(2001);
    },
  );

  test('lists that name a key twice, and fields that no schema knows, are applied all the same', async () => {
    const twice = (image: string, rest: object = {}) => [
      deployment(
        'twice',
        {
          template: {
            metadata: { labels: { app: 'twice' } },
            spec: {
              containers: [
                {
                  name: 'c',
                  image,
                  env: [
                    { name: 'A', value: '1' },
                    { name: 'A', value: '2' },
                  ],
                },
              ],
            },
          },
          ...rest,
        },
        { labels: { keep: '1', ...(image === 'one' && { drop: '1' }) } },
      ),
      make(things, 'twice', { strict: { known: image, unknown: 1 } }),
    ];
    await create('twice', twice('one', { minReadySeconds: 5 }));
    await applied('twice');
    await onSpoke.patch(
      deployments,
      { name: 'twice', namespace: 'default' },
      { type: 'merge', body: { spec: { replicas: 4 }, metadata: { labels: { theirs: '1' } } } },
    );
    await change('twice', twice('two'));
    await applied('twice');
    const [deployed, thing] = await Promise.all([deployments, things].map((of) => find(of, 'twice')));
    expect(deployed!.metadata.labels).toEqual({ keep: '1', theirs: '1' });
    expect(deployed!.spec).toMatchObject({
      replicas: 4,
      template: { spec: { containers: [{ image: 'two', env: [{ value: '1' }, { value: '2' }] }] } },
    });
    expect(deployed!.spec).not.toHaveProperty('minReadySeconds');
    expect(thing!.strict).toEqual({ known: 'two' });
    expect(thing!.metadata.ownerReferences).toHaveLength(1);
  });
});

describe('objects that several works name', () => {
  test('each has its own fields; when one goes, so do its fields, and the object stays', async () => {
    const shared = (labels: object, data: object) => [make(configMaps, 'shared', { data }, { labels })];
    await create('share-a', shared({ a: '1' }, { a: '1', both: '1' }));
    await applied('share-a');
    const { uid } = (await find(configMaps, 'shared')).metadata;
    await create('share-b', shared({ b: '1' }, { b: '1', both: '1' }));
    await applied('share-b');
    await change('share-a', shared({ a: '2' }, { a: '2', both: '1' }));
    await applied('share-a');
    const both = await find(configMaps, 'shared');
    expect(both.data).toEqual({ a: '2', b: '1', both: '1' });
    expect(both.metadata.labels).toEqual({ a: '2', b: '1' });
    expect(both.metadata.ownerReferences).toHaveLength(2);
    await onHub.delete(manifestWorks, { name: 'share-a', namespace: cluster });
    await waitFor('a to be gone', async () => !(await onHub.find(manifestWorks, 'share-a', cluster)));
    await change('share-b', shared({ b: '2' }, { b: '2', both: '1' }));
    await applied('share-b');
    let left = await find(configMaps, 'shared');
    // The agent learns of the end of the other work after the hub has let go of it. It takes the other's record over first,
    // and declares what is left second.
    await waitFor('the record to be one, and the fields of the other to be gone', async () => {
      left = await find(configMaps, 'shared');
      return writers(left).join() === 'work-agent/Apply' && !Object.hasOwn(left.data ?? {}, 'a');
    });
    expect(left.metadata.uid).toBe(uid);
    expect(left.data).toEqual({ b: '2', both: '1' });
    expect(left.metadata.labels).toEqual({ b: '2' });
  });
});

describe('records of who wrote what', () => {
  const scalar = fc.oneof(
    fc.string(),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  );
  const key = fc.oneof(
    fc.string({ minLength: 1, maxLength: 4 }),
    fc.constantFrom('a.b', 'a/b', 'f:a', '.', 'k:{}', '"', '__proto__'),
  );
  const { node } = fc.letrec((tie) => ({
    node: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      scalar,
      fc.array(tie('node'), { maxLength: 3 }),
      fc.dictionary(key, tie('node'), { maxKeys: 3 }),
    ),
  }));

  let count = 0;

  test('say of whatever was declared that to declare it again would change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.dictionary(key, node, { minKeys: 1, maxKeys: 4 }), async (spec) => {
        const name = `random-${++count}`;
        const body = make(things, name, { spec: parseJson(JSON.stringify(spec)) });
        const options = { fieldManager: 'random' };
        const became = await onSpoke.apply(things, body, options);
        const again = await onSpoke.apply(things, body, options);
        expect(again.metadata.resourceVersion).toBe(became.metadata.resourceVersion);
        expect(isDeclared(became, body, 'random')).toBe(true);
        expect(isDeclared(became, { ...body, data: { more: 1 } }, 'random')).toBe(false);
      }),
      { numRuns: 100 },
    );
  });
});

describe('numbers', () => {
  test('integers beyond 2^53 arrive, are compared and are reported exactly', async () => {
    const integers = [9007199254740993n, 1234567890123456789n, 9223372036854775807n, -9007199254740993n];
    const exact = make(things, 'exact', {
      spec: { list: integers, map: { first: integers[0] } },
      data: { nested: [{ value: integers[2] }] },
    });
    const paths = integers.map((_, index) => ({ name: `value${index}`, path: `.spec.list[${index}]` }));
    const spec = {
      manifestConfigs: [
        {
          ...strategy(things, 'Update'),
          feedbackRules: [
            { type: 'JSONPaths' as const, jsonPaths: [...paths, { name: 'status', path: '.status.big' }] },
          ],
        },
      ],
    };
    await create('exact', [exact], spec);
    await applied('exact');
    const text = await spoke.kubectl(['get', 'thing', 'exact', '-o', 'json']);
    for (const integer of integers) expect(text).toContain(String(integer));
    // What others wrote of an object that is only updated is not rounded either.
    await onSpoke.patch(
      things,
      { name: 'exact', namespace: 'default' },
      {
        type: 'merge',
        body: { theirs: undefined, spec: { theirs: 9007199254740995n }, status: { big: 9007199254740997n } },
      },
    );
    await change('exact', [{ ...exact, metadata: { ...exact.metadata, labels: { pass: 'two' } } }], spec);
    await applied('exact');
    expect((await find(things, 'exact')).spec).toEqual({
      list: integers,
      map: { first: integers[0] },
      theirs: 9007199254740995n,
    });
    await waitFor('the values on the hub', async () => {
      const work = await hub.kubectl(['get', 'manifestwork', 'exact', '-n', cluster, '-o', 'json']);
      return [...integers, 9007199254740997n].every((integer) => work.includes(`"integer": ${integer}`));
    });
    expect(await onSpoke.list(appliedManifestWorks)).toBeDefined();
  });
});
