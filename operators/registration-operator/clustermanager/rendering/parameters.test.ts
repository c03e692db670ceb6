import { describe, expect, test } from '@jest/globals';
import type {
  ClusterManager,
  ClusterManagerSpec,
  EndpointsExposureGrpc,
} from '../../../api/generated/operator.ts';
import type { Deployment } from '../../../runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import type { Stage } from '../../bundle/index.ts';
import { stagesFor } from './fixture.ts';
import { nothingObserved, type Observed, unknownGates } from './parameters.ts';

const observed: Observed = {
  ...nothingObserved('open-cluster-management', { minVersion: 'VersionTLS12', cipherSuites: [] }),
  caBundle: 'bundle',
  convertsAddons: true,
};

/** The spec as the API server completes it. */
const clusterManager = (
  spec: Partial<ClusterManagerSpec> = {},
  labels?: Record<string, string>,
): ClusterManager => ({
  metadata: { name: 'cm', labels },
  spec: {
    deployOption: { mode: 'Default' },
    registrationImagePullSpec: 'quay.io/open-cluster-management/registration',
    workImagePullSpec: 'quay.io/open-cluster-management/work',
    placementImagePullSpec: 'quay.io/open-cluster-management/placement',
    addOnManagerImagePullSpec: 'quay.io/open-cluster-management/addon-manager',
    workConfiguration: { workDriver: 'kube' },
    ...spec,
  },
});

const stagesOf = (
  spec?: Partial<ClusterManagerSpec>,
  changes: Partial<Observed> = {},
  labels?: Record<string, string>,
) => stagesFor(clusterManager(spec, labels), { ...observed, ...changes });

const objectsOf = (stages: Stage[]): UnknownObject[] =>
  stages.flatMap(({ objects }) => objects.map(({ object }) => object));
const find = (stages: Stage[], kind: string, name: string): UnknownObject | undefined =>
  objectsOf(stages).find((object) => object.kind === kind && object.metadata.name === name);
const deployment = (stages: Stage[], suffix: string) =>
  find(stages, 'Deployment', `cm-${suffix}`) as Deployment | undefined;
const argsOf = (stages: Stage[], suffix: string) =>
  deployment(stages, suffix)?.spec?.template.spec?.containers[0]?.args;
const gate = (feature: string, mode: 'Enable' | 'Disable' = 'Enable') => ({ feature, mode });
const count = (stages: Stage[]) => objectsOf(stages).length;

