import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import {
  type ManagedCluster,
  managedClusterSetBindings,
  managedClusterSets,
  managedClusters,
} from '../../operators/api/generated/cluster.ts';
import { manifestWorks } from '../../operators/api/generated/work.ts';
import { accessReviews } from '../../operators/registration/webhook/access.ts';
import { mutateCluster } from '../../operators/registration/webhook/mutate-cluster.ts';
import { validateBinding } from '../../operators/registration/webhook/validate-binding.ts';
import { validateCluster } from '../../operators/registration/webhook/validate-cluster.ts';
import type { AdmissionHandler } from '../../operators/runtime/admission/admission.ts';
import { admissionRoute } from '../../operators/runtime/admission/server.ts';
import { type WebhookServer, startWebhookServer } from '../../operators/runtime/admission/webhook-server.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import {
  clusterRoleBindings,
  clusterRoles,
  mutatingWebhookConfigurations,
  namespaces,
  validatingWebhookConfigurations,
} from '../../operators/runtime/client/kubernetes.ts';
import { createLogger } from '../../operators/runtime/process/logger.ts';
import { createMetrics } from '../../operators/runtime/process/metrics.ts';
import { selfSignedCertificate } from '../../operators/runtime/process/serving/self-signed.ts';
import { tlsProfile } from '../../operators/runtime/process/serving/tls.ts';
import { manifestWorkPath, manifestWorkValidator } from '../../operators/work/webhook/handlers.ts';
import { defaultManifestLimit } from '../../operators/work/webhook/manifests.ts';
import { type ControlPlane, startControlPlane, waitFor } from '../cluster/index.ts';
import { installCrds } from './work/agent.ts';
import { installWebhooks } from './webhooks.ts';

const paths = {
  work: manifestWorkPath,
  mutate: '/mutate-cluster-open-cluster-management-io-v1-managedcluster',
  validate: '/validate-cluster-open-cluster-management-io-v1-managedcluster',
  binding: '/validate-cluster-open-cluster-management-io-v1beta2-managedclustersetbinding',
} as const;
type Webhook = keyof typeof paths;

let hub: ControlPlane;
let admin: Client;
/** May write works and clusters, but neither accept a cluster, nor join or bind a set, nor choose an executor. */
let editor: Client;
let folder: string;
let server: WebhookServer;
const stop = new AbortController();
/** The webhooks that were called since the test began, in order. */
let called: Webhook[] = [];

const recorded = (webhook: Webhook, handler: AdmissionHandler): AdmissionHandler => {
  return (request, signal) => {
    called.push(webhook);
    return handler(request, signal);
  };
};

const serve = async (): Promise<string> => {
  folder = await mkdtemp(join(tmpdir(), 'webhooks-'));
  const { cert, key } = selfSignedCertificate(['127.0.0.1']);
  await writeFile(join(folder, 'tls.crt'), cert);
  await writeFile(join(folder, 'tls.key'), key);
  const log = createLogger({ v: 0 });
  const mayUse = accessReviews(admin);
  const handlers: Record<Webhook, AdmissionHandler> = {
    work: manifestWorkValidator({
      client: admin,
      manifestLimit: defaultManifestLimit,
      checksNilExecutor: true,
      allowsReplicaSets: true,
    }),
    mutate: mutateCluster(true, mayUse),
    validate: validateCluster(admin, mayUse),
    binding: validateBinding(mayUse),
  };
  const routes = Object.fromEntries(
    (Object.keys(paths) as Webhook[]).map((webhook) => [
      paths[webhook],
      admissionRoute(recorded(webhook, handlers[webhook]), paths[webhook], log),
    ]),
  );
  server = startWebhookServer({
    log,
    metrics: createMetrics(),
    port: 0,
    certDir: folder,
    tls: tlsProfile('', []),
    routes,
    signal: stop.signal,
  });
  await waitFor('the webhook server', async () => server.ready);
  return cert;
};

