import { describe, expect, test } from '@jest/globals';
import type { Klusterlet, KlusterletSpec } from '../../../api/generated/operator.ts';
import type { Deployment, ServiceAccount } from '../../../runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { findBundles, loadBundles, render } from '../../bundle/index.ts';
import type { TlsSettings } from '../../tls-profile.ts';
import type { Mode } from '../mode.ts';
import {
  agentLabels,
  hasPriorityClasses,
  nothingObserved,
  type Observed,
  renderInput,
  suppliedParameters,
} from './parameters.ts';
import { workReplicas } from './work-replicas.ts';

const [bundle] = loadBundles(findBundles(), {
  sets: ['klusterlet'],
  supplies: { klusterlet: suppliedParameters() },
});

const klusterletOf = (spec: KlusterletSpec = {}, labels?: Record<string, string>): Klusterlet => ({
  metadata: { name: 'klusterlet', uid: 'uid-1', labels },
  spec: { registrationImagePullSpec: 'r:1', workImagePullSpec: 'w:1', imagePullSpec: 's:1', ...spec },
});

const objectsOf = (
  klusterlet: Klusterlet,
  mode: Mode = 'Default',
  observed: Partial<Observed> = {},
): { target: string; object: UnknownObject }[] =>
  render(
    bundle,
    'klusterlet',
    renderInput(klusterlet, {
      ...nothingObserved(mode),
      hasPriorityClasses: true,
      workReplicas: 1,
      workClusterName: klusterlet.spec?.clusterName ?? '',
      ...observed,
    }),
  ).flatMap(({ objects }) => objects);

const agentOf = (
  agent: 'registration-agent' | 'work-agent' | 'agent',
  klusterlet: Klusterlet,
  mode: Mode = agent === 'agent' ? 'Singleton' : 'Default',
  observed: Partial<Observed> = {},
) => {
  const found = objectsOf(klusterlet, mode, observed).find(
    ({ object }) => object.kind === 'Deployment' && object.metadata.name === `klusterlet-${agent}`,
  )?.object as unknown as Deployment | undefined;
  const pod = found?.spec?.template.spec;
  if (!found || !pod) throw new Error(`no Deployment klusterlet-${agent}`);
  return { found, pod, container: pod.containers[0], args: pod.containers[0]?.args ?? [] };
};

const registration = (spec: KlusterletSpec = {}) => agentOf('registration-agent', klusterletOf(spec)).args;
const work = (spec: KlusterletSpec = {}, observed: Partial<Observed> = {}) =>
  agentOf('work-agent', klusterletOf(spec), 'Default', observed).args;
const singleton = (spec: KlusterletSpec = {}) => agentOf('agent', klusterletOf(spec)).args;
const withFlag = (args: string[], ...flags: string[]) =>
  args.filter((arg) => flags.some((flag) => arg.startsWith(`--${flag}=`)));

const awsIrsa = {
  hubClusterArn: 'arn:aws:eks:us-west-2:123456789012:cluster/hub',
  managedClusterArn: 'arn:aws:eks:us-west-2:987654321098:cluster/spoke',
};
const aws: KlusterletSpec = {
  registrationConfiguration: { registrationDriver: { authType: 'awsirsa', awsIrsa } },
};
// md5 of 123456789012#hub#987654321098#spoke
const roleSuffix = '150079315361d5fabb662554c59b20d8';

