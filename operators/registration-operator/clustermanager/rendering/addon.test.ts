import { describe, expect, test } from '@jest/globals';
import type { ClusterManagerSpec } from '../../../api/generated/operator.ts';
import type {
  ClusterRole,
  CustomResourceDefinition,
  Deployment,
  Role,
} from '../../../runtime/client/kubernetes.ts';
import { hubAccounts } from '../hub-accounts.ts';
import { objectsFor } from './fixture.ts';
import { nothingObserved, type Observed } from './parameters.ts';

const tls = { minVersion: 'VersionTLS13', cipherSuites: ['TLS_A', 'TLS_B'] };
const tlsFlags = ['--tls-min-version=VersionTLS13', '--tls-cipher-suites=TLS_A,TLS_B'];
const converting: Observed = {
  ...nothingObserved('ocm', tls),
  convertsAddons: true,
  grantsTokens: true,
  caBundle: 'authority',
};
type Spec = Partial<ClusterManagerSpec>;

const allOf = (spec: Spec = {}, changes: Partial<Observed> = {}) =>
  objectsFor(
    { metadata: { name: 'cm' }, spec: { addOnManagerImagePullSpec: 'example.com/addon-manager:1', ...spec } },
    { ...converting, ...changes },
  );
const objectsOf = (...args: Parameters<typeof allOf>) =>
  allOf(...args).filter(({ component }) => component === 'addon-manager');
const named = <T>(kind: string, name: string, ...args: Parameters<typeof allOf>): T | undefined =>
  allOf(...args).find(({ object }) => object.kind === kind && object.metadata.name === name)?.object as
    T | undefined;
const deploymentOf = (suffix: string, ...args: Parameters<typeof allOf>) =>
  named<Deployment>('Deployment', `cm-${suffix}`, ...args);
const podOf = (...args: Parameters<typeof deploymentOf>) => deploymentOf(...args)!.spec!.template.spec!;
const listed = (...args: Parameters<typeof allOf>) =>
  objectsOf(...args).map(({ target, object }) => `${target} ${object.kind} ${object.metadata.name}`);

const hosted = (address?: string, rest: object = {}): Spec => ({
  deployOption: {
    mode: 'Hosted',
    hosted: address === undefined ? {} : { addonWebhookConfiguration: { address, ...rest } },
  },
});
const off: Spec = {
  addOnManagerConfiguration: { featureGates: [{ feature: 'AddonManagement', mode: 'Disable' }] },
};
const role = 'open-cluster-management:cm-addon-manager:controller';
const ofWebhook = [
  'hub ServiceAccount addon-webhook-sa',
  'hub Service cluster-manager-addon-webhook',
  'management Deployment cm-addon-webhook',
];
const ofManager = [
  `hub ClusterRole ${role}`,
  `hub ClusterRoleBinding ${role}`,
  'hub ClusterRoleBinding open-cluster-management:cm-addon-manager-work-executor:controller',
  `hub Role ${role}`,
  `hub RoleBinding ${role}`,
  `hub RoleBinding ${role}`,
  'hub ServiceAccount addon-manager-controller-sa',
  'management Deployment cm-addon-manager-controller',
];