beforeAll(async () => {
  hub = await startControlPlane({ name: 'webhook-conditions', controllerManager: false });
  const kinds = ['managedclusters', 'managedclustersets', 'managedclustersetbindings'];
  await installCrds(
    hub,
    'manifestworks.work.open-cluster-management.io',
    ...kinds.map((kind) => `${kind}.cluster.open-cluster-management.io`),
  );
  const connection = loadConnection(hub.kubeconfigPath);
  admin = connect(connection, { userAgent: 'test' });
  editor = connect({ ...connection, impersonate: { user: 'editor' } }, { userAgent: 'test' });
  const metadata = { name: 'editor' };
  const apiGroups = ['cluster.open-cluster-management.io', 'work.open-cluster-management.io'];
  const resources = kinds.concat('manifestworks', 'managedclusters/status', 'manifestworks/status');
  const verbs = ['create', 'get', 'update', 'patch', 'delete'];
  await admin.create(clusterRoles, { metadata, rules: [{ apiGroups, resources, verbs }] });
  await admin.create(clusterRoleBindings, {
    metadata,
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: 'editor' },
    subjects: [{ apiGroup: 'rbac.authorization.k8s.io', kind: 'User', name: 'editor' }],
  });
  await waitFor('the editor to be let in', async () => {
    await editor.find(managedClusters, 'nobody');
    return true;
  });
  await admin.create(namespaces, { metadata: { name: 'cluster1' } });
  const certificate = await serve();
  const isServed = (path: string) => Object.values<string>(paths).includes(path);
  await installWebhooks(admin, { url: `https://127.0.0.1:${server.port}`, certificate }, isServed);
  // An API server takes a moment to know its webhooks: it does when the last of them has spoken.
  await waitFor('the webhooks to be called', async () => {
    const dryRun = true;
    called = [];
    await admin.create(managedClusters, { metadata: { name: 'probe' } }, { dryRun });
    await admin.create(manifestWorks, work('probe'), { dryRun });
    await admin.create(managedClusterSetBindings, binding('probe'), { dryRun });
    return new Set(called).size === Object.keys(paths).length;
  });
});

afterAll(async () => {
  stop.abort();
  await server?.done;
  await Promise.all([admin?.close(), editor?.close()]);
  await hub?.stop();
  if (folder) await rm(folder, { recursive: true });
});

const configMap = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c', namespace: 'default' } };
const executor = (name: string) => ({
  subject: { type: 'ServiceAccount' as const, serviceAccount: { namespace: 'default', name } },
});
const work = (name: string) => ({
  metadata: { name, namespace: 'cluster1', labels: { a: '1' } },
  spec: { workload: { manifests: [configMap] }, executor: executor('one') },
});
const binding = (name: string) => ({
  metadata: { name, namespace: 'cluster1' },
  spec: { clusterSet: name },
});
const set = 'cluster.open-cluster-management.io/clusterset';
const taint = { key: 'a', effect: 'NoSelect' as const };
const time = '2020-01-01T00:00:00Z';

type Case = [what: string, patch: object, webhooks: Webhook[], refusal?: RegExp];

beforeEach(() => {
  called = [];
});

test('every condition was taken by the API server', async () => {
  const configurations = [
    ...(await admin.list(validatingWebhookConfigurations)).items,
    ...(await admin.list(mutatingWebhookConfigurations)).items,
  ];
  const webhooks = configurations.flatMap((configuration) => configuration.webhooks ?? []);
  expect(webhooks).toHaveLength(4);
  for (const { matchConditions } of webhooks) expect(matchConditions).toHaveLength(1);
});