describe('objects', () => {
  test.each<[Mode, number, number]>([
    ['Default', 13, 11],
    ['Singleton', 12, 10],
    ['Hosted', 13, 13],
    ['SingletonHosted', 12, 11],
  ])('%s: those that status lists, by cluster (operator.md 83, 84, 85)', (mode, managed, management) => {
    const listed = objectsOf(klusterletOf(), mode).filter(
      ({ object }) => object.kind !== 'Namespace' && !object.aggregationRule,
    );
    const on = (target: string) => listed.filter((each) => each.target === target).length;
    expect([on('managed'), on('management')]).toEqual([managed, management]);
  });

  test.each<[Mode, string | undefined, string, string]>([
    ['Default', undefined, 'open-cluster-management-agent', 'open-cluster-management-agent'],
    ['Default', 'open-cluster-management-x', 'open-cluster-management-x', 'open-cluster-management-x'],
    ['Hosted', undefined, 'open-cluster-management-agent', 'klusterlet'],
    ['Hosted', 'open-cluster-management-x', 'open-cluster-management-x', 'klusterlet'],
    ['SingletonHosted', 'open-cluster-management-x', 'open-cluster-management-x', 'klusterlet'],
  ])('%s with namespace %s stands in %s and %s (operator.md 88)', (mode, namespace, managed, management) => {
    const objects = objectsOf(klusterletOf({ namespace }), mode);
    const namespacesOf = (target: string) => [
      ...new Set(
        objects
          .filter((each) => each.target === target)
          .map(({ object }) => object.metadata.namespace)
          .filter((each) => each !== undefined && each !== 'kube-system'),
      ),
    ];
    expect(namespacesOf('managed')).toEqual([managed]);
    expect(namespacesOf('management')).toEqual([management]);
  });

  test('ClusterProperty brings its CRD (operator.md 104)', () => {
    const crds = (mode?: 'Enable' | 'Disable') =>
      objectsOf(
        klusterletOf({
          registrationConfiguration: { featureGates: mode && [{ feature: 'ClusterProperty', mode }] },
        }),
      ).filter(({ object }) => object.kind === 'CustomResourceDefinition').length;
    expect([crds(), crds('Disable'), crds('Enable')]).toEqual([2, 2, 3]);
  });

  test.each<[Mode, string[]]>([
    ['Default', ['managed', 'managed', 'management', 'management']],
    ['Hosted', ['managed', 'managed', 'management', 'management']],
    ['Singleton', ['managed', 'managed', 'management', 'management']],
  ])('%s: what add-ons need is there while their gate is on (operator.md 10.11)', (mode, expected) => {
    const targets = (gate: 'Enable' | 'Disable') =>
      objectsOf(
        klusterletOf({
          registrationConfiguration: { featureGates: [{ feature: 'AddonManagement', mode: gate }] },
        }),
        mode,
      )
        .filter(({ object }) => object.metadata.name.endsWith(':addon-management'))
        .map(({ target }) => target);
    expect(targets('Enable')).toEqual(expected);
    expect(targets('Disable')).toEqual([]);
  });

  test('the add-on namespace can be left to others (operator.md 114)', () => {
    const names = (keepsAddonNamespace: boolean) =>
      objectsOf(klusterletOf(), 'Default', { keepsAddonNamespace })
        .filter(({ object }) => object.kind === 'Namespace')
        .map(({ object }) => object.metadata.name);
    expect(names(true)).toEqual(['open-cluster-management-agent-addon', 'open-cluster-management-agent']);
    expect(names(false)).toEqual(['open-cluster-management-agent']);
  });

  test('labels of the Klusterlet pass to everything but CRDs, reserved ones and app apart (operator.md 113)', () => {
    const labels = { team: 'blue', app: 'mine', 'open-cluster-management.io/x': 'y' };
    const klusterlet = klusterletOf({}, labels);
    const created = { 'open-cluster-management.io/created-by-klusterlet': 'klusterlet' };
    expect(agentLabels(klusterlet, false)).toEqual(created);
    expect(agentLabels(klusterlet, true)).toEqual({ team: 'blue', ...created });
    for (const { object } of objectsOf(klusterlet, 'Default', { syncLabels: true })) {
      const isCrd = object.kind === 'CustomResourceDefinition';
      expect(object.metadata.labels?.team).toBe(isCrd ? undefined : 'blue');
    }
    const { found } = agentOf('work-agent', klusterlet, 'Default', { syncLabels: true });
    expect(found.spec?.template.metadata?.labels).toEqual({
      team: 'blue',
      ...created,
      app: 'klusterlet-manifestwork-agent',
    });
  });

  test.each<[Mode, string[]]>([
    ['Default', ['managed']],
    ['Hosted', ['managed', 'management']],
  ])(
    '%s: an AWS role on the ServiceAccounts of the agents, and gone with it (operator.md 108, D28)',
    (mode, targets) => {
      const accounts = (spec: KlusterletSpec) =>
        objectsOf(klusterletOf(spec), mode).filter(({ object }) => object.kind === 'ServiceAccount');
      const roleOf = (account: UnknownObject) =>
        (account as unknown as ServiceAccount).metadata.annotations?.['eks.amazonaws.com/role-arn'];
      expect([...new Set(accounts(aws).map(({ target }) => target))]).toEqual(targets);
      for (const { object } of accounts(aws))
        expect(roleOf(object)).toBe(`arn:aws:iam::987654321098:role/ocm-managed-cluster-${roleSuffix}`);
      for (const { object } of accounts({})) expect(object.metadata.annotations).toBeUndefined();
    },
  );
});

