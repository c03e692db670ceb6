import { describe, expect, test } from '@jest/globals';
import type { ClusterManager, EndpointsExposure } from '../../api/generated/operator.ts';
import type { Deployment, Service } from '../../runtime/client/kubernetes.ts';
import { progressCondition } from './conditions.ts';
import type { Dependencies } from './dependencies.ts';
import { creatorRoleArn, registrationDrivers } from './drivers.ts';
import { grpcEndpointType, grpcHosts } from './grpc-endpoint.ts';
import { byHubNamespace, byOperand } from './keys.ts';
import { hubNamespaceOf } from './mode.ts';
import { caBundleOf } from './observe.ts';
import { SyncError, statusAfter } from './outcome.ts';
import { withOperandConditions } from './status-controller.ts';
import { parseTlsProfile } from '../tls-profile.ts';
import { guards } from './webhook-removal.ts';
import { isIpForm, webhookSettings } from './webhook-settings.ts';

const clusterManager = (spec: object = {}, name = 'cm'): ClusterManager => ({
  metadata: { name, generation: 2 },
  spec,
});

describe('operator.md 34 to 36: gRPC endpoint', () => {
  const exposed = (...endpointsExposure: EndpointsExposure[]) =>
    clusterManager({ serverConfiguration: { endpointsExposure } });
  const own = 'cm-grpc-server.ns.svc';
  const balanced = (ingress?: object[]): Service => ({
    metadata: { name: 'cm-grpc-server' },
    status: { loadBalancer: { ingress } },
  });
  const byHost = (host: string): EndpointsExposure => ({
    protocol: 'grpc',
    grpc: { type: 'hostname', hostname: { host } },
  });
  const byBalancer: EndpointsExposure = { protocol: 'grpc', grpc: { type: 'loadBalancer' } };

  test.each([
    ['nil configuration', clusterManager(), undefined, [own]],
    ['no exposure', exposed(), undefined, [own]],
    [
      'https only',
      exposed({ protocol: 'https', https: { type: 'hostname', hostname: { host: 'x' } } }),
      undefined,
      [own],
    ],
    ['nil grpc', exposed({ protocol: 'grpc' }), undefined, [own]],
    ['valid host', exposed(byHost('a.example')), undefined, [own, 'a.example']],
    ['blank host', exposed(byHost('  ')), undefined, [own]],
    ['address', exposed(byBalancer), balanced([{ ip: '10.0.0.1' }]), [own, '10.0.0.1']],
    ['balancer name', exposed(byBalancer), balanced([{ hostname: 'lb' }]), [own, 'lb']],
    ['both', exposed(byBalancer), balanced([{ ip: '10.0.0.1', hostname: 'lb' }]), [own, '10.0.0.1']],
    ['duplicates', exposed(byHost('a'), byHost('a')), undefined, [own, 'a']],
  ])('hosts: %s', (_, cm, service, expected) => {
    expect(grpcHosts(cm, 'ns', service)).toEqual(expected);
  });

  test.each([
    ['no Service', undefined],
    ['no ingress', balanced()],
    ['an ingress without anything', balanced([{}])],
  ])('a load balancer with %s is an error', (_, service) => {
    expect(() => grpcHosts(exposed(byBalancer), 'ns', service)).toThrow(/cm-grpc-server/);
  });

  test.each([
    ['none', exposed(), 'hostname'],
    ['nil grpc', exposed({ protocol: 'grpc' }), 'hostname'],
    ['the first one wins', exposed(byBalancer, byHost('a')), 'loadBalancer'],
  ])('type: %s', (_, cm, expected) => {
    expect(grpcEndpointType(cm)).toBe(expected);
  });
});

describe('operator.md 14, 15: the CA bundle', () => {
  const bundleIn = (data?: Record<string, string>) => {
    const informer = { get: () => data && { metadata: { name: 'ca-bundle-configmap' }, data } };
    return caBundleOf({ caBundles: informer } as unknown as Dependencies, clusterManager());
  };

  test('missing: there is none yet; with content: that', () => {
    expect(bundleIn()).toBeUndefined();
    expect(bundleIn({ 'ca-bundle.crt': 'pem' })).toBe('pem');
  });

  test.each([{}, { 'ca-bundle.crt': '' }])('present but empty is an error: %p', (data) => {
    expect(() => bundleIn(data as Record<string, string>)).toThrow(
      'ConfigMap open-cluster-management-hub/ca-bundle-configmap has no ca-bundle.crt; delete it',
    );
  });
});