describe('what a ClusterManager installs', () => {
  test('operator.md 16, 19: the objects of a Default ClusterManager', () => {
    const stages = stagesOf();
    expect(stages.map(({ name, objects }) => [name, objects.length])).toEqual([
      ['crds', 12],
      ['bounds', 0],
      ['hub', 34],
      ['network', 0],
      ['runtime', 6],
      ['webhooks', 4],
    ]);
  });

  test.each([
    [['ManifestWorkReplicaSet'], true],
    [['CleanUpCompletedManifestWork'], true],
    [['ManifestWorkReplicaSet', 'CleanUpCompletedManifestWork'], true],
    [['NilExecutorValidating'], false],
    [['NoSuchGate'], false],
    [[], false],
  ])('operator.md 21: with gates %j the work controller is there: %s', (features, isThere) => {
    const featureGates = features.map((feature) => gate(feature));
    const stages = stagesOf({ workConfiguration: { workDriver: 'kube', featureGates } });
    expect(deployment(stages, 'work-controller') !== undefined).toBe(isThere);
    expect(count(stages)).toBe(isThere ? 63 : 56);
  });

  test('operator.md 20: Hosted, with a name and with an address', () => {
    const hosted = (address: string, spec: Partial<ClusterManagerSpec> = {}) => {
      const webhook = { address, port: 443 };
      return stagesOf({
        ...spec,
        deployOption: {
          mode: 'Hosted',
          hosted: {
            registrationWebhookConfiguration: webhook,
            workWebhookConfiguration: webhook,
            addonWebhookConfiguration: webhook,
          },
        },
      });
    };
    const byName = hosted('hub.example.com');
    const service = find(byName, 'Service', 'cluster-manager-registration-webhook');
    expect(service).toMatchObject({ spec: { type: 'ExternalName', externalName: 'hub.example.com' } });
    expect(service?.metadata.labels).toBeUndefined();
    expect(service?.metadata.namespace).toBe('cm');

    const byAddress = hosted('10.0.0.1');
    expect(find(byAddress, 'Service', 'cluster-manager-work-webhook')).toMatchObject({
      spec: { ports: [{ name: 'tls', port: 443, targetPort: 443 }] },
    });
    expect(find(byAddress, 'Endpoints', 'cluster-manager-work-webhook')).toMatchObject({
      subsets: [{ addresses: [{ ip: '10.0.0.1' }], ports: [{ name: 'tls', port: 443 }] }],
    });
    // The namespace is on both clusters.
    expect(count(byName)).toBe(57);
    const featureGates = [gate('ManifestWorkReplicaSet')];
    expect(
      count(hosted('hub.example.com', { workConfiguration: { workDriver: 'kube', featureGates } })),
    ).toBe(64);
    expect(count(byAddress)).toBe(60);
  });

  test('Hosted: Pods use a kubeconfig of the hub, and webhooks the port of the hub (D9)', () => {
    const webhook = { address: 'hub.example.com', port: 8443, bindConfiguration: { port: 9444 } };
    const stages = stagesOf({
      deployOption: { mode: 'Hosted', hosted: { registrationWebhookConfiguration: webhook } },
    });
    const pod = deployment(stages, 'registration-controller')?.spec?.template.spec;
    expect(pod?.serviceAccountName).toBeUndefined();
    expect(argsOf(stages, 'registration-controller')).toContain(
      '--kubeconfig=/var/run/secrets/hub/kubeconfig',
    );
    expect(pod?.volumes).toContainEqual({
      name: 'kubeconfig',
      secret: { secretName: 'registration-controller-sa-kubeconfig' },
    });
    expect(argsOf(stages, 'registration-webhook')).toContain('--port=9444');
    expect(
      find(
        stages,
        'ValidatingWebhookConfiguration',
        'managedclustervalidators.admission.cluster.open-cluster-management.io',
      ),
    ).toMatchObject({ webhooks: [{ clientConfig: { service: { port: 8443, namespace: 'cm' } } }] });
    const targets = (name: string) =>
      stages.find((stage) => stage.name === name)?.objects.map(({ target }) => target);
    expect(new Set(targets('runtime'))).toEqual(new Set(['management']));
    expect(new Set(targets('hub'))).toEqual(new Set(['hub']));
  });
});

describe('conditions of webhooks', () => {
  test.each<[string | undefined, boolean]>([
    [undefined, false],
    ['unreadable', false],
    ['v1.25.16', false],
    ['v1.29.14', false],
    ['v1.29.9-eks-1a2b', false],
    ['v1.30.0', true],
    ['v1.31.4-eks-1a2b', true],
    ['v1.35.4+k3s1', true],
  ])('a hub of version %s has them: %s', (hubVersion, isThere) => {
    const webhooks = objectsOf(stagesOf({}, { hubVersion }))
      .filter(({ kind }) => kind?.endsWith('WebhookConfiguration'))
      .flatMap(
        (configuration) => (configuration as { webhooks?: { matchConditions?: object[] }[] }).webhooks!,
      );
    expect(webhooks).toHaveLength(4);
    for (const { matchConditions } of webhooks) expect(matchConditions?.length).toBe(isThere ? 1 : undefined);
  });
});

