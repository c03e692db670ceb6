import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { dump } from 'js-yaml';
import {
  appliedManifestWorks,
  clusterManagers,
  klusterlets,
  managedClusterAddOnsV1alpha1,
  managedClusters,
  managedClusterSetBindings,
  manifestWorks,
  placements,
} from '../../operators/api/index.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { connect } from '../../operators/runtime/client/connect.ts';
import { loadConnection } from '../../operators/runtime/client/kubeconfig/load.ts';
import {
  certificateSigningRequests,
  clusterRoleBindings,
  deployments,
  endpointSlices,
  leases,
  pods,
  secrets,
} from '../../operators/runtime/client/kubernetes.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';
import { certificateRequest } from '../../cli/accept/request-fixture.ts';
import { createAuthority } from '../cluster/certificates.ts';
import { patience, waitFor } from '../cluster/index.ts';
import { freePorts } from '../cluster/ports.ts';
import { type Any, condition, useCluster } from './cli/harness.ts';

const harness = useCluster('cli-doctor');
const { succeed, kubectl } = harness;

const cluster = 'cluster.open-cluster-management.io';
const addon = 'addon.open-cluster-management.io';
const operatorApi = 'operator.open-cluster-management.io/v1';
const operators = 'open-cluster-management';
const hub = 'open-cluster-management-hub';
const agents = 'open-cluster-management-agent';
/** In every credential, and in nothing that leaves the cluster. */
const secretText = 'veryS3cretText';

/** What the tests change, by the names that kubectl has for it. */
const kinds: Record<string, Resource<Any>> = {
  appliedmanifestwork: appliedManifestWorks,
  clustermanager: clusterManagers,
  clusterrolebinding: clusterRoleBindings,
  csr: certificateSigningRequests,
  deployment: deployments,
  endpointslice: endpointSlices,
  klusterlet: klusterlets,
  lease: leases,
  managedcluster: managedClusters,
  managedclusteraddon: managedClusterAddOnsV1alpha1,
  managedclustersetbinding: managedClusterSetBindings,
  manifestwork: manifestWorks,
  placement: placements,
  pod: pods,
  secret: secrets,
};

let client: Client;
beforeAll(() => {
  client = connect(loadConnection(harness.cluster().kubeconfigPath), {
    userAgent: 'test',
    requestTimeoutMs: patience,
  });
});
afterAll(() => client?.close());

/** `-n namespace kind name`, or `kind name`. */
const at = (target: readonly string[]) => {
  const [, namespace, ...named] = target[0] === '-n' ? target : ['', undefined, ...target];
  const [kind = '', name = ''] = named;
  return { resource: kinds[kind]!, key: { name, namespace } };
};
const read = (...target: string[]): Promise<Any> => {
  const { resource, key } = at(target);
  return client.get(resource, key.name, key.namespace);
};
const merge = (body: object, ...target: string[]): Promise<unknown> =>
  client.patch(at(target).resource, at(target).key, { type: 'merge', body });
const setStatus = (status: object, ...target: string[]): Promise<unknown> =>
  client.patch(
    at(target).resource,
    at(target).key,
    { type: 'merge', body: { status } },
    { subresource: 'status' },
  );
const remove = (...target: string[]): Promise<boolean> => client.delete(at(target).resource, at(target).key);
const apply = async (given: Any): Promise<void> => {
  const resource = await client.resourceFor(given.apiVersion, given.kind);
  await client.apply(resource!, given, { fieldManager: 'test' });
};

interface Found {
  code: string;
  object: string;
  cause: string;
  remedy: string;
}

const look = async (...args: string[]): Promise<Found[]> => {
  const { stdout, stderr } = await harness.cli('doctor', '-o', 'json', ...args);
  if (!stdout) throw new Error(stderr);
  const { findings, unread } = JSON.parse(stdout);
  expect(unread).toEqual([]);
  return findings;
};
const codes = async (...args: string[]): Promise<string[]> => (await look(...args)).map(({ code }) => code);

const object = (apiVersion: string, kind: string, name: string, namespace?: string, rest: object = {}) => ({
  apiVersion,
  kind,
  metadata: { name, ...(namespace && { namespace }) },
  ...rest,
});

