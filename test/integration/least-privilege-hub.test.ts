import { createPrivateKey } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ClusterManager, ClusterManagerSpec } from '../../operators/api/generated/operator.ts';
import { manifestWorks } from '../../operators/api/generated/work.ts';
import { managedClusters } from '../../operators/api/generated/cluster.ts';
import { refOf } from '../../operators/registration-operator/apply/index.ts';
import {
  type Bundle,
  findBundles,
  loadBundles,
  render,
} from '../../operators/registration-operator/bundle/index.ts';
import { renderInput } from '../../operators/registration-operator/clustermanager/rendering/parameters.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  certificateSigningRequests,
  clusterRoleBindings,
  clusterRoles,
  configMaps,
  customResourceDefinitions,
  deployments,
  mutatingWebhookConfigurations,
  namespaces,
  networkPolicies,
  pods,
  roles,
  type Secret,
  secrets,
  serviceAccounts,
  validatingAdmissionPolicies,
  validatingAdmissionPolicyBindings,
} from '../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import { createRequest, generatePrivateKey } from '../../operators/runtime/pki/request.ts';
import { selfSignedCertificate } from '../../operators/runtime/process/serving/self-signed.ts';
import { type ControlPlane, patienceFlag, startControlPlane } from '../cluster/index.ts';
import { clientOf, operatorNamespace } from './clustermanager/harness.ts';
import { installationOf } from './installation.ts';
import { boundsOfAddonManager } from './least-privilege/addon-manager.ts';
import { holderOfToken, untilAllEnforced, untilEnforced, verdictOn } from './least-privilege/identity.ts';
import { deploymentWith, forbiddenPods } from './least-privilege/pods.ts';

const dryRun = { dryRun: true };
const hubNamespace = 'open-cluster-management-hub';
const system = 'kube-system';

let controlPlane: ControlPlane;
let admin: Client;
/** Has the token of the cluster-manager operator. */
let thief: Client;

const text = (value: string) => Buffer.from(value).toString('base64');

const bundles = loadBundles(findBundles());
// A CRD whose authority cannot be read is never established.
const caBundle = selfSignedCertificate(['localhost']).cert;

/** What a bundle has the operator apply. */
const rendered = (bundle: Bundle, name: string, spec: Partial<ClusterManagerSpec> = {}): UnknownObject[] => {
  const clusterManager: ClusterManager = {
    metadata: { name, labels: { team: 'a' } },
    spec: {
      deployOption: { mode: 'Default' },
      registrationImagePullSpec: 'r',
      workImagePullSpec: 'w',
      placementImagePullSpec: 'p',
      addOnManagerImagePullSpec: 'a',
      ...spec,
    } as ClusterManagerSpec,
  };
  const input = renderInput(clusterManager, {
    replicas: 3,
    operatorNamespace,
    caBundle,
    hasImagePullSecret: true,
    syncLabels: true,
    convertsAddons: true,
    grantsTokens: true,
    agentImage: 'a',
    tls: { minVersion: 'VersionTLS13', cipherSuites: ['TLS_AES_128_GCM_SHA256'] },
    dialled: [],
  });
  return render(bundle, 'clustermanager', input).flatMap(({ objects }) =>
    objects.map(({ object }) => object),
  );
};

/** What the operator has no business with. */
const somebodyElses = [
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'open-cluster-management:x-addon-manager:controller' },
    rules: [],
  },
  {
    apiVersion: 'rbac.authorization.k8s.io/v1',
    kind: 'ClusterRole',
    metadata: { name: 'somebody-elses' },
    rules: [],
  },
  {
    apiVersion: 'admissionregistration.k8s.io/v1',
    kind: 'MutatingWebhookConfiguration',
    metadata: { name: 'somebody-elses' },
  },
  {
    apiVersion: 'apiextensions.k8s.io/v1',
    kind: 'CustomResourceDefinition',
    metadata: { name: 'things.example.com' },
    spec: {
      group: 'example.com',
      names: { kind: 'Thing', plural: 'things' },
      scope: 'Cluster',
      versions: [
        { name: 'v1', served: true, storage: true, schema: { openAPIV3Schema: { type: 'object' } } },
      ],
    },
  },
];