describe('arguments', () => {
  test('registration agent: the bare ones, and where claims stand (operator.md 98)', () => {
    const one: KlusterletSpec = { clusterName: 'c1', externalServerURLs: [{ url: 'https://one' }] };
    expect(registration(one)).toEqual([
      '/registration',
      'agent',
      '--spoke-cluster-name=c1',
      '--bootstrap-kubeconfig=/spoke/bootstrap/kubeconfig',
      '--spoke-external-server-urls=https://one',
    ]);
    const configured = registration({
      ...one,
      registrationConfiguration: {
        kubeAPIQPS: 50,
        kubeAPIBurst: 100,
        clusterClaimConfiguration: { maxCustomClusterClaims: 10, reservedClusterClaimSuffixes: ['a', 'b'] },
      },
    });
    expect(configured[7]).toBe('--max-custom-cluster-claims=10');
    expect(configured[8]).toBe('--reserved-cluster-claim-suffixes=a,b');
  });

  test.each<[string, TlsSettings | undefined, string[]]>([
    ['no profile', undefined, []],
    ['a version', { minVersion: 'VersionTLS13', cipherSuites: [] }, ['--tls-min-version=VersionTLS13']],
    [
      'both',
      { minVersion: 'VersionTLS12', cipherSuites: ['A', 'B'] },
      ['--tls-min-version=VersionTLS12', '--tls-cipher-suites=A,B'],
    ],
  ])('every agent ends with the TLS profile, %s (operator.md 1.5)', (_, tls, expected) => {
    for (const agent of ['registration-agent', 'work-agent', 'agent'] as const) {
      const mode = agent === 'agent' ? 'Singleton' : 'Default';
      const { args } = agentOf(agent, klusterletOf(), mode, { tls });
      expect(args.filter((arg) => arg.startsWith('--tls-'))).toEqual(expected);
      expect(args.slice(args.length - expected.length)).toEqual(expected);
    }
  });

  test('registration agent: everything in its order (operator.md 5.5)', () => {
    expect(
      registration({
        clusterName: 'c1',
        externalServerURLs: [{ url: 'https://one' }, { url: 'https://two' }],
        registrationConfiguration: {
          featureGates: [{ feature: 'AddonManagement', mode: 'Disable' }],
          clientCertExpirationSeconds: 7200,
          clusterAnnotations: {
            'agent.open-cluster-management.io/b': '2',
            'agent.open-cluster-management.io/a': '1',
          },
          kubeAPIQPS: 60,
          kubeAPIBurst: 120,
          clusterClaimConfiguration: { maxCustomClusterClaims: 20, reservedClusterClaimSuffixes: ['s'] },
          addOnKubeClientRegistrationDriver: { authType: 'token', token: { expirationSeconds: 3600 } },
          registrationDriver: { authType: 'grpc' },
        },
      }),
    ).toEqual([
      '/registration',
      'agent',
      '--spoke-cluster-name=c1',
      '--bootstrap-kubeconfig=/spoke/bootstrap/kubeconfig',
      '--feature-gates=AddonManagement=false',
      '--spoke-external-server-urls=https://one',
      '--spoke-external-server-urls=https://two',
      '--client-cert-expiration-seconds=7200',
      '--cluster-annotations=agent.open-cluster-management.io/a=1,agent.open-cluster-management.io/b=2',
      '--kube-api-qps=60',
      '--kube-api-burst=120',
      '--max-custom-cluster-claims=20',
      '--reserved-cluster-claim-suffixes=s',
      '--addon-kubeclient-registration-auth=token',
      '--addon-token-expiration-seconds=3600',
      '--registration-auth=grpc',
      '--grpc-bootstrap-config=/spoke/bootstrap/config.yaml',
      '--grpc-config=/spoke/hub-kubeconfig/config.yaml',
    ]);
  });

  test('work agent: everything in its order, hosted (operator.md 5.5)', () => {
    const klusterlet = klusterletOf({
      clusterName: 'c1',
      workConfiguration: {
        featureGates: [{ feature: 'ExecutorValidatingCaches', mode: 'Enable' }],
        kubeAPIQPS: 1,
        kubeAPIBurst: 2,
        hubKubeAPIQPS: 3,
        hubKubeAPIBurst: 4,
        statusSyncInterval: '20s',
        appliedManifestWorkEvictionGracePeriod: '30m',
      },
    });
    expect(agentOf('work-agent', klusterlet, 'Hosted').args).toEqual([
      '/work',
      'agent',
      '--spoke-cluster-name=c1',
      '--workload-source-driver=kube',
      '--workload-source-config=/spoke/hub-kubeconfig/kubeconfig',
      '--agent-id=uid-1',
      '--feature-gates=ExecutorValidatingCaches=true',
      '--spoke-kubeconfig=/spoke/config/kubeconfig',
      '--terminate-on-files=/spoke/config/kubeconfig',
      '--terminate-on-files=/spoke/hub-kubeconfig/kubeconfig',
      '--status-sync-interval=20s',
      '--kube-api-qps=1',
      '--kube-api-burst=2',
      '--hub-kube-api-qps=3',
      '--hub-kube-api-burst=4',
      '--appliedmanifestwork-eviction-grace-period=30m0s',
    ]);
  });

  test('singleton agent: everything in its order, hosted (operator.md 5.5)', () => {
    const klusterlet = klusterletOf({
      clusterName: 'c1',
      externalServerURLs: [{ url: 'https://one' }],
      registrationConfiguration: {
        featureGates: [{ feature: 'ClusterClaim', mode: 'Disable' }],
        kubeAPIQPS: 60,
        kubeAPIBurst: 100,
        clusterClaimConfiguration: { maxCustomClusterClaims: 20 },
      },
      workConfiguration: {
        featureGates: [{ feature: 'RawFeedbackJsonString', mode: 'Enable' }],
        kubeAPIQPS: 50,
        kubeAPIBurst: 200,
        hubKubeAPIQPS: 3,
        appliedManifestWorkEvictionGracePeriod: '1h',
      },
    });
    expect(agentOf('agent', klusterlet, 'SingletonHosted').args).toEqual([
      '/registration-operator',
      'agent',
      '--spoke-cluster-name=c1',
      '--bootstrap-kubeconfig=/spoke/bootstrap/kubeconfig',
      '--agent-id=uid-1',
      '--workload-source-driver=kube',
      '--workload-source-config=/spoke/hub-kubeconfig/kubeconfig',
      '--feature-gates=RawFeedbackJsonString=true',
      '--feature-gates=ClusterClaim=false',
      '--spoke-external-server-urls=https://one',
      '--status-sync-interval=60s',
      '--spoke-kubeconfig=/spoke/config/kubeconfig',
      '--terminate-on-files=/spoke/config/kubeconfig',
      '--kube-api-qps=60',
      '--kube-api-burst=200',
      '--hub-kube-api-qps=3',
      '--max-custom-cluster-claims=20',
      '--appliedmanifestwork-eviction-grace-period=1h0m0s',
    ]);
  });

  test.each([
    [{}, 1, ['--status-sync-interval=60s']],
    [{}, 3, []],
    [{}, 0, []],
    [{ statusSyncInterval: '20s' }, 3, ['--status-sync-interval=20s']],
    [{ statusSyncInterval: '1h30m' }, 1, ['--status-sync-interval=1h30m0s']],
  ])('status of %j with %d replicas (operator.md 96)', (workConfiguration, replicas, expected) => {
    expect(withFlag(work({ workConfiguration }, { workReplicas: replicas }), 'status-sync-interval')).toEqual(
      expected,
    );
  });

  test.each([
    [undefined, []],
    [[], []],
    [[{ url: 'https://a' }], ['--spoke-external-server-urls=https://a']],
    [
      [{ url: 'https://a' }, { url: 'https://b' }],
      ['--spoke-external-server-urls=https://a', '--spoke-external-server-urls=https://b'],
    ],
  ])('external URLs %j, one flag each (operator.md 97, D4)', (externalServerURLs, expected) => {
    expect(withFlag(registration({ externalServerURLs }), 'spoke-external-server-urls')).toEqual(expected);
    expect(withFlag(singleton({ externalServerURLs }), 'spoke-external-server-urls')).toEqual(expected);
  });

  test('no claims flag for 0, none for an empty list (operator.md 99)', () => {
    const args = registration({
      registrationConfiguration: {
        clusterClaimConfiguration: { maxCustomClusterClaims: 0, reservedClusterClaimSuffixes: [] },
      },
    });
    expect(withFlag(args, 'max-custom-cluster-claims', 'reserved-cluster-claim-suffixes')).toEqual([]);
  });

  test.each([
    [0, []],
    [120, ['--client-cert-expiration-seconds=120']],
  ])('certificates for %d seconds (operator.md 100)', (clientCertExpirationSeconds, expected) => {
    const args = registration({ registrationConfiguration: { clientCertExpirationSeconds } });
    expect(withFlag(args, 'client-cert-expiration-seconds')).toEqual(expected);
  });

  test('annotations without the prefix are dropped; the order is that of their keys (operator.md 101, D1, since-1.3.1.md 94, 95)', () => {
    const entries: [string, string][] = [
      ['agent.open-cluster-management.io/z', '3'],
      ['foreign/x', 'y'],
      ['agent.open-cluster-management.io/a', '1'],
    ];
    const argsFor = (list: [string, string][]) =>
      withFlag(
        registration({ registrationConfiguration: { clusterAnnotations: Object.fromEntries(list) } }),
        'cluster-annotations',
      );
    expect(argsFor(entries)).toEqual([
      '--cluster-annotations=agent.open-cluster-management.io/a=1,agent.open-cluster-management.io/z=3',
    ]);
    expect(argsFor(entries.toReversed())).toEqual(argsFor(entries));
    expect(argsFor([['foreign/x', 'y']])).toEqual([]);
  });

  test('labels for the ManagedCluster are a variable, which agents that do not know it pass over', () => {
    const spec: KlusterletSpec = { registrationConfiguration: { clusterLabels: { b: '2', a: '1' } } };
    for (const agent of ['registration-agent', 'agent'] as const) {
      expect(agentOf(agent, klusterletOf(spec)).container?.env?.slice(1)).toEqual([
        { name: 'CLUSTER_LABELS', value: '{"a":"1","b":"2"}' },
      ]);
      expect(agentOf(agent, klusterletOf()).container?.env).toHaveLength(1);
    }
    expect(registration(spec)).toEqual(registration());
  });

  test('gates reach the agent that knows them; unknown ones are left out (operator.md 102, 103)', () => {
    const spec: KlusterletSpec = {
      registrationConfiguration: {
        featureGates: [
          { feature: 'ClusterClaim', mode: 'Disable' },
          { feature: 'NoSuch', mode: 'Enable' },
        ],
      },
      workConfiguration: { featureGates: [{ feature: 'ExecutorValidatingCaches', mode: 'Enable' }] },
    };
    expect(withFlag(registration(spec), 'feature-gates')).toEqual(['--feature-gates=ClusterClaim=false']);
    expect(withFlag(work(spec), 'feature-gates')).toEqual(['--feature-gates=ExecutorValidatingCaches=true']);
  });

  test('awsirsa: flags, volumes and init container in both modes; csr has none (operator.md 108)', () => {
    for (const agent of ['registration-agent', 'agent'] as const) {
      const { args, pod, container } = agentOf(agent, klusterletOf(aws));
      expect(args.slice(-4)).toEqual([
        '--registration-auth=awsirsa',
        `--hub-cluster-arn=${awsIrsa.hubClusterArn}`,
        `--managed-cluster-arn=${awsIrsa.managedClusterArn}`,
        `--managed-cluster-role-suffix=${roleSuffix}`,
      ]);
      expect(pod.initContainers?.map(({ name }) => name)).toEqual(['load-awscli']);
      expect(container?.volumeMounts).toEqual(
        expect.arrayContaining([
          { name: 'dot-aws', mountPath: '/.aws' },
          { name: 'awscli', mountPath: '/awscli' },
        ]),
      );
      const csr = agentOf(
        agent,
        klusterletOf({ registrationConfiguration: { registrationDriver: { authType: 'csr' } } }),
      );
      expect(withFlag(csr.args, 'registration-auth')).toEqual([]);
      expect(csr.pod.initContainers).toBeUndefined();
    }
  });

  test('grpc: flags and client ids (operator.md 110)', () => {
    const spec: KlusterletSpec = {
      clusterName: 'c1',
      registrationConfiguration: { registrationDriver: { authType: 'grpc' } },
    };
    const source = (args: string[]) =>
      withFlag(args, 'workload-source-driver', 'workload-source-config', 'cloudevents-client-id');
    const common = [
      '--workload-source-driver=grpc',
      '--workload-source-config=/spoke/hub-kubeconfig/config.yaml',
    ];
    expect(source(work(spec))).toEqual([...common, '--cloudevents-client-id=c1-work-agent']);
    expect(source(singleton(spec))).toEqual([...common, '--cloudevents-client-id=c1-klusterlet-agent']);
    expect(withFlag(singleton(spec), 'registration-auth')).toEqual(['--registration-auth=grpc']);
  });

  test('several hubs: a kubeconfig each, the time to wait, and volumes (operator.md 111)', () => {
    const { args, pod, container } = agentOf(
      'registration-agent',
      klusterletOf({
        registrationConfiguration: {
          featureGates: [{ feature: 'MultipleHubs', mode: 'Enable' }],
          bootstrapKubeConfigs: {
            type: 'LocalSecrets',
            localSecretsConfig: { kubeConfigSecrets: [{ name: 'hub1' }, { name: 'hub2' }] },
          },
        },
      }),
    );
    expect(
      withFlag(args, 'bootstrap-kubeconfig', 'bootstrap-kubeconfigs', 'hub-connection-timeout-seconds'),
    ).toEqual([
      '--bootstrap-kubeconfigs=/spoke/hub1/kubeconfig',
      '--bootstrap-kubeconfigs=/spoke/hub2/kubeconfig',
      '--hub-connection-timeout-seconds=600',
    ]);
    expect(pod.volumes?.slice(0, 2)).toEqual([
      { name: 'hub1', secret: { secretName: 'hub1' } },
      { name: 'hub2', secret: { secretName: 'hub2' } },
    ]);
    expect(container?.volumeMounts?.slice(0, 2)).toEqual([
      { name: 'hub1', mountPath: '/spoke/hub1', readOnly: true },
      { name: 'hub2', mountPath: '/spoke/hub2', readOnly: true },
    ]);
  });
});