const deployment = (namespace: string, name: string) => {
  const labels = { app: name };
  const containers = [{ name: 'main', image: 'registry.example.com/main:v1' }];
  const template = { metadata: { labels }, spec: { containers } };
  const spec = { replicas: 0, selector: { matchLabels: labels }, template };
  return object('apps/v1', 'Deployment', name, namespace, { spec });
};

interface Given {
  server?: string;
  ca?: string;
  token?: string;
  more?: object;
}

/** A kubeconfig of somebody who may look at clusters, but for what is given. */
const kubeconfig = ({ server, ca, token = good, more = {} }: Given = {}): string =>
  dump({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [
      {
        name: 'hub',
        cluster: {
          server: server ?? harness.cluster().server,
          'certificate-authority-data': Buffer.from(ca ?? harness.cluster().caPem).toString('base64'),
          ...more,
        },
      },
    ],
    users: [{ name: 'me', user: { token } }],
    contexts: [{ name: 'hub', context: { cluster: 'hub', user: 'me' } }],
    'current-context': 'hub',
  });
let good = '';

const secret = (name: string, data: Record<string, string>) =>
  apply({ ...object('v1', 'Secret', name, agents), stringData: data });
const bootstrap = (given?: Given) => secret('bootstrap-hub-kubeconfig', { kubeconfig: kubeconfig(given) });

const certificateUser = async (valid: { notBefore: Date; notAfter: Date }): Promise<void> => {
  const authority = await createAuthority('another');
  const { certificate, privateKey } = await authority.issue({ commonName: 'agent', valid });
  const users = [{ name: 'me', user: { 'client-certificate': 'tls.crt', 'client-key': 'tls.key' } }];
  const config = { ...(JSON.parse(JSON.stringify(harness.cluster().kubeconfig)) as Any), users };
  config.contexts[0].context.user = 'me';
  const files = { kubeconfig: dump(config), 'tls.crt': certificate, 'tls.key': privateKey };
  await secret('hub-kubeconfig-secret', files);
};
const noHubKubeconfig = () => remove('-n', agents, 'secret', 'hub-kubeconfig-secret');

/** Starts a Pod of a Deployment, of which a node would say this. */
const pod = async (namespace: string, name: string, status: object): Promise<void> => {
  await merge({ spec: { replicas: 1 } }, '-n', namespace, 'deployment', name);
  const found = await waitFor('a Pod', async () => {
    const { items } = await client.list(pods, { namespace, labelSelector: `app=${name}` });
    return items[0]?.metadata.name;
  });
  await setStatus(status, '-n', namespace, 'pod', found!);
};
/** Ends it; resolves when no controller that has yet to hear of it makes another one. */
const noPod = async (namespace: string, name: string): Promise<void> => {
  await merge({ spec: { replicas: 0 } }, '-n', namespace, 'deployment', name);
  const labelSelector = `app=${name}`;
  const replicaSets: Resource<Any> = (await client.resourceFor('apps/v1', 'ReplicaSet'))!;
  const isAtRest = ({ metadata, spec, status }: Any) =>
    spec.replicas === 0 && status?.observedGeneration === metadata.generation;
  await waitFor(`no Pod of ${name}`, async () => {
    const found = await read('-n', namespace, 'deployment', name);
    const sets = (await client.list(replicaSets, { namespace, labelSelector })).items;
    const left = (await client.list(pods, { namespace, labelSelector })).items;
    return [found, ...sets].every(isAtRest) && left.length === 0;
  });
};
const container = (state: object, lastState: object = {}) => ({
  containerStatuses: [
    {
      name: 'main',
      image: 'registry.example.com/main:v1',
      imageID: '',
      ready: false,
      restartCount: 1,
      state,
      lastState,
    },
  ],
});
const waiting = (reason: string) => container({ waiting: { reason, message: 'said' } });

const healthy = ['HubAcceptedManagedCluster', 'ManagedClusterJoined', 'ManagedClusterConditionAvailable'];
const clusterStatus = (...bad: object[]) =>
  setStatus(
    { conditions: [...healthy.map((type) => condition(type, 'True')), ...bad] },
    'managedcluster',
    'c1',
  );