beforeAll(async () => {
  controlPlane = await startControlPlane({ name: 'least-privilege-hub' });
  admin = clientOf(controlPlane);
  for (const name of [operatorNamespace, hubNamespace, 'hosted'])
    await admin.create(namespaces, { metadata: { name } });
  const items = [
    ...installationOf('cluster-manager', operatorNamespace),
    ...rendered(bundles[0], 'plain').filter(({ kind }) => kind === 'CustomResourceDefinition'),
    ...somebodyElses,
  ];
  await admin.create(serviceAccounts, {
    metadata: { name: 'agent-registration-bootstrap', namespace: operatorNamespace },
  });
  const list = { apiVersion: 'v1', kind: 'List', items };
  await controlPlane.kubectl(
    ['apply', '--server-side', '--field-manager=test', '-f', '-'],
    JSON.stringify(list),
  );
  await controlPlane.kubectl(['wait', '--for=condition=Established', patienceFlag, 'crds', '--all']);
  thief = await holderOfToken(admin, controlPlane, operatorNamespace, 'cluster-manager');
  await untilAllEnforced(admin);
  await untilEnforced(() => thief.create(deployments, deploymentWith(system, 'x'), dryRun));
  await untilEnforced(() => thief.create(configMaps, { metadata: { name: 'x', namespace: system } }, dryRun));
  const request = { metadata: { name: 'c1' }, spec: { hubAcceptsClient: true } };
  await untilEnforced(() => thief.create(managedClusters, request, dryRun));
});

afterAll(async () => {
  await Promise.all([thief?.close(), admin?.close()]);
  await controlPlane?.stop();
});

describe('a stolen token of the cluster-manager operator runs no Pod (CVE-2024-9779, A15)', () => {
  test.each(forbiddenPods)('with %s', async (_, changes, message) => {
    const attempt = deploymentWith(system, undefined, changes);
    expect(await verdictOn(() => thief.create(deployments, attempt, dryRun))).toMatch(message);
    // It is the operator that is bounded, and nobody else.
    expect(await verdictOn(() => admin.create(deployments, attempt, dryRun))).toBe('admitted');
  });

  test('nor has one changed to do so', async () => {
    await thief.create(deployments, deploymentWith(hubNamespace, 'work-webhook-sa'));
    const body = { spec: { template: { spec: { serviceAccountName: 'agent-registration-bootstrap' } } } };
    const name = { name: 'attempt', namespace: hubNamespace };
    expect(await verdictOn(() => thief.patch(deployments, name, { type: 'merge', body }, dryRun))).toMatch(
      /as the ServiceAccounts of its operands only/,
    );
    await thief.delete(deployments, name);
  });

  test.each([
    'registration-controller-sa',
    'registration-webhook-sa',
    'work-controller-sa',
    'work-webhook-sa',
    'placement-controller-sa',
    'addon-manager-controller-sa',
    'addon-webhook-sa',
    'grpc-server-sa',
    undefined,
  ])('but those of operands: %s', async (account) => {
    const volumes = [
      { name: 'a', secret: { secretName: 'signer-secret' } },
      { name: 'b', configMap: { name: 'any' } },
      { name: 'c', emptyDir: {} },
    ];
    const attempt = deploymentWith(hubNamespace, account, { volumes, hostNetwork: true });
    expect(await verdictOn(() => thief.create(deployments, attempt, dryRun))).toBe('admitted');
  });
});