describe('addon.md 3.2, operator.md 23: what is installed', () => {
  test('manager and webhook', () => {
    expect(listed().toSorted()).toEqual([...ofWebhook, ...ofManager].toSorted());
  });

  test('without AddonManagement the webhook alone, which conversion needs', () => {
    expect(listed(off).toSorted()).toEqual(ofWebhook.toSorted());
  });

  test('before the webhook serves it alone: a manager would lose what the versions do not share', () => {
    expect(listed({}, { convertsAddons: false }).toSorted()).toEqual(ofWebhook.toSorted());
  });

  test('also the policies that bound it, on a hub that takes them; elsewhere they came with the operator', () => {
    const policies = (...args: Parameters<typeof listed>) =>
      listed(...args).filter((one) => one.includes('ValidatingAdmissionPolicy '));
    const takes = { hubTakesPolicies: true, hubVersion: 'v1.30.0' };
    expect(policies(hosted('10.0.0.1'), takes)).toEqual([
      'hub ValidatingAdmissionPolicy addon-manager-tokens.cm.open-cluster-management.io',
      'hub ValidatingAdmissionPolicy addon-manager-roles.cm.open-cluster-management.io',
      'hub ValidatingAdmissionPolicy addon-manager-bindings.cm.open-cluster-management.io',
    ]);
    expect(policies({}, takes)).toEqual(
      ['tokens', 'roles', 'bindings'].map(
        (what) =>
          `hub ValidatingAdmissionPolicy addon-manager-${what}.open-cluster-management-hub.open-cluster-management.io`,
      ),
    );
    expect(policies({})).toEqual([]);
    expect(policies(hosted('10.0.0.1'))).toEqual([]);
    expect(policies(hosted('10.0.0.1'), { ...takes, hubVersion: 'v1.29.14+k3s1' })).toEqual([]);
    expect(policies(hosted('10.0.0.1'), { ...takes, hubVersion: undefined })).toEqual([]);
    expect(policies({ ...hosted('10.0.0.1'), ...off }, takes)).toEqual([]);
  });

  test('its works may run as the work agent itself', () => {
    const name = 'open-cluster-management:cm-addon-manager-work-executor:controller';
    expect(named('ClusterRoleBinding', name)).toMatchObject({
      roleRef: { kind: 'ClusterRole', name: 'open-cluster-management:cm-work-executor-admin:webhook' },
      subjects: [{ name: 'addon-manager-controller-sa', namespace: 'open-cluster-management-hub' }],
    });
  });
});

describe('addon.md 3.2: the Deployment of the manager', () => {
  test('names, container, arguments, variables, probes', () => {
    const { metadata, spec } = deploymentOf('addon-manager-controller', {}, { replicas: 3 })!;
    const app = 'clustermanager-addon-manager-controller';
    expect(metadata.labels).toMatchObject({ app: 'cm-addon-manager-controller' });
    expect(spec).toMatchObject({ replicas: 3, selector: { matchLabels: { app } } });
    const { containers, volumes, serviceAccountName, affinity } = spec!.template.spec!;
    expect(JSON.stringify(affinity)).toContain(app);
    expect(serviceAccountName).toBe('addon-manager-controller-sa');
    expect(volumes).toEqual([{ name: 'tmpdir', emptyDir: {} }]);
    const httpGet = { path: '/healthz', scheme: 'HTTPS', port: 8443 };
    expect(containers).toMatchObject([
      {
        name: 'addon-manager-controller',
        image: 'example.com/addon-manager:1',
        args: ['/addon', 'manager', ...tlsFlags],
        env: [{ name: 'POD_NAMESPACE' }, { name: 'POD_NAME' }],
        livenessProbe: { httpGet, periodSeconds: 10 },
        readinessProbe: { httpGet },
        resources: { requests: { cpu: '2m', memory: '16Mi' } },
        volumeMounts: [{ name: 'tmpdir', mountPath: '/tmp' }],
      },
    ]);
  });

  test('away from the hub it has its kubeconfig', () => {
    const { containers, volumes, serviceAccountName } = podOf('addon-manager-controller', hosted('10.0.0.1'));
    expect(serviceAccountName).toBeUndefined();
    expect(containers[0]?.args?.slice(2)).toEqual([
      '--kubeconfig=/var/run/secrets/hub/kubeconfig',
      ...tlsFlags,
    ]);
    expect(volumes).toContainEqual({
      name: 'kubeconfig',
      secret: { secretName: 'addon-manager-controller-sa-kubeconfig' },
    });
    expect(hubAccounts).toContain('addon-manager-controller-sa');
    expect(hubAccounts).not.toContain('addon-webhook-sa');
  });
});