const csr = async (): Promise<void> => {
  const group = `system:open-cluster-management:c1`;
  const request = await certificateRequest(`${group}:agent`, [group]);
  await clusterStatus();
  await setStatus({ conditions: [condition(healthy[0]!, 'True')] }, 'managedcluster', 'c1');
  const labels = { 'open-cluster-management.io/cluster-name': 'c1' };
  await apply({
    apiVersion: 'certificates.k8s.io/v1',
    kind: 'CertificateSigningRequest',
    metadata: { name: 'csr-c1', labels },
    spec: {
      request: Buffer.from(request).toString('base64'),
      signerName: 'kubernetes.io/kube-apiserver-client',
      usages: ['client auth'],
    },
  });
};
const noCsr = async (): Promise<void> => {
  await remove('csr', 'csr-c1');
  await clusterStatus();
};

const work = (name: string) =>
  object('work.open-cluster-management.io/v1', 'ManifestWork', name, 'c1', {
    spec: {
      workload: { manifests: [object('v1', 'Secret', 'x', 'shop', { stringData: { a: secretText } })] },
    },
  });
const workStatus = async (name: string, status: 'True' | 'False', message: string): Promise<void> => {
  const { generation: observedGeneration } = (await read('-n', 'c1', 'manifestwork', name)).metadata;
  const said = (type: string, value: 'True' | 'False') => ({ ...condition(type, value), observedGeneration });
  const of = (resource: string, kind: string) => ({
    resourceMeta: { ordinal: 0, resource, kind, namespace: 'shop', name: 'x' },
    conditions: [{ ...said('Applied', status), message }, said('Available', 'True')],
  });
  const manifests = [of('configmaps', 'ConfigMap'), of('secrets', 'Secret')];
  const conditions = [said('Applied', status), said('Available', 'True')];
  await setStatus({ conditions, resourceStatus: { manifests } }, '-n', 'c1', 'manifestwork', name);
};

const finalizer = async (...target: string[]): Promise<void> => {
  await merge({ metadata: { finalizers: ['example.com/hold'] } }, ...target);
  await remove(...target);
};
const released = async (...target: string[]): Promise<void> => {
  await merge({ metadata: { finalizers: null } }, ...target);
};

const placement = (type: string, status: 'True' | 'False', reason: string) =>
  setStatus(
    { conditions: [{ ...condition(type, status), reason }], numberOfSelectedClusters: 0 },
    '-n',
    'shop',
    'placement',
    'p',
  );
const klusterletStatus = (...conditions: object[]) => setStatus({ conditions }, 'klusterlet', 'klusterlet');
const hubStatus = (...conditions: object[]) => setStatus({ conditions }, 'clustermanager', 'cluster-manager');
const because = (type: string, status: 'True' | 'False', reason: string) => ({
  ...condition(type, status),
  reason,
});

const endpoints = () =>
  apply({
    apiVersion: 'discovery.k8s.io/v1',
    kind: 'EndpointSlice',
    metadata: { name: 'webhook', namespace: hub, labels: { 'kubernetes.io/service-name': 'webhook' } },
    addressType: 'IPv4',
    endpoints: [{ addresses: ['10.0.0.1'], conditions: { ready: true } }],
    ports: [{ name: '', port: 9443, protocol: 'TCP' }],
  });
const bootstrapRole = 'open-cluster-management:bootstrap';
const binding = (name = bootstrapRole) => {
  const subjects = [{ kind: 'ServiceAccount', name: 'joins', namespace: 'shop' }];
  const roleRef = { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name };
  return apply(
    object('rbac.authorization.k8s.io/v1', 'ClusterRoleBinding', name, undefined, { roleRef, subjects }),
  );
};
const klusterlet = () =>
  apply(
    object(operatorApi, 'Klusterlet', 'klusterlet', undefined, {
      spec: { clusterName: 'c1', namespace: agents },
    }),
  );
const managedAddon = (name: string) =>
  apply(object(`${addon}/v1alpha1`, 'ManagedClusterAddOn', name, 'c1', { spec: {} }));