describe('a stolen token of the cluster-manager operator', () => {
  const binding = (name: string, role: string) => ({
    metadata: { name },
    roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name: role },
    subjects: [{ kind: 'ServiceAccount', name: 'default', namespace: 'default' }],
  });
  const tokenRole = (name: string) => ({
    metadata: { name },
    rules: [{ apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['create'] }],
  });
  const secret = (name: string, more: Partial<Secret> = {}): Secret => ({
    metadata: { name, namespace: system },
    data: {},
    ...more,
  });
  const tokenOf = (account: string) =>
    secret('signer-secret', {
      type: 'kubernetes.io/service-account-token',
      metadata: {
        name: 'signer-secret',
        namespace: system,
        annotations: { 'kubernetes.io/service-account.name': account },
      },
    });
  const webhook = (name: string, clientConfig: object, apiGroups: string[]) => ({
    metadata: { name },
    webhooks: [
      {
        name,
        clientConfig,
        rules: [{ apiGroups, apiVersions: ['v1'], operations: ['CREATE'], resources: ['*'] }],
        sideEffects: 'None',
        admissionReviewVersions: ['v1'],
      },
    ],
  });
  const selector = [{ key: 'app', operator: 'In', values: ['x'] }];
  const policy = (name: string, namespace: string, podSelector: object) => ({
    metadata: { name, namespace },
    spec: { podSelector },
  });

  const ours = 'x.admission.work.open-cluster-management.io';
  const service = { service: { name: 's', namespace: hubNamespace } };
  const signing = () => {
    const subject = { commonName: 'system:kube-controller-manager', organizations: [] };
    const request = createRequest(createPrivateKey(generatePrivateKey()), subject);
    const signerName = 'kubernetes.io/kube-apiserver-client';
    return {
      metadata: { name: 'attempt' },
      spec: { request: text(request), signerName, usages: ['client auth'] },
    };
  };

  test.each<[string, () => Promise<unknown>, RegExp]>([
    [
      'binds cluster-admin',
      () => thief.create(clusterRoleBindings, binding('open-cluster-management:x', 'cluster-admin'), dryRun),
      /not currently held/,
    ],
    [
      'writes the binding of somebody else',
      () => thief.create(clusterRoleBindings, binding('x', 'cluster-manager'), dryRun),
      /roles and bindings of its operands only/,
    ],
    [
      'deletes the binding of somebody else',
      () => thief.delete(clusterRoleBindings, { name: 'cluster-admin' }, dryRun),
      /roles and bindings of its operands only/,
    ],
    [
      'changes the role of somebody else',
      () =>
        thief.patch(
          clusterRoles,
          { name: 'somebody-elses' },
          { type: 'merge', body: { metadata: { labels: { a: 'b' } } } },
          dryRun,
        ),
      /roles and bindings of its operands only/,
    ],
    [
      'may do everything',
      () =>
        thief.create(
          clusterRoles,
          {
            metadata: { name: 'open-cluster-management:x' },
            rules: [{ apiGroups: ['*'], resources: ['*'], verbs: ['*'] }],
          },
          dryRun,
        ),
      /not currently held/,
    ],
    [
      'reads a foreign Secret',
      () => thief.get(secrets, 'somebody-elses', system),
      /cannot get resource "secrets"/,
    ],
    ['lists Secrets', () => thief.list(secrets), /cannot list resource "secrets"/],
    [
      'deletes a foreign Secret',
      () => thief.delete(secrets, { name: 'somebody-elses', namespace: system }),
      /cannot delete resource "secrets"/,
    ],
    [
      'writes a foreign Secret',
      () => thief.create(secrets, secret('somebody-elses'), dryRun),
      /Secrets of its operands only/,
    ],
    [
      'has a Secret filled with the token of another ServiceAccount',
      () => thief.create(secrets, tokenOf('clusterrole-aggregation-controller'), dryRun),
      /no Secret that becomes a token/,
    ],
    [
      'creates a bootstrap token',
      () => thief.create(secrets, secret('signer-secret', { type: 'bootstrap.kubernetes.io/token' }), dryRun),
      /no Secret that becomes a token/,
    ],
    [
      'asks for the token of another ServiceAccount',
      () =>
        thief.createSubresource(
          serviceAccounts,
          { name: 'clusterrole-aggregation-controller', namespace: system },
          'token',
          { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
        ),
      /only to grant/,
    ],
    [
      'asks for the token that it once held alone',
      () =>
        thief.createSubresource(
          serviceAccounts,
          { name: 'agent-registration-bootstrap', namespace: operatorNamespace },
          'token',
          { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec: {} },
        ),
      /only to grant/,
    ],
    [
      'grants tokens of any ServiceAccount',
      () => thief.create(clusterRoles, tokenRole('open-cluster-management:x'), dryRun),
      /grants tokens of any ServiceAccount to the add-on manager only/,
    ],
    [
      'grants them in a namespace',
      () =>
        thief.create(
          roles,
          {
            ...tokenRole('open-cluster-management:x-addon-manager:controller'),
            metadata: { name: 'open-cluster-management:x-addon-manager:controller', namespace: system },
          },
          dryRun,
        ),
      /grants tokens of any ServiceAccount to the add-on manager only/,
    ],
    [
      'binds what the add-on manager holds to another',
      () =>
        thief.create(
          clusterRoleBindings,
          binding('open-cluster-management:x', 'open-cluster-management:x-addon-manager:controller'),
          dryRun,
        ),
      /that of the add-on manager to it/,
    ],
    [
      'binds what it holds itself',
      () =>
        thief.create(clusterRoleBindings, binding('open-cluster-management:x', 'cluster-manager'), dryRun),
      /binds the roles of its operands only/,
    ],
    [
      'maps users in aws-auth',
      () => thief.create(configMaps, { metadata: { name: 'aws-auth', namespace: system } }, dryRun),
      /CA bundle of its webhooks only/,
    ],
    [
      'deletes all ConfigMaps',
      () =>
        thief.request({
          method: 'DELETE',
          path: `/api/v1/namespaces/${system}/configmaps`,
          query: { dryRun: 'All' },
        }),
      /CA bundle of its webhooks only/,
    ],
    [
      'reads what is asked of another kind',
      () => thief.create(mutatingWebhookConfigurations, webhook(ours, service, ['']) as never, dryRun),
      /asked about kinds of its hub only/,
    ],
    [
      'reads it by wildcard',
      () => thief.create(mutatingWebhookConfigurations, webhook(ours, service, ['*']) as never, dryRun),
      /asked about kinds of its hub only/,
    ],
    [
      'sends what is asked elsewhere',
      () =>
        thief.create(
          mutatingWebhookConfigurations,
          webhook(ours, { url: 'https://example.com' }, ['work.open-cluster-management.io']) as never,
          dryRun,
        ),
      /asked about kinds of its hub only/,
    ],
    [
      'writes a webhook of somebody else',
      () => thief.delete(mutatingWebhookConfigurations, { name: 'somebody-elses' }, dryRun),
      /webhook configurations of its hub only/,
    ],
    [
      'changes the CRD of somebody else',
      () =>
        thief.patch(
          customResourceDefinitions,
          { name: 'things.example.com' },
          { type: 'merge', body: { metadata: { labels: { a: 'b' } } } },
          dryRun,
        ),
      /CRDs of its hub only/,
    ],
    [
      'cuts the Pods of the system off',
      () =>
        thief.create(
          networkPolicies,
          policy('default-deny-all', system, { matchExpressions: selector }),
          dryRun,
        ),
      /network policies of its operands only/,
    ],
    [
      'cuts off every Pod of a namespace',
      () => thief.create(networkPolicies, policy('default-deny-all', 'default', {}), dryRun),
      /network policies of its operands only/,
    ],
    [
      'writes the network policy of somebody else',
      () =>
        thief.create(
          networkPolicies,
          policy('somebody-elses', 'default', { matchExpressions: selector }),
          dryRun,
        ),
      /network policies of its operands only/,
    ],
    [
      'asks for a certificate',
      () => thief.create(certificateSigningRequests, signing(), dryRun),
      /only to grant/,
    ],
    [
      'approves one',
      async () => {
        const request = await admin.create(certificateSigningRequests, signing());
        const status = {
          conditions: [{ type: 'Approved', status: 'True', reason: 'r', message: 'm' }],
        };
        try {
          await thief.replace(
            certificateSigningRequests,
            { ...request, status: status as never },
            { ...dryRun, subresource: 'approval' },
          );
        } finally {
          await admin.delete(certificateSigningRequests, { name: 'attempt' });
        }
      },
      /only to grant/,
    ],
    [
      'gives work to a cluster',
      () =>
        thief.create(
          manifestWorks,
          { metadata: { name: 'w', namespace: 'default' }, spec: { workload: { manifests: [] } } },
          dryRun,
        ),
      /only to grant/,
    ],
    [
      'accepts a cluster',
      () =>
        thief.create(managedClusters, { metadata: { name: 'c' }, spec: { hubAcceptsClient: true } }, dryRun),
      /only to grant/,
    ],
    [
      'serves an API in place of another',
      () =>
        thief.request({
          method: 'POST',
          path: '/apis/apiregistration.k8s.io/v1/apiservices',
          query: { dryRun: 'All' },
          body: {
            apiVersion: 'apiregistration.k8s.io/v1',
            kind: 'APIService',
            metadata: { name: 'v1.example.com' },
            spec: {
              group: 'example.com',
              version: 'v1',
              groupPriorityMinimum: 1,
              versionPriority: 1,
              service: { name: 's', namespace: 'default' },
            },
          },
        }),
      /only to grant/,
    ],
    [
      'creates a Pod',
      () =>
        thief.create(pods, { metadata: { name: 'p', namespace: system }, spec: { containers: [] } }, dryRun),
      /cannot create resource "pods"/,
    ],
    [
      'lifts those of the add-on manager',
      () =>
        thief.delete(
          validatingAdmissionPolicyBindings,
          { name: 'addon-manager-tokens.open-cluster-management.io' },
          dryRun,
        ),
      /cannot delete resource "validatingadmissionpolicybindings"/,
    ],
    [
      'changes them',
      () =>
        thief.patch(
          validatingAdmissionPolicies,
          { name: 'addon-manager-tokens.open-cluster-management.io' },
          { type: 'merge', body: { spec: { failurePolicy: 'Ignore' } } },
          dryRun,
        ),
      /cannot patch resource "validatingadmissionpolicies"/,
    ],
    [
      'closes an API to everybody',
      () => thief.create(validatingAdmissionPolicies, { metadata: { name: 'p' } } as never, dryRun),
      /cannot create resource "validatingadmissionpolicies"/,
    ],
    [
      'lifts its own bounds',
      () =>
        thief.delete(
          validatingAdmissionPolicyBindings,
          { name: 'cluster-manager-deployments.open-cluster-management.io' },
          dryRun,
        ),
      /cannot delete resource "validatingadmissionpolicybindings"/,
    ],
    [
      'becomes somebody else',
      () => thief.request({ method: 'GET', path: '/api', headers: { 'Impersonate-User': 'admin' } }),
      /cannot impersonate/,
    ],
  ])('%s: refused', async (_, attempt, message) => {
    expect(await verdictOn(attempt)).toMatch(message);
  });
});