describe('arguments (operator.md 4.3)', () => {
  test('of a plain ClusterManager', () => {
    const stages = stagesOf();
    expect(argsOf(stages, 'registration-controller')).toEqual([
      '/registration',
      'controller',
      '--tls-min-version=VersionTLS12',
    ]);
    expect(argsOf(stages, 'registration-webhook')).toEqual([
      '/registration',
      'webhook-server',
      '--port=9443',
      '--health-probe-port=8000',
      '--metrics-port=8080',
      '--feature-gates=DefaultClusterSet=true',
      '--tls-min-version=VersionTLS12',
    ]);
    expect(argsOf(stages, 'work-webhook')).toEqual([
      '/work',
      'webhook-server',
      '--port=9443',
      '--health-probe-port=8000',
      '--metrics-port=8080',
      '--tls-min-version=VersionTLS12',
    ]);
  });

  test.each([
    ['version only', 'VersionTLS13', [], ['--tls-min-version=VersionTLS13']],
    [
      'both',
      'VersionTLS12',
      ['TLS_A', 'TLS_B'],
      ['--tls-min-version=VersionTLS12', '--tls-cipher-suites=TLS_A,TLS_B'],
    ],
  ])('operator.md 7: TLS, %s', (_, minVersion, cipherSuites, expected) => {
    const stages = stagesOf({}, { tls: { minVersion, cipherSuites } });
    for (const suffix of [
      'registration-controller',
      'registration-webhook',
      'work-webhook',
      'placement-controller',
      'addon-webhook',
      'addon-manager-controller',
    ])
      expect(argsOf(stages, suffix)?.slice(-expected.length)).toEqual(expected);
  });

  test.each([
    ['one', ['render-auto'], true, '--import-renderers=render-auto'],
    ['several', ['a', 'b'], true, '--import-renderers=a,b'],
    ['none', [], true, undefined],
    ['nil', undefined, true, undefined],
    ['gate off', ['a'], false, undefined],
  ] as const)('operator.md 27: renderers, %s', (_, renderers, isOn, expected) => {
    const stages = stagesOf({
      registrationConfiguration: {
        featureGates: isOn ? [gate('ClusterImporter')] : [],
        importerConfiguration: { renderers: renderers && [...renderers] },
      },
    });
    expect(argsOf(stages, 'registration-controller')?.find((arg) => arg.startsWith('--import'))).toBe(
      expected,
    );
  });

  describe('the gRPC server', () => {
    const grpc: Partial<ClusterManagerSpec> = {
      registrationConfiguration: { registrationDrivers: [{ authType: 'grpc' }] },
    };
    const exposed = (endpoint: EndpointsExposureGrpc): Partial<ClusterManagerSpec> => ({
      ...grpc,
      serverConfiguration: { endpointsExposure: [{ protocol: 'grpc', grpc: endpoint }] },
    });
    const imageOf = (spec: Partial<ClusterManagerSpec>) =>
      deployment(stagesOf(spec), 'grpc-server')?.spec?.template.spec?.containers[0]?.image;
    const targets = (stages: Stage[], ...kinds: string[]) =>
      stages.flatMap(({ objects }) =>
        objects
          .filter(
            ({ object: { kind, metadata } }) => kinds.includes(kind ?? '') && metadata.name?.includes('grpc'),
          )
          .map(({ target, object }) => `${target} ${object.kind}`),
      );

    test('operator.md 33: it comes with its driver, and goes with it', () => {
      const stages = stagesOf(grpc);
      expect(count(stages) - count(stagesOf())).toBe(8);
      expect(argsOf(stages, 'grpc-server')).toEqual([
        '/server',
        'grpc',
        '--server-config=/var/run/secrets/hub/grpc/config/config.yaml',
        '--tls-min-version=VersionTLS12',
      ]);
      const pod = deployment(stages, 'grpc-server')?.spec?.template.spec;
      expect(pod?.serviceAccountName).toBe('grpc-server-sa');
      expect(pod?.containers[0]?.env?.map(({ name }) => name)).toEqual(['POD_NAMESPACE', 'POD_NAME']);
      expect(pod?.volumes?.slice(1)).toEqual([
        { name: 'grpc-server-config', configMap: { name: 'grpc-server-config', optional: true } },
        { name: 'grpc-server-ca', configMap: { name: 'ca-bundle-configmap' } },
        { name: 'grpc-server-serving-cert', secret: { secretName: 'grpc-server-serving-cert' } },
      ]);
      expect(deployment(stagesOf(), 'grpc-server')).toBeUndefined();
    });

    test.each<[string, Partial<ClusterManagerSpec>, object]>([
      ['unset', grpc, { type: 'ClusterIP', ports: [{ name: 'grpc', port: 8090, targetPort: 8090 }] }],
      ['hostname', exposed({ type: 'hostname' }), { type: 'ClusterIP', ports: [{ port: 8090 }] }],
      [
        'loadBalancer',
        exposed({ type: 'loadBalancer' }),
        { type: 'LoadBalancer', ports: [{ name: 'grpc', port: 443, targetPort: 8090 }] },
      ],
    ])('operator.md 34: Service of endpoint type %s', (_, spec, expected) => {
      expect(find(stagesOf(spec), 'Service', 'cm-grpc-server')).toMatchObject({ spec: expected });
    });

    test.each<[string, string | undefined, string]>([
      ['none', undefined, 'quay.io/open-cluster-management/registration'],
      ['a blank one', '  ', 'quay.io/open-cluster-management/registration'],
      ['its own', 'example.com/server:v1', 'example.com/server:v1'],
    ])('operator.md 2.1: image, %s', (_, imagePullSpec, expected) => {
      expect(imageOf({ ...grpc, serverConfiguration: imagePullSpec ? { imagePullSpec } : {} })).toBe(
        expected,
      );
    });

    test('operator.md 61: Hosted, it stands with its Service where the Pods are (D12)', () => {
      const stages = stagesOf({ ...grpc, deployOption: { mode: 'Hosted' } });
      expect(targets(stages, 'Deployment', 'Service')).toEqual([
        'management Deployment',
        'management Service',
      ]);
      expect(new Set(targets(stages, 'ClusterRole', 'ServiceAccount', 'Role'))).toEqual(
        new Set(['hub ClusterRole', 'hub ServiceAccount', 'hub Role']),
      );
      expect(argsOf(stages, 'grpc-server')).toContain('--kubeconfig=/var/run/secrets/hub/kubeconfig');
      expect(deployment(stages, 'grpc-server')?.spec?.template.spec?.volumes).toContainEqual({
        name: 'kubeconfig',
        secret: { secretName: 'grpc-server-sa-kubeconfig' },
      });
    });
  });

  test('operator.md 33: the grpc driver brings CA and key, users and rules', () => {
    const stages = stagesOf({
      registrationConfiguration: {
        registrationDrivers: [
          { authType: 'csr' },
          { authType: 'grpc', grpc: { autoApprovedIdentities: ['u1', 'u2'] } },
        ],
      },
    });
    expect(argsOf(stages, 'registration-controller')).toEqual([
      '/registration',
      'controller',
      '--enabled-registration-drivers=csr,grpc',
      '--grpc-ca-file=/var/run/secrets/hub/grpc/certs/tls.crt',
      '--grpc-key-file=/var/run/secrets/hub/grpc/certs/tls.key',
      '--auto-approved-grpc-users=u1,u2',
      '--tls-min-version=VersionTLS12',
    ]);
    const pod = deployment(stages, 'registration-controller')?.spec?.template.spec;
    expect(pod?.volumes).toContainEqual({
      name: 'grpc-server-singer',
      secret: { secretName: 'signer-secret' },
    });
    const role = find(stages, 'ClusterRole', 'open-cluster-management:cm-registration:controller');
    expect(role?.rules).toContainEqual({
      apiGroups: ['certificates.k8s.io'],
      resources: ['signers'],
      resourceNames: ['open-cluster-management.io/grpc'],
      verbs: ['approve', 'sign'],
    });
  });

  test('operator.md 30: awsirsa without tags and patterns has no flags for them', () => {
    const arn = 'arn:aws:eks:us-west-2:123456789012:cluster/hub';
    const stages = stagesOf({
      registrationConfiguration: {
        registrationDrivers: [{ authType: 'awsirsa', awsirsa: { hubClusterArn: arn } }],
      },
    });
    expect(argsOf(stages, 'registration-controller')).toEqual([
      '/registration',
      'controller',
      `--hub-cluster-arn=${arn}`,
      '--enabled-registration-drivers=awsirsa',
      '--tls-min-version=VersionTLS12',
    ]);
  });

  test('all conditional flags stand in the order of the contract', () => {
    const arn = 'arn:aws:eks:us-west-2:123456789012:cluster/hub';
    const stages = stagesOf(
      {
        registrationConfiguration: {
          autoApproveUsers: ['u'],
          featureGates: [gate('ClusterImporter'), gate('DefaultClusterSet', 'Disable')],
          importerConfiguration: { renderers: ['r'] },
          registrationDrivers: [
            { authType: 'csr', csr: { autoApprovedIdentities: ['c'] } },
            {
              authType: 'awsirsa',
              awsirsa: { hubClusterArn: arn, autoApprovedIdentities: ['p'], tags: ['t'] },
            },
            { authType: 'grpc', grpc: { autoApprovedIdentities: ['g'] } },
          ],
        },
      },
      { agentImage: 'agent:1', syncLabels: true, tls: { minVersion: 'VersionTLS13', cipherSuites: ['X'] } },
      { b: '2', a: '1', app: 'no', 'open-cluster-management.io/x': 'no' },
    );
    expect(argsOf(stages, 'registration-controller')?.map((arg) => arg.split('=')[0])).toEqual([
      '/registration',
      'controller',
      '--feature-gates',
      '--feature-gates',
      '--cluster-auto-approval-users',
      '--agent-image',
      '--bootstrap-serviceaccount',
      '--import-renderers',
      '--hub-cluster-arn',
      '--enabled-registration-drivers',
      '--auto-approved-csr-users',
      '--auto-approved-arn-patterns',
      '--labels',
      '--aws-resource-tags',
      '--grpc-ca-file',
      '--grpc-key-file',
      '--auto-approved-grpc-users',
      '--tls-min-version',
      '--tls-cipher-suites',
    ]);
    expect(argsOf(stages, 'registration-controller')).toContain('--labels=a=1,b=2');
  });
});