describe('works', () => {
  beforeAll(async () => {
    await admin.create(manifestWorks, work('w'));
  });
  const name = { name: 'w', namespace: 'cluster1' };

  test('a new one is judged', async () => {
    await admin.create(manifestWorks, work('new'));
    expect(called).toEqual(['work']);
    await expect(
      editor.create(manifestWorks, { ...work('none'), spec: { workload: { manifests: [] } } }),
    ).rejects.toThrow('manifests should not be empty');
    await expect(editor.create(manifestWorks, work('forbidden'))).rejects.toThrow(
      'cannot manipulate the Manifestwork with executor',
    );
  });

  test.each<Case>([
    ['a finalizer', { metadata: { finalizers: ['cluster.open-cluster-management.io/x'] } }, []],
    ['no finalizer', { metadata: { finalizers: [] } }, []],
    ['a label', { metadata: { labels: { a: '2' } } }, []],
    ['no labels', { metadata: { labels: null } }, []],
    ['an annotation', { metadata: { annotations: { a: '1' } } }, []],
    ['the same spec', { spec: { executor: executor('one') } }, []],
    ['a delete option', { spec: { deleteOption: { propagationPolicy: 'Orphan' } } }, ['work']],
    [
      'other manifests',
      { spec: { workload: { manifests: [{ ...configMap, data: { a: '1' } }] } } },
      ['work'],
    ],
    ['no manifests', { spec: { workload: { manifests: [] } } }, ['work'], /manifests should not be empty/],
    ['no workload', { spec: { workload: null } }, ['work'], /manifests should not be empty/],
    ['no spec', { spec: null }, ['work'], /manifests should not be empty/],
    ['another executor', { spec: { executor: executor('two') } }, ['work'], /executor default\/two/],
    ['no executor', { spec: { executor: null } }, ['work'], /executor \/klusterlet-work-sa/],
  ])('work.md 101, 103, 132: an update with %s', async (_what, body, webhooks, ...[refusal]) => {
    const patched = editor.patch(manifestWorks, name, { type: 'merge', body }, { dryRun: true });
    if (refusal) await expect(patched).rejects.toThrow(refusal);
    else await patched;
    expect(called).toEqual(webhooks);
  });

  test('a status is not judged', async () => {
    const conditions = [
      { type: 'A', status: 'True', reason: 'R', message: '', lastTransitionTime: new Date().toISOString() },
    ];
    const body = { status: { conditions } };
    await admin.patch(manifestWorks, name, { type: 'merge', body }, { subresource: 'status' });
    expect(called).toEqual([]);
  });
});