boundsOfAddonManager(() => ({ admin, controlPlane }));

describe('what the operator applies is admitted', () => {
  const gate = (feature: string) => ({ feature, mode: 'Enable' as const });
  const everything: Partial<ClusterManagerSpec> = {
    registrationConfiguration: {
      featureGates: [gate('ClusterImporter'), gate('ClusterProfile'), gate('NetworkPolicies')],
      registrationDrivers: [
        { authType: 'csr' },
        { authType: 'grpc' },
        {
          authType: 'awsirsa',
          awsirsa: { hubClusterArn: 'arn:aws:eks:us-west-2:123456789012:cluster/hub' },
        },
      ],
    },
    workConfiguration: {
      workDriver: 'grpc',
      featureGates: [gate('ManifestWorkReplicaSet'), gate('CloudEventsDrivers')],
    },
    placementConfiguration: { featureGates: [gate('PlacementDebugServer')] },
  };
  const bindConfiguration = { hostNetwork: true, healthProbePort: 0 };
  const bound = {
    mode: 'Default' as const,
    default: { registrationWebhookConfiguration: { bindConfiguration } },
  };
  const hosted = (address: string) => ({
    mode: 'Hosted' as const,
    hosted: {
      registrationWebhookConfiguration: { address },
      workWebhookConfiguration: { address },
      addonWebhookConfiguration: { address },
    },
  });

  test.each<[string, string, Partial<ClusterManagerSpec>]>([
    ['Default', 'plain', {}],
    ['Default with everything on', 'plain', { ...everything, deployOption: bound }],
    ['Hosted by name', 'hosted', { ...everything, deployOption: hosted('hub.example.com') }],
    ['Hosted by address', 'hosted', { ...everything, deployOption: hosted('10.0.0.1') }],
  ])('%s, of every bundle', async (_, name, spec) => {
    for (const bundle of bundles) {
      const objects = rendered(bundle, name, spec);
      expect(objects.length).toBeGreaterThan(25);
      for (const object of objects) {
        // Webhooks that nobody serves would close their kinds.
        const options = { fieldManager: 'test', dryRun: object.kind?.endsWith('WebhookConfiguration') };
        const verdict = await verdictOn(() => thief.apply(refOf(object).resource, object, options));
        const { kind, metadata } = object;
        expect([bundle.version, kind, metadata.name, verdict]).toEqual([
          bundle.version,
          kind,
          metadata.name,
          'admitted',
        ]);
      }
    }
  });

  test.each([
    'signer-secret',
    'registration-webhook-serving-cert',
    'work-webhook-serving-cert',
    'addon-webhook-serving-cert',
    'grpc-server-serving-cert',
    'placement-debug-serving-cert',
    'registration-controller-sa-kubeconfig',
    'registration-webhook-sa-kubeconfig',
    'work-webhook-sa-kubeconfig',
    'work-controller-sa-kubeconfig',
    'placement-controller-sa-kubeconfig',
    'addon-manager-controller-sa-kubeconfig',
    'grpc-server-sa-kubeconfig',
    'work-driver-config',
    'open-cluster-management-image-pull-credentials',
  ])('Secret %s is written, read and deleted (D11)', async (name) => {
    const secret: Secret = { metadata: { name, namespace: hubNamespace }, data: { a: text('1') } };
    const requests = [
      () => thief.create(secrets, secret),
      () => thief.get(secrets, name, hubNamespace),
      () => thief.replace(secrets, { ...secret, data: {} }),
      () => thief.delete(secrets, { name, namespace: hubNamespace }),
    ];
    for (const request of requests) expect(await verdictOn(request)).toBe('admitted');
  });
});