test('a cluster without anything is told so', async () => {
  expect(await codes()).toEqual(['nothing-installed']);
});

describe('a hub that is its own managed cluster', () => {
  beforeAll(async () => {
    await harness.installCrds();
    for (const namespace of [operators, hub, agents, 'c1', 'shop'])
      await kubectl('create', 'namespace', namespace);
    await kubectl('-n', 'shop', 'create', 'serviceaccount', 'joins');
    await kubectl('-n', 'shop', 'create', 'serviceaccount', 'nobody');
    const rules = [{ apiGroups: [cluster], resources: ['managedclusters'], verbs: ['get', 'list'] }];
    for (const name of [bootstrapRole, 'look']) {
      await apply(object('rbac.authorization.k8s.io/v1', 'ClusterRole', name, undefined, { rules }));
    }
    await binding();
    await binding('look');
    good = await kubectl('-n', 'shop', 'create', 'token', 'joins');
    for (const name of ['cluster-manager', 'klusterlet']) await apply(deployment(operators, name));
    await apply(deployment(hub, 'cluster-manager-registration-controller'));
    await apply(deployment(agents, 'klusterlet-agent'));
    await apply(object(operatorApi, 'ClusterManager', 'cluster-manager', undefined, { spec: {} }));
    await klusterlet();
    await bootstrap();
    await apply(object('v1', 'Service', 'webhook', hub, { spec: { ports: [{ port: 9443 }] } }));
    await endpoints();
    const service = { namespace: hub, name: 'webhook', port: 9443 };
    const clientConfig = { service, caBundle: Buffer.from(harness.cluster().caPem).toString('base64') };
    const name = `managedclustervalidators.admission.${cluster}`;
    const webhook = { name, clientConfig, sideEffects: 'None', admissionReviewVersions: ['v1'] };
    const kind = 'ValidatingWebhookConfiguration';
    await apply(object('admissionregistration.k8s.io/v1', kind, name, undefined, { webhooks: [webhook] }));
    await apply(
      object(`${cluster}/v1`, 'ManagedCluster', 'c1', undefined, { spec: { hubAcceptsClient: true } }),
    );
    await clusterStatus();
    const renewTime = '2026-01-01T00:00:00.000000Z';
    await apply(
      object('coordination.k8s.io/v1', 'Lease', 'managed-cluster-lease', 'c1', { spec: { renewTime } }),
    );
    await apply(work('w'));
    await workStatus('w', 'True', 'said');
    await apply(object(`${cluster}/v1beta1`, 'Placement', 'p', 'shop', { spec: {} }));
    await apply(object(`${addon}/v1alpha1`, 'ClusterManagementAddOn', 'hello', undefined, { spec: {} }));
    await managedAddon('hello');
  });

  test('nothing is wrong', async () => {
    expect(await look()).toEqual([]);
    expect(await succeed('doctor')).toMatch(
      /is a hub and a managed cluster .*\n\nnothing is wrong that the doctor knows\n$/,
    );
  });

  let undo: (() => Promise<unknown>) | undefined;
  /** Whatever a test left is put right, also when it failed. */
  afterEach(async () => {
    await undo?.();
    undo = undefined;
  });

  const jwt = (claims: object) =>
    `e30.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${secretText}`;
  const soon = 24 * 60 * 60 * 1000;
  const from = (ms: number) => new Date(Date.now() + ms);
  const refusedPort = async () => `https://127.0.0.1:${(await freePorts(1))[0]}`;

  test.each<[string, string, () => Promise<unknown>, () => Promise<unknown>]>([
    [
      'image',
      'the image of the operator is not there',
      () => pod(operators, 'klusterlet', waiting('ImagePullBackOff')),
      () => noPod(operators, 'klusterlet'),
    ],
    [
      'crash',
      'an agent ends again and again',
      () =>
        pod(agents, 'klusterlet-agent', {
          ...container(
            { waiting: { reason: 'CrashLoopBackOff' } },
            { terminated: { reason: 'Error', exitCode: 1 } },
          ),
        }),
      () => noPod(agents, 'klusterlet-agent'),
    ],
    [
      'memory',
      'an agent needs more memory than it may have',
      () =>
        pod(agents, 'klusterlet-agent', {
          ...container(
            { waiting: { reason: 'CrashLoopBackOff' } },
            { terminated: { reason: 'OOMKilled', exitCode: 137 } },
          ),
        }),
      () => noPod(agents, 'klusterlet-agent'),
    ],
    [
      'unschedulable',
      'no node takes a Pod of the hub',
      () =>
        pod(hub, 'cluster-manager-registration-controller', {
          conditions: [
            { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/3 nodes fit' },
          ],
        }),
      () => noPod(hub, 'cluster-manager-registration-controller'),
    ],
    [
      'quota',
      'a quota allows no Pod',
      async () => {
        await apply(object('v1', 'ResourceQuota', 'none', agents, { spec: { hard: { pods: '0' } } }));
        await waitFor(
          'the quota to be counted',
          async () => (await harness.get('-n', agents, 'resourcequota', 'none')).status?.hard?.pods === '0',
        );
        await merge({ spec: { replicas: 1 } }, '-n', agents, 'deployment', 'klusterlet-agent');
        await waitFor('the Deployment to fail', async () => {
          const { status } = await read('-n', agents, 'deployment', 'klusterlet-agent');
          return status?.conditions?.some(({ type }: Any) => type === 'ReplicaFailure');
        });
      },
      async () => {
        await noPod(agents, 'klusterlet-agent');
        await kubectl('-n', agents, 'delete', 'resourcequota', 'none');
      },
    ],
    [
      'operator-missing',
      'somebody deleted the operator',
      () => remove('-n', operators, 'deployment', 'klusterlet'),
      () => apply(deployment(operators, 'klusterlet')),
    ],
    ['klusterlet-missing', 'there is no Klusterlet', () => remove('klusterlet', 'klusterlet'), klusterlet],
    [
      'bootstrap-kubeconfig-missing',
      'there is nothing to join with',
      () => remove('-n', agents, 'secret', 'bootstrap-hub-kubeconfig'),
      () => bootstrap(),
    ],
    [
      'kubeconfig-invalid',
      'what there is to join with is no kubeconfig',
      () => secret('bootstrap-hub-kubeconfig', { kubeconfig: `token: [${secretText}` }),
      () => bootstrap(),
    ],
    [
      'dns',
      'nobody knows the name of the hub',
      () => bootstrap({ server: 'https://hub.invalid:6443' }),
      () => bootstrap(),
    ],
    ['refused', 'nothing listens', async () => bootstrap({ server: await refusedPort() }), () => bootstrap()],
    [
      'ca',
      'the hub is of another authority',
      async () => bootstrap({ ca: (await createAuthority('another')).certificate }),
      () => bootstrap(),
    ],
    [
      'server-name',
      'the hub is called by a name that is not its own',
      () => bootstrap({ more: { 'tls-server-name': 'other.example.com' } }),
      () => bootstrap(),
    ],
    [
      'proxy',
      'the proxy is not there',
      async () =>
        bootstrap({
          more: { 'proxy-url': (await refusedPort()).replace('https://', `http://me:${secretText}@`) },
        }),
      () => bootstrap(),
    ],
    [
      'token-expired',
      'the token is old',
      () => bootstrap({ token: jwt({ exp: 1_700_000_000 }) }),
      () => bootstrap(),
    ],
    [
      'unauthorized',
      'the hub does not know the token',
      () => bootstrap({ token: secretText }),
      () => bootstrap(),
    ],
    [
      'rbac',
      'the token may do nothing',
      async () => bootstrap({ token: await kubectl('-n', 'shop', 'create', 'token', 'nobody') }),
      () => bootstrap(),
    ],
    [
      'certificate-expired',
      'the agent was away for too long',
      () => certificateUser({ notBefore: from(-2 * soon), notAfter: from(-soon) }),
      noHubKubeconfig,
    ],
    [
      'clock',
      'the clock of the managed cluster is late',
      () => certificateUser({ notBefore: from(soon), notAfter: from(2 * soon) }),
      noHubKubeconfig,
    ],
    [
      'version-refused',
      'the klusterlet may not get this version',
      () => klusterletStatus(because('Applied', 'False', 'UpgradeUnsupported')),
      () => klusterletStatus(),
    ],
    [
      'version-refused',
      'the hub may not get this version',
      () => hubStatus(because('Applied', 'False', 'KubernetesVersionUnsupported')),
      () => hubStatus(),
    ],
    [
      'feature-gates',
      'there is no such gate',
      () => klusterletStatus(because('ValidFeatureGates', 'False', 'InvalidFeatureGatesExisting')),
      () => klusterletStatus(),
    ],
    [
      'klusterlet-deletion',
      'the klusterlet does not go',
      () => finalizer('klusterlet', 'klusterlet'),
      async () => {
        await released('klusterlet', 'klusterlet');
        await klusterlet();
      },
    ],
    [
      'work-removal',
      'the objects of a work do not go',
      async () => {
        const spec = { hubHash: 'h', agentID: 'a', manifestWorkName: 'gone' };
        await apply(
          object('work.open-cluster-management.io/v1', 'AppliedManifestWork', 'h-gone', undefined, { spec }),
        );
        await finalizer('appliedmanifestwork', 'h-gone');
      },
      () => released('appliedmanifestwork', 'h-gone'),
    ],
    [
      'webhook-down',
      'the webhook does not run',
      () => remove('-n', hub, 'endpointslice', 'webhook'),
      endpoints,
    ],
    ['bootstrap-rbac', 'nobody may join', () => remove('clusterrolebinding', bootstrapRole), () => binding()],
    [
      'not-accepted',
      'nobody accepted the cluster',
      () => merge({ spec: { hubAcceptsClient: false } }, 'managedcluster', 'c1'),
      () => merge({ spec: { hubAcceptsClient: true } }, 'managedcluster', 'c1'),
    ],
    ['request-pending', 'nobody approved its request', csr, noCsr],
    [
      'request-denied',
      'somebody denied its request',
      async () => {
        await csr();
        await kubectl('certificate', 'deny', 'csr-c1');
      },
      noCsr,
    ],
    [
      'not-joined',
      'it has a certificate and does not come back',
      async () => {
        await csr();
        await kubectl('certificate', 'approve', 'csr-c1');
        await waitFor(
          'the certificate',
          async () => (await read('csr', 'csr-c1')).status?.certificate as string,
        );
      },
      noCsr,
    ],
    [
      'cluster-unavailable',
      'its API server does not answer',
      () =>
        setStatus(
          { conditions: healthy.map((type, index) => condition(type, index < 2 ? 'True' : 'False')) },
          'managedcluster',
          'c1',
        ),
      () => clusterStatus(),
    ],
    [
      'clock',
      'its clock and that of the hub differ',
      () => clusterStatus(condition('ManagedClusterConditionClockSynced', 'False')),
      () => clusterStatus(),
    ],
    [
      'no-lease',
      'its agent renews no lease',
      () => remove('-n', 'c1', 'lease', 'managed-cluster-lease'),
      () =>
        apply(
          object('coordination.k8s.io/v1', 'Lease', 'managed-cluster-lease', 'c1', {
            spec: { renewTime: '2026-01-01T00:00:00.000000Z' },
          }),
        ),
    ],
    [
      'cluster-deletion',
      'the cluster does not go',
      () => finalizer('managedcluster', 'c1'),
      async () => {
        await released('managedcluster', 'c1');
        await apply(
          object(`${cluster}/v1`, 'ManagedCluster', 'c1', undefined, { spec: { hubAcceptsClient: true } }),
        );
        await clusterStatus();
      },
    ],
    [
      'taint',
      'a taint keeps placements away',
      () =>
        merge({ spec: { taints: [{ key: 'example.com/a', effect: 'NoSelect' }] } }, 'managedcluster', 'c1'),
      () => merge({ spec: { taints: null } }, 'managedcluster', 'c1'),
    ],
    [
      'manifest-refused',
      'the cluster refuses a manifest',
      () => workStatus('w', 'False', `configmaps "x" is forbidden: ${secretText}`.replace(secretText, 'no')),
      () => workStatus('w', 'True', 'said'),
    ],
    [
      'work-deletion',
      'a work does not go',
      async () => {
        await apply(work('leaves'));
        await finalizer('-n', 'c1', 'manifestwork', 'leaves');
      },
      () => released('-n', 'c1', 'manifestwork', 'leaves'),
    ],
    [
      'set-missing',
      'a namespace is bound to a set that is not there',
      () =>
        apply(
          object(`${cluster}/v1beta2`, 'ManagedClusterSetBinding', 'gone', 'shop', {
            spec: { clusterSet: 'gone' },
          }),
        ),
      () => remove('-n', 'shop', 'managedclustersetbinding', 'gone'),
    ],
    [
      'binding-missing',
      'no set is bound to the namespace of a placement',
      () => placement('PlacementSatisfied', 'False', 'NoManagedClusterSetBindings'),
      () => placement('PlacementSatisfied', 'True', 'AllDecisionsScheduled'),
    ],
    [
      'placement-misconfigured',
      'a placement makes no sense',
      () => placement('PlacementMisconfigured', 'True', 'Misconfigured'),
      () => placement('PlacementSatisfied', 'True', 'AllDecisionsScheduled'),
    ],
    [
      'addon-unknown',
      'an add-on is enabled that is not installed',
      () => managedAddon('nobody'),
      () => remove('-n', 'c1', 'managedclusteraddon', 'nobody'),
    ],
    [
      'addon-unavailable',
      'the agent of an add-on does not run',
      () =>
        setStatus(
          { conditions: [condition('Available', 'False')] },
          '-n',
          'c1',
          'managedclusteraddon',
          'hello',
        ),
      () =>
        setStatus(
          { conditions: [condition('Available', 'True')] },
          '-n',
          'c1',
          'managedclusteraddon',
          'hello',
        ),
    ],
  ])('%s: %s', async (code, _, seed, put) => {
    undo = put;
    await seed();
    const file = harness.path('facts.gz');
    const found = await look('--bundle', file);
    expect(found.map((each) => each.code)[0]).toBe(code);
    for (const { cause, remedy } of found) expect([cause, remedy]).not.toContain('');
    // Without access to the cluster the same comes out, and no credential is in what was taken along.
    expect(await look('--from-bundle', file)).toEqual(found);
    const archive = gunzipSync(readFileSync(file)).toString();
    for (const hidden of [secretText, good, Buffer.from(good).toString('base64'), 'PRIVATE KEY']) {
      expect(archive).not.toContain(hidden);
    }
    expect(JSON.stringify(found)).not.toContain(secretText);
  });

  test('it fails with what it found, for people too', async () => {
    undo = () => binding();
    await remove('clusterrolebinding', bootstrapRole);
    const { code, stdout, stderr } = await harness.cli('doctor');
    expect(code).toBe(1);
    expect(stdout).toMatch(
      /a ClusterRoleBinding of open-cluster-management:bootstrap: bootstrap-rbac\n {2}cause: .*\n {2}do: {4}clusteradm init\n/,
    );
    expect(stderr).toBe('Error: the doctor found 1 cause of trouble\n');
  });

  test('what may not be read is said, and the rest is judged', async () => {
    const file = await harness.file(
      'nobody.yaml',
      kubeconfig({ token: await kubectl('-n', 'shop', 'create', 'token', 'joins') }),
    );
    const { stdout } = await harness.cli('doctor', '--kubeconfig', file, '-o', 'json');
    const { findings, unread } = JSON.parse(stdout);
    expect(unread).toEqual(expect.arrayContaining([expect.stringMatching(/^ManifestWorks: .*forbidden/)]));
    expect(findings).toEqual([]);
  });

  test.each([
    [['x'], 'there should be no argument'],
    [['-o', 'xml'], 'invalid output format'],
    [['--bundle=a', '--from-bundle=b'], 'exclude each other'],
    [['--from-bundle=/none'], 'cannot read /none as an archive of the doctor'],
  ])('%j is refused', async (args, message) => {
    expect(await harness.fail('doctor', ...args)).toContain(message);
  });

  test('an archive of another version is refused', async () => {
    const file = await harness.file('other.gz', 'none');
    expect(await harness.fail('doctor', '--from-bundle', file)).toContain('cannot read');
  });
});