describe('clusters', () => {
  const name = { name: 'c' };
  const both: Webhook[] = ['mutate', 'validate'];

  beforeAll(async () => {
    const spec = { hubAcceptsClient: false, taints: [taint] };
    await admin.create(managedClusters, { metadata: { ...name, labels: { [set]: 'one' } }, spec });
  });

  test('a new one is completed and judged', async () => {
    const created = await admin.create(managedClusters, { metadata: { name: 'new' } });
    expect(created.metadata.labels).toEqual({ [set]: 'default' });
    expect(called).toEqual(both);
    const accepted = { metadata: { name: 'accepted' }, spec: { hubAcceptsClient: true } };
    await expect(editor.create(managedClusters, accepted)).rejects.toThrow('HubAcceptsClient');
  });

  test.each<Case>([
    ['a finalizer', { metadata: { finalizers: ['cluster.open-cluster-management.io/x'] } }, []],
    ['no finalizer', { metadata: { finalizers: [] } }, []],
    ['another label', { metadata: { labels: { vendor: 'x' } } }, []],
    ['an annotation', { metadata: { annotations: { a: '1' } } }, []],
    ['the same spec', { spec: { hubAcceptsClient: false } }, []],
    ['a lease duration', { spec: { leaseDurationSeconds: 70 } }, []],
    ['acceptance', { spec: { hubAcceptsClient: true } }, ['validate'], /HubAcceptsClient/],
    ['a set', { metadata: { labels: { [set]: 'two' } } }, ['validate'], /ManagedClusterSet/],
    ['no set', { metadata: { labels: { [set]: null } } }, both, /ManagedClusterSet/],
    ['an empty set', { metadata: { labels: { [set]: '' } } }, both, /ManagedClusterSet/],
    ['no labels', { metadata: { labels: null } }, both, /ManagedClusterSet/],
    ['another taint', { spec: { taints: [{ ...taint, key: 'b' }] } }, ['mutate']],
    ['no taints', { spec: { taints: null } }, ['mutate']],
    ['no spec', { spec: null }, both],
    [
      'the time of a taint',
      { spec: { taints: [{ ...taint, timeAdded: time }] } },
      ['mutate'],
      /TimeAdded of Taint "a"/,
    ],
    [
      'a client configuration',
      { spec: { managedClusterClientConfigs: [{ url: 'https://a' }] } },
      ['validate'],
    ],
    [
      'a client configuration without TLS',
      { spec: { managedClusterClientConfigs: [{ url: 'http://a' }] } },
      ['validate'],
      /url "http:\/\/a" is invalid/,
    ],
  ])('registration.md 107 to 112: an update with %s', async (_what, body, webhooks, ...[refusal]) => {
    const patched = editor.patch(managedClusters, name, { type: 'merge', body }, { dryRun: true });
    if (refusal) await expect(patched).rejects.toThrow(refusal);
    else await patched;
    expect(called).toEqual(webhooks);
  });

  test('a cluster without a set gets the default one with its next update, whatever that is', async () => {
    const without: ManagedCluster = { metadata: { name: 'older' } };
    await admin.delete(mutatingWebhookConfigurations, await mutators());
    await waitFor('the cluster to be stored without a set', async () => {
      const stored = await admin.create(managedClusters, without, { dryRun: true });
      return stored.metadata.labels === undefined;
    });
    await admin.create(managedClusters, without);
    await restoreMutators();
    const body = { metadata: { annotations: { a: '1' } } };
    const patched = await admin.patch(managedClusters, { name: 'older' }, { type: 'merge', body });
    expect(patched.metadata.labels).toEqual({ [set]: 'default' });
  });

  test('a status is not judged', async () => {
    const body = { status: { version: { kubernetes: 'v1' } } };
    await admin.patch(managedClusters, name, { type: 'merge', body }, { subresource: 'status' });
    expect(called).toEqual([]);
  });
});

/** The configuration of the mutating webhook, kept for its return. */
const saved = { configuration: undefined as unknown };
const mutators = async (): Promise<{ name: string }> => {
  const [configuration] = (await admin.list(mutatingWebhookConfigurations)).items;
  saved.configuration = configuration;
  return { name: configuration!.metadata.name };
};
const restoreMutators = async (): Promise<void> => {
  const { metadata, webhooks } = saved.configuration as { metadata: { name: string }; webhooks: never };
  await admin.create(mutatingWebhookConfigurations, { metadata: { name: metadata.name }, webhooks });
  await waitFor('the webhook to be called again', async () => {
    const probe = await admin.create(managedClusters, { metadata: { name: 'probe' } }, { dryRun: true });
    return probe.metadata.labels !== undefined;
  });
};

describe('bindings of sets', () => {
  test('a new one is judged, and one whose spec changes', async () => {
    await admin.create(managedClusterSets, { metadata: { name: 's' } });
    await expect(editor.create(managedClusterSetBindings, binding('s'))).rejects.toThrow(
      'is not allowed to bind cluster set "s"',
    );
    await admin.create(managedClusterSetBindings, binding('s'));
    called = [];
    const target = { name: 's', namespace: 'cluster1' };
    const patch = (body: object) => editor.patch(managedClusterSetBindings, target, { type: 'merge', body });
    await patch({ metadata: { labels: { a: '1' } } });
    expect(called).toEqual([]);
    await expect(patch({ spec: { clusterSet: 'other' } })).rejects.toThrow();
  });
});