describe('drivers', () => {
  const withDrivers = (...registrationDriversOf: object[]) =>
    registrationDrivers(
      clusterManager({ registrationConfiguration: { registrationDrivers: registrationDriversOf } }),
    );

  test.each([
    ['no block', { authType: 'awsirsa' }],
    ['no ARN', { authType: 'awsirsa', awsirsa: {} }],
    ['empty ARN', { authType: 'awsirsa', awsirsa: { hubClusterArn: '' } }],
  ])('operator.md 32: awsirsa with %s is left out and reported', (_, driver) => {
    const result = withDrivers({ authType: 'csr' }, driver);
    expect(result.names).toEqual(['csr']);
    expect(result.hubClusterArn).toBeUndefined();
    expect(result.problems[0]).toContain('hubClusterArn');
  });

  test('the creator role is named after account and cluster', () => {
    expect(creatorRoleArn('arn:aws:eks:us-west-2:123456789012:cluster/hub')).toBe(
      'arn:aws:iam::123456789012:role/hub_managed-cluster-identity-creator',
    );
  });
});

describe('operator.md 7, 9: TLS profile', () => {
  test.each([
    ['absent', undefined, 'VersionTLS12', []],
    ['version only', { minTLSVersion: 'VersionTLS13' }, 'VersionTLS13', []],
    ['OpenSSL name', { minTLSVersion: 'TLSv1.3' }, 'VersionTLS13', []],
    [
      'ciphers only',
      { cipherSuites: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, NOPE' },
      'VersionTLS12',
      ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    ],
  ])('%s', (_, data, minVersion, cipherSuites) => {
    expect(parseTlsProfile(data as Record<string, string> | undefined).profile).toEqual({
      minVersion,
      cipherSuites,
    });
  });

  test('unknown ciphers among known ones are told', () => {
    expect(
      parseTlsProfile({ cipherSuites: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,NOPE' }).unknownCiphers,
    ).toEqual(['NOPE']);
  });

  test.each([
    ['unknown version', { minTLSVersion: 'VersionTLS14' }],
    ['only unknown ciphers', { cipherSuites: 'NOPE' }],
  ])('%s is an error', (_, data) => {
    expect(() => parseTlsProfile(data)).toThrow(/ocm-tls-profile/);
  });
});

describe('webhooks', () => {
  test.each([
    ['127.0.0.1', true],
    ['localhost', false],
    ['', false],
  ])('operator.md 52: %s is of IP form: %s', (address, expected) => {
    expect(isIpForm(address)).toBe(expected);
  });

  test('Hosted without its block has an empty address, which the API server refuses', () => {
    const hosted = clusterManager({ deployOption: { mode: 'Hosted' } });
    expect(webhookSettings(hosted, 'work')).toMatchObject({ address: '', servicePort: 443, bindPort: 9443 });
  });
});

const deploymentOf = (available: number, extra: object = {}): Deployment =>
  ({
    metadata: { name: 'd', generation: 1 },
    spec: { replicas: 2 },
    status: {
      observedGeneration: 1,
      replicas: 2,
      updatedReplicas: 2,
      readyReplicas: available,
      availableReplicas: available,
      ...extra,
    },
  }) as Deployment;
const good = deploymentOf(2);

describe('conditions about operands (operator.md 2.2, 4.11)', () => {
  const first = { version: '0.1.0', images: {} };
  const complete = { version: '9.0.0', images: { placement: 'p', 'addon-manager': 'a' } };
  const applied = (spec: object = {}): ClusterManager => ({
    ...clusterManager(spec),
    status: {
      conditions: [{ type: 'Applied', status: 'True', reason: 'r', message: '', lastTransitionTime: 't' }],
    },
  });
  const all: Record<string, Deployment> = {
    'registration-controller': good,
    'registration-webhook': good,
    'placement-controller': good,
    'addon-manager-controller': good,
  };
  const judge = (
    type: string,
    deployments: Record<string, Deployment | undefined>,
    bundle = complete,
    spec = {},
  ) => {
    const conditions = withOperandConditions(applied(spec), bundle, (suffix) => ({
      name: `cm-${suffix}`,
      deployment: { ...all, ...deployments }[suffix],
    }));
    return conditions?.find((condition) => condition.type === type);
  };

  test.each<[string, Record<string, Deployment | undefined>, string, string, RegExp]>([
    [
      'no controller',
      { 'registration-controller': undefined },
      'True',
      'GetRegistrationDeploymentFailed',
      /cm-registration-controller does not exist/,
    ],
    [
      'no webhook',
      { 'registration-webhook': undefined },
      'True',
      'GetRegistrationDeploymentFailed',
      /cm-registration-webhook does not exist/,
    ],
    [
      'unavailable controller',
      { 'registration-controller': deploymentOf(1) },
      'True',
      'UnavailableRegistrationPod',
      /1 of 2 Pods of Deployment cm-registration-controller/,
    ],
    [
      'unavailable webhook',
      { 'registration-webhook': deploymentOf(0) },
      'True',
      'UnavailableRegistrationPod',
      /2 of 2 Pods of Deployment cm-registration-webhook/,
    ],
    [
      'both, of which the first is told',
      { 'registration-controller': deploymentOf(1), 'registration-webhook': undefined },
      'True',
      'UnavailableRegistrationPod',
      /cm-registration-controller/,
    ],
    ['all good', {}, 'False', 'RegistrationFunctional', /run as desired/],
  ])('operator.md 68: registration, %s', (_, deployments, status, reason, message) => {
    expect(judge('HubRegistrationDegraded', deployments)).toMatchObject({
      status,
      reason,
      message: expect.stringMatching(message),
      observedGeneration: 2,
    });
  });

  test.each<[string, Record<string, Deployment | undefined>, string, string]>([
    ['missing', { 'placement-controller': undefined }, 'True', 'GetPlacementDeploymentFailed'],
    ['unavailable', { 'placement-controller': deploymentOf(1) }, 'True', 'UnavailablePlacementPod'],
    ['all good', {}, 'False', 'PlacementFunctional'],
  ])('operator.md 68: placement, %s', (_, deployments, status, reason) => {
    expect(judge('HubPlacementDegraded', deployments)).toMatchObject({
      status,
      reason,
      observedGeneration: 2,
    });
  });

  const off = {
    addOnManagerConfiguration: { featureGates: [{ feature: 'AddonManagement', mode: 'Disable' }] },
  };
  test.each<[string, Record<string, Deployment | undefined>, object, string, string]>([
    ['missing', { 'addon-manager-controller': undefined }, {}, 'True', 'GetAddOnManagerDeploymentFailed'],
    [
      'unavailable',
      { 'addon-manager-controller': deploymentOf(1) },
      {},
      'True',
      'UnavailableAddOnManagerPod',
    ],
    ['all good', {}, {}, 'False', 'AddOnManagerFunctional'],
    ['switched off', { 'addon-manager-controller': undefined }, off, 'False', 'AddOnManagementDisabled'],
  ])('add-on manager, %s', (_, deployments, spec, status, reason) => {
    expect(judge('HubAddOnManagerDegraded', deployments, complete, spec)).toMatchObject({ status, reason });
  });

  test.each([
    ['HubPlacementDegraded', 'PlacementNotInBundle', 'placementImagePullSpec'],
    ['HubAddOnManagerDegraded', 'AddOnManagerNotInBundle', 'addOnManagerImagePullSpec'],
  ])('operator.md 23, 24: %s says that a bundle lacks the component', (type, reason, field) => {
    const condition = judge(type, {}, first as never);
    expect(condition).toMatchObject({ status: 'False', reason });
    expect(condition?.message).toContain('0.1.0');
    expect(condition?.message).toContain(field);
  });

  test.each([
    ['without any status', clusterManager()],
    ['without Applied', { ...clusterManager(), status: { conditions: [] } }],
    ['that leaves', { ...applied(), metadata: { name: 'cm', deletionTimestamp: '2026-01-01T00:00:00Z' } }],
  ])('operator.md 69: of a ClusterManager %s nothing is said', (_, silent) => {
    expect(withOperandConditions(silent, complete, (name) => ({ name }))).toBeUndefined();
  });
});

describe('progress and status (operator.md 2.2)', () => {
  test.each([
    ['complete', good, 'False'],
    ['another generation', deploymentOf(2, { observedGeneration: 0 }), 'True'],
    ['old Pods still there', deploymentOf(2, { replicas: 3 }), 'True'],
    ['not updated', deploymentOf(2, { updatedReplicas: 1 }), 'True'],
    ['not ready', deploymentOf(1), 'True'],
    ['missing', undefined, 'True'],
  ])('operator.md 17: progress, %s', (_, live, status) => {
    const condition = progressCondition([{ name: 'd', deployment: live, cause: 'ImagePullBackOff' }]);
    expect(condition.status).toBe(status);
    if (status === 'True') expect(condition.message).toContain('d');
    if (status === 'True') expect(condition.message).toContain('ImagePullBackOff');
  });

  test('progress: a Deployment that was just applied rolls, though the cache has it as it was before', () => {
    const operand = { name: 'd', deployment: good };
    expect(progressCondition([{ ...operand, generation: 1 }]).status).toBe('False');
    const condition = progressCondition([{ ...operand, generation: 2 }]);
    expect(condition).toMatchObject({ status: 'True', message: expect.stringContaining('d has not been') });
  });

  test('after a failure the lists stay as they were (operator.md 2.2), and Applied tells the generation (D22)', () => {
    const listed = { group: '', version: 'v1', resource: 'namespaces', name: 'x' };
    const before = { ...clusterManager(), status: { relatedResources: [listed] } } as ClusterManager;
    const failure = new SyncError('CRDApplyFailed', 'why');
    const status = statusAfter(before, { failure, conditions: [], applied: [], kept: [] }, new Date(0));
    expect(status.relatedResources).toEqual([listed]);
    expect(status.observedGeneration).toBe(2);
    expect(status.conditions).toEqual([
      {
        type: 'Applied',
        status: 'False',
        reason: 'CRDApplyFailed',
        message: 'why',
        observedGeneration: 2,
        lastTransitionTime: '1970-01-01T00:00:00Z',
      },
    ]);
    const success = statusAfter(before, { conditions: [], applied: [], kept: [] }, new Date(0));
    expect(success.relatedResources).toEqual([]);
  });
});

describe('keys (operator.md 4.1)', () => {
  const plain = clusterManager({}, 'plain');
  const hosted = clusterManager({ deployOption: { mode: 'Hosted' } }, 'hosted');
  const all = { list: () => [plain, hosted] };
  const object = (name: string, namespace: string) => ({ metadata: { name, namespace } });

  test('operator.md 53: the namespace is fixed in Default mode and the name in Hosted mode', () => {
    expect([hubNamespaceOf(plain), hubNamespaceOf(hosted)]).toEqual([
      'open-cluster-management-hub',
      'hosted',
    ]);
    expect(byHubNamespace(all)(object('x', 'hosted'))).toEqual(['hosted']);
    expect(byHubNamespace(all)(object('x', 'open-cluster-management-hub'))).toEqual(['plain']);
    expect(byHubNamespace(all)(object('x', 'other'))).toEqual([]);
  });

  test('Deployments count by their names, the gRPC server too (D14)', () => {
    expect(byOperand(all)(object('hosted-grpc-server', 'hosted'))).toEqual(['hosted']);
    expect(byOperand(all)(object('hosted-registration-controller', 'hosted'))).toEqual(['hosted']);
    expect(byOperand(all)(object('somebody', 'hosted'))).toEqual([]);
  });
});

describe('faults R9: the CRD that a webhook guards', () => {
  const asked = (apiGroups: string[], resources: string[]) => ({
    webhooks: [
      { rules: [{ apiGroups: ['other'], resources: ['pods'] }] },
      { rules: [{ apiGroups, resources }] },
    ],
  });
  test.each([
    ['group and resource', asked(['a.io'], ['works']), true],
    ['one of several', asked(['b.io', 'a.io'], ['sets', 'works']), true],
    ['another group', asked(['b.io'], ['works']), false],
    ['a subresource only', asked(['a.io'], ['works/status']), false],
    ['a longer name', asked(['a.io'], ['works2']), false],
    ['no webhooks', {}, false],
    ['no rules', { webhooks: [{}] }, false],
  ])('%s', (_, configuration, expected) => {
    expect(guards(configuration, 'works.a.io')).toBe(expected);
  });
});