describe('addon.md 3.2: the Deployment of the webhook', () => {
  test('names, container, arguments, probes, certificate', () => {
    const { spec } = deploymentOf('addon-webhook')!;
    expect(spec?.selector.matchLabels).toEqual({ app: 'cm-addon-webhook' });
    const { containers, volumes, serviceAccountName } = spec!.template.spec!;
    expect(serviceAccountName).toBe('addon-webhook-sa');
    expect(containers).toMatchObject([
      {
        name: 'cm-addon-webhook',
        image: 'example.com/addon-manager:1',
        args: [
          '/addon',
          'webhook-server',
          '--port=9443',
          '--health-probe-port=8000',
          '--metrics-port=8080',
          ...tlsFlags,
        ],
        livenessProbe: { httpGet: { path: '/healthz', scheme: 'HTTP', port: 8000 } },
        readinessProbe: { httpGet: { path: '/readyz', scheme: 'HTTP', port: 8000 } },
        volumeMounts: [{ name: 'webhook-secret', mountPath: '/tmp/k8s-webhook-server/serving-certs' }],
      },
    ]);
    expect(containers[0]).not.toHaveProperty('env');
    expect(volumes).toEqual([
      { name: 'webhook-secret', secret: { secretName: 'addon-webhook-serving-cert' } },
    ]);
  });

  test('on the network of the node, on other ports and without probes', () => {
    const bindConfiguration = { port: 1, healthProbePort: 0, metricsPort: 2, hostNetwork: true };
    const spec: Spec = {
      deployOption: { mode: 'Default', default: { addonWebhookConfiguration: { bindConfiguration } } },
    };
    const { strategy, template } = deploymentOf('addon-webhook', spec, { replicas: 3 })!.spec!;
    expect(strategy).toEqual({ type: 'RollingUpdate', rollingUpdate: { maxSurge: 0, maxUnavailable: 1 } });
    expect(template.spec).toMatchObject({ hostNetwork: true, dnsPolicy: 'ClusterFirstWithHostNet' });
    const [container] = template.spec!.containers;
    expect(container?.args).toEqual(
      expect.arrayContaining(['--port=1', '--health-probe-port=0', '--metrics-port=2']),
    );
    for (const probe of ['startupProbe', 'livenessProbe', 'readinessProbe'])
      expect(container).not.toHaveProperty(probe);
  });

  test('away from the hub it has no account, and needs no kubeconfig', () => {
    const { containers, volumes, serviceAccountName } = podOf('addon-webhook', hosted('10.0.0.1'));
    expect(serviceAccountName).toBeUndefined();
    expect(JSON.stringify([containers, volumes])).not.toContain('kubeconfig');
  });
});

describe('addon.md 8, operator.md 4.2: conversion', () => {
  const conversions = (...args: Parameters<typeof allOf>) =>
    ['clustermanagementaddons', 'managedclusteraddons'].map(
      (plural) =>
        named<CustomResourceDefinition>(
          'CustomResourceDefinition',
          `${plural}.addon.open-cluster-management.io`,
          ...args,
        )?.spec.conversion,
    );
  const byService = (namespace: string, port: number) => ({
    strategy: 'Webhook',
    webhook: {
      clientConfig: {
        service: { namespace, name: 'cluster-manager-addon-webhook', path: '/convert', port },
        caBundle: Buffer.from('authority').toString('base64'),
      },
      conversionReviewVersions: ['v1', 'v1beta1'],
    },
  });
  const bound: Spec = {
    deployOption: {
      mode: 'Default',
      default: { addonWebhookConfiguration: { bindConfiguration: { port: 1234 } } },
    },
  };

  test.each<[string, Spec, string, number]>([
    ['as the webhook listens', {}, 'open-cluster-management-hub', 9443],
    ['on the port that it is given (D10)', bound, 'open-cluster-management-hub', 1234],
    ['of a hosted hub, where it is reached (A22)', hosted('hub.example.com', { port: 8443 }), 'cm', 8443],
  ])('once the webhook serves it is asked, %s', (_, spec, namespace, port) => {
    const wanted = byService(namespace, port);
    expect(conversions(spec)).toEqual([wanted, wanted]);
  });

  test('before it is none, and CRDs of other kinds never have any', () => {
    expect(conversions({}, { convertsAddons: false })).toEqual([{ strategy: 'None' }, { strategy: 'None' }]);
    const others = allOf().filter(
      ({ object }) =>
        object.kind === 'CustomResourceDefinition' &&
        !/^(clustermanagement|managedcluster)addons\./.test(object.metadata.name),
    );
    expect(others).toHaveLength(10);
    for (const { object } of others) expect(object).not.toHaveProperty('spec.conversion');
  });

  test.each<[string, Spec, object[]]>([
    [
      'of a hub here selects its Pods',
      {},
      [{ selector: { app: 'cm-addon-webhook' }, ports: [{ name: 'webhook', port: 9443, targetPort: 9443 }] }],
    ],
    [
      'of a hosted hub names a host (A22)',
      hosted('hub.example.com'),
      [{ type: 'ExternalName', externalName: 'hub.example.com' }],
    ],
    [
      'of a hosted hub has the port of an address (A22)',
      hosted('10.0.0.1', { port: 8443 }),
      [{ ports: [{ name: 'tls', port: 8443, targetPort: 8443 }] }],
    ],
    ['of a hosted hub without an address is not there', hosted(), []],
  ])('the Service %s', (_, spec, wanted) => {
    const found = objectsOf(spec).filter(({ object }) => object.kind === 'Service');
    expect(found.map(({ target, object }) => [target, (object as { spec?: object }).spec])).toEqual(
      wanted.map((each) => ['hub', each]),
    );
  });

  test('an address has Endpoints beside its Service (A22)', () => {
    expect(named('Endpoints', 'cluster-manager-addon-webhook', hosted('10.0.0.1'))).toMatchObject({
      metadata: { namespace: 'cm' },
      subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'tls', port: 443 }] }],
    });
  });
});