describe('Pods', () => {
  test.each([
    [3, 1],
    [5, '25%'],
  ])(
    'operator.md 51: on the host network with %d replicas, maxUnavailable is %s',
    (replicas, maxUnavailable) => {
      const bindConfiguration = { hostNetwork: true };
      const stages = stagesOf(
        {
          deployOption: {
            mode: 'Default',
            default: { registrationWebhookConfiguration: { bindConfiguration } },
          },
        },
        { replicas },
      );
      expect(deployment(stages, 'registration-webhook')?.spec?.strategy).toEqual({
        type: 'RollingUpdate',
        rollingUpdate: { maxSurge: 0, maxUnavailable },
      });
      expect(deployment(stages, 'work-webhook')?.spec?.strategy).toBeUndefined();
    },
  );

  test('every container is as restricted as can be', () => {
    const debug = { placementConfiguration: { featureGates: [gate('PlacementDebugServer')] } };
    for (const object of objectsOf(stagesOf(debug)).filter(({ kind }) => kind === 'Deployment')) {
      const { containers } = (object as Deployment).spec!.template.spec!;
      for (const { securityContext } of containers)
        expect(securityContext).toEqual({
          allowPrivilegeEscalation: false,
          capabilities: { drop: ['ALL'] },
          privileged: false,
          runAsNonRoot: true,
          readOnlyRootFilesystem: true,
        });
    }
  });

  test.each([
    ['absent', undefined, { requests: { cpu: '2m', memory: '16Mi' } }],
    ['BestEffort', { type: 'BestEffort' as const }, {}],
    [
      'custom',
      { type: 'ResourceRequirement' as const, resourceRequirements: { limits: { cpu: '1' } } },
      { limits: { cpu: '1' } },
    ],
  ])('operator.md 48: resources, %s', (_, resourceRequirement, expected) => {
    const stages = stagesOf({ resourceRequirement });
    expect(
      deployment(stages, 'registration-controller')?.spec?.template.spec?.containers[0]?.resources,
    ).toEqual(expected);
  });

  test('operator.md 39: a pull secret is referenced only when there is one', () => {
    const secrets = (hasImagePullSecret: boolean) =>
      deployment(stagesOf({}, { hasImagePullSecret }), 'work-webhook')?.spec?.template.spec?.imagePullSecrets;
    expect(secrets(true)).toEqual([{ name: 'open-cluster-management-image-pull-credentials' }]);
    expect(secrets(false)).toBeUndefined();
  });

  test('since-1.3.1.md 40, 41: every Deployment names a pull Secret of another name', () => {
    const spec: Partial<ClusterManagerSpec> = {
      registrationConfiguration: { registrationDrivers: [{ authType: 'grpc' }] },
      workConfiguration: { workDriver: 'kube', featureGates: [gate('ManifestWorkReplicaSet')] },
    };
    const named = (hasImagePullSecret: boolean) =>
      objectsOf(stagesOf(spec, { hasImagePullSecret, imagePullSecret: 'mine' }))
        .filter(({ kind }) => kind === 'Deployment')
        .map((object) => (object as Deployment).spec?.template.spec?.imagePullSecrets);
    expect(named(true)).toEqual(Array.from({ length: 8 }, () => [{ name: 'mine' }]));
    expect(named(false)).toEqual(Array.from({ length: 8 }, () => undefined));
  });

  test('since-1.3.1.md 43: the cluster importer is told the name of the pull Secret, and may read it', () => {
    const spec = { registrationConfiguration: { featureGates: [gate('ClusterImporter')] } };
    const told = (changes: Partial<Observed>) => {
      const stages = stagesOf(spec, changes);
      const role = find(stages, 'ClusterRole', 'open-cluster-management:cm-registration:controller');
      const flag = argsOf(stages, 'registration-controller')?.find((arg) => /pull-secret/.test(arg));
      return { flag, readable: JSON.stringify(role?.rules) };
    };
    const { flag, readable } = told({ imagePullSecret: 'mine' });
    expect(flag).toBe('--image-pull-secret-name=mine');
    expect(readable).toContain('["mine","cluster-import-config"]');
    // Under its usual name the flag would only keep controllers of before from starting.
    expect(told({}).flag).toBeUndefined();
    expect(told({}).readable).toContain(
      '["open-cluster-management-image-pull-credentials","cluster-import-config"]',
    );
  });
});