describe('pods', () => {
  test('take host alias, placement and priority class (operator.md 105, 106)', () => {
    const spec: KlusterletSpec = {
      hubApiServerHostAlias: { ip: '10.0.0.1', hostname: 'hub.example.com' },
      nodePlacement: { nodeSelector: { zone: 'a' }, tolerations: [{ key: 'k', operator: 'Exists' }] },
      priorityClassName: 'high',
    };
    for (const agent of ['registration-agent', 'work-agent', 'agent'] as const) {
      expect(agentOf(agent, klusterletOf(spec)).pod).toMatchObject({
        hostAliases: [{ ip: '10.0.0.1', hostnames: ['hub.example.com'] }],
        nodeSelector: { zone: 'a' },
        tolerations: [{ key: 'k', operator: 'Exists' }],
        priorityClassName: 'high',
      });
      const bare = agentOf(agent, klusterletOf()).pod;
      for (const field of ['hostAliases', 'nodeSelector', 'tolerations', 'priorityClassName'])
        expect(bare).not.toHaveProperty(field);
    }
  });

  test.each([
    [undefined, false],
    ['', false],
    ['v1.13.12', false],
    ['v1.14.0', true],
    ['v1.31.4-eks-7f9249a', true],
    ['v1.13.5+icp-ee', false],
    ['main', false],
  ])('priority classes on Kubernetes %s: %s (operator.md 107)', (version, expected) => {
    expect(hasPriorityClasses(version)).toBe(expected);
    const { pod } = agentOf('work-agent', klusterletOf({ priorityClassName: 'high' }), 'Default', {
      hasPriorityClasses: expected,
    });
    expect(pod.priorityClassName).toBe(expected ? 'high' : undefined);
  });

  test.each([
    [undefined, { requests: { cpu: '2m', memory: '16Mi' } }],
    [{ type: 'Default' as const }, { requests: { cpu: '2m', memory: '16Mi' } }],
    [{ type: 'BestEffort' as const }, {}],
    [
      { type: 'ResourceRequirement' as const, resourceRequirements: { limits: { memory: '1Gi' } } },
      { limits: { memory: '1Gi' } },
    ],
  ])('resources of %j (operator.md 48)', (resourceRequirement, expected) => {
    expect(agentOf('agent', klusterletOf({ resourceRequirement })).container?.resources).toEqual(expected);
  });

  test('run without privileges on a read-only root', () => {
    for (const agent of ['registration-agent', 'work-agent', 'agent'] as const)
      expect(agentOf(agent, klusterletOf()).container?.securityContext).toEqual({
        allowPrivilegeEscalation: false,
        capabilities: { drop: ['ALL'] },
        privileged: false,
        runAsNonRoot: true,
        readOnlyRootFilesystem: true,
      });
  });

  test.each<[Mode, 'registration-agent' | 'work-agent' | 'agent', string]>([
    ['Hosted', 'registration-agent', 'external-managed-kubeconfig-registration'],
    ['Hosted', 'work-agent', 'external-managed-kubeconfig-work'],
    ['SingletonHosted', 'agent', 'external-managed-kubeconfig-agent'],
  ])('%s: the %s mounts the kubeconfig of its cluster (operator.md 3.2)', (mode, agent, secretName) => {
    const { pod, container } = agentOf(agent, klusterletOf(), mode);
    expect(pod.volumes).toContainEqual({ name: 'spoke-kubeconfig-secret', secret: { secretName } });
    expect(container?.volumeMounts).toContainEqual({
      name: 'spoke-kubeconfig-secret',
      mountPath: '/spoke/config',
      readOnly: true,
    });
  });
});

describe('replicas of the work agent (operator.md 93)', () => {
  const condition = (status: 'True' | 'False', reason: string) => ({
    type: 'HubConnectionDegraded',
    status,
    reason,
    message: '',
    lastTransitionTime: '',
  });
  test.each([
    [undefined, 0],
    [condition('True', 'BootstrapSecretFunctional,HubKubeConfigSecretMissing'), 0],
    [condition('True', 'HubKubeConfigSecretMissing'), 0],
    [condition('True', 'BootstrapSecretMissing,HubKubeConfigUnauthorized'), 3],
    [condition('True', 'BootstrapSecretFunctional,HubKubeConfigMissing'), 0],
    [condition('True', 'BootstrapSecretMissing,HubKubeConfigError'), 3],
    [condition('False', 'HubConnectionFunctional'), 3],
  ])('%j → %d', (present, expected) => {
    const klusterlet = { ...klusterletOf(), status: { conditions: present ? [present] : [] } };
    expect(workReplicas(klusterlet, 3)).toBe(expected);
  });
});