describe('addon.md 3.3: what the manager may do', () => {
  const addon = 'addon.open-cluster-management.io';
  const read = ['get', 'list', 'watch'];
  /** Of what the chapter grants: nothing that it never does, and its own Lease only. */
  const needed: Record<string, string[]> = {
    ' pods': ['get'],
    'apps replicasets': ['get'],
    'authentication.k8s.io tokenreviews': ['create'],
    'authorization.k8s.io subjectaccessreviews': ['create'],
    ' events': ['create', 'patch', 'update'],
    'events.k8s.io events': ['create', 'patch', 'update'],
    'coordination.k8s.io leases': ['create', ...read, 'update', 'patch'],
    ...Object.fromEntries(
      ['managedclusters', 'placements', 'placementdecisions'].map((resource) => [
        `cluster.open-cluster-management.io ${resource}`,
        read,
      ]),
    ),
    ...Object.fromEntries(
      ['clustermanagementaddons', 'addontemplates', 'addondeploymentconfigs'].map((resource) => [
        `${addon} ${resource}`,
        read,
      ]),
    ),
    [`${addon} managedclusteraddons`]: [...read, 'create', 'patch', 'delete'],
    [`${addon} clustermanagementaddons/status`]: ['patch'],
    [`${addon} managedclusteraddons/status`]: ['patch'],
    [`${addon} clustermanagementaddons/finalizers`]: ['update'],
    [`${addon} managedclusteraddons/finalizers`]: ['update'],
    'work.open-cluster-management.io manifestworks': [...read, 'create', 'update', 'delete'],
    ' configmaps': [...read, 'create', 'patch', 'delete'],
    'certificates.k8s.io certificatesigningrequests': read,
    'certificates.k8s.io certificatesigningrequests/approval': ['update'],
    'certificates.k8s.io certificatesigningrequests/status': ['update'],
    'certificates.k8s.io signers': ['approve', 'sign'],
    // Bounded by policies.
    ' serviceaccounts/token': ['create', 'subscribe'],
    ...Object.fromEntries(
      ['rbac.authorization.k8s.io roles', 'rbac.authorization.k8s.io rolebindings', ' serviceaccounts'].map(
        (resource) => [resource, [...read, 'create', 'patch', 'delete']],
      ),
    ),
  };
  const granted = (kind: string): Record<string, string[]> => {
    const found: Record<string, string[]> = {};
    for (const { apiGroups = [], resources = [], verbs } of named<ClusterRole | Role>(kind, role)?.rules ??
      [])
      for (const group of apiGroups)
        for (const resource of resources) (found[`${group} ${resource}`] ??= []).push(...verbs);
    return found;
  };

  test('no tokens where the operator may not grant them, which roles of before do not let it', () => {
    const { rules } = named<ClusterRole>('ClusterRole', role, {}, { grantsTokens: false })!;
    expect(JSON.stringify(rules)).not.toContain('serviceaccounts/token');
  });

  test('no Secrets, nothing that it would have to hold to bind it', () => {
    const here = granted('Role');
    expect({ ...granted('ClusterRole'), ...here }).toEqual(needed);
    expect(Object.keys(here).toSorted()).toEqual([
      ' events',
      ' pods',
      'apps replicasets',
      'coordination.k8s.io leases',
      'events.k8s.io events',
    ]);
    const leases = named<Role>('Role', role)?.rules?.filter(({ resources }) => resources?.includes('leases'));
    expect(leases?.map(({ resourceNames }) => resourceNames)).toEqual([undefined, ['manager-lock']]);
  });
});