describe('least privilege', () => {
  test('no role may escalate, bind, impersonate, or do anything to everything', () => {
    const full = stagesOf({
      registrationConfiguration: { featureGates: [gate('ClusterImporter'), gate('ClusterProfile')] },
      workConfiguration: { workDriver: 'kube', featureGates: [gate('ManifestWorkReplicaSet')] },
    });
    for (const { rules } of objectsOf(full).filter(({ kind }) => kind === 'ClusterRole'))
      for (const rule of rules as { apiGroups: string[]; resources: string[]; verbs: string[] }[]) {
        expect([...rule.apiGroups, ...rule.resources, ...rule.verbs]).not.toContain('*');
        for (const verb of ['escalate', 'bind', 'impersonate']) expect(rule.verbs).not.toContain(verb);
      }
  });
});

test('operator.md 47: unknown gates are reported by component', () => {
  expect(
    unknownGates(
      clusterManager({
        registrationConfiguration: { featureGates: [gate('X'), gate('ClusterProfile')] },
        addOnManagerConfiguration: { featureGates: [gate('Y')] },
        placementConfiguration: { featureGates: [gate('Z'), gate('PlacementDebugServer')] },
      }),
    ),
  ).toEqual({ Registration: ['X'], Work: [], Addon: ['Y'], Placement: ['Z'] });
});
