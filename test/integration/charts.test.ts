import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { load } from 'js-yaml';
import { type ClusterManagerValues, hubObjects } from '../../cli/objects/cluster-manager.ts';
import { type KlusterletValues, spokeObjects } from '../../cli/objects/klusterlet.ts';
import { projectRegistry } from '../../operators/api/image-registry.ts';
import { type OperatorName, renderOperator } from '../../operators/registration-operator/bundle/index.ts';
import type { Any } from './cli/harness.ts';
import { chartFolder, helm, template, type TemplateOptions } from './charts/helm.ts';

const namespace = 'open-cluster-management';
const operatorKinds = ['ClusterRole', 'ClusterRoleBinding', 'Deployment', 'ServiceAccount'];

const nameOf = ({ kind, metadata }: Any): string =>
  [kind, metadata.namespace, metadata.name].filter(Boolean).join(' ');
const named = (objects: Any[], kind: string, name?: string): Any =>
  objects.find((object) => object.kind === kind && (!name || object.metadata.name === name));
const byName = (objects: Any[]): Any[] =>
  objects.toSorted((a, b) => (nameOf(a) < nameOf(b) ? -1 : nameOf(a) > nameOf(b) ? 1 : 0));
const kindsOf = (objects: Any[]): string[] => objects.map(({ kind }): string => kind).toSorted();
const podOf = (objects: Any[]): Any => named(objects, 'Deployment').spec.template.spec;
const containerOf = (objects: Any[]): Any => podOf(objects).containers[0];
const decoded = ({ data = {} }: Any): Record<string, string> =>
  Object.fromEntries(
    Object.entries(data as Record<string, string>).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ]),
  );

const credentials = 'images.imageCredentials.createImageCredentials=true';
const hub = (options?: TemplateOptions) => template('cluster-manager', options);
const spoke = (options?: TemplateOptions) => template('klusterlet', options);

const grpcValues = {
  createBootstrapSA: true,
  clusterManager: {
    registrationConfiguration: {
      registrationDrivers: [
        { authType: 'csr' },
        { authType: 'grpc', grpc: { autoApprovedIdentities: ['u'] } },
      ],
    },
    serverConfiguration: {
      endpointsExposure: [
        { protocol: 'grpc', grpc: { type: 'hostname', hostname: { host: 'grpc.example' } } },
      ],
    },
  },
};
const severalHubs = {
  multiHubBootstrapHubKubeConfigs: [
    { name: 'hub1', kubeConfig: 'one' },
    { name: 'hub2', kubeConfig: 'two' },
  ],
};

describe('objects of a release', () => {
  test.each<[string, number, TemplateOptions]>([
    ['defaults', 5, {}],
    ['a bootstrap token', 8, { set: 'createBootstrapToken=true' }],
    ['a bootstrap ServiceAccount', 8, { set: 'createBootstrapSA=true' }],
    ['both', 10, { set: 'createBootstrapToken=true,createBootstrapSA=true' }],
    [
      'image credentials by password',
      6,
      { set: `${credentials},images.imageCredentials.userName=u,images.imageCredentials.password=p` },
    ],
    ['image credentials by JSON', 6, { set: `${credentials},images.imageCredentials.dockerConfigJson=x` }],
    ['the gRPC driver, its server, and a bootstrap ServiceAccount', 8, { values: grpcValues }],
    ['no ClusterManager', 4, { set: 'clusterManager.create=false' }],
  ])('operator.md 140: cluster-manager with %s has %i', async (_, count, options) => {
    const objects = await hub(options);
    expect(objects.map(nameOf)).toHaveLength(count);
    expect(new Set(objects.map(nameOf)).size).toBe(count);
    expect(kindsOf(objects)).toEqual(expect.arrayContaining(operatorKinds));
  });

  test.each<[string, number, TemplateOptions]>([
    ['defaults', 5, {}],
    ['a bootstrap kubeconfig', 7, { set: 'bootstrapHubKubeConfig=k' }],
    ['a bootstrap kubeconfig and gRPC', 7, { set: 'bootstrapHubKubeConfig=k,grpcConfig=g' }],
    [
      'a bootstrap kubeconfig in its own namespace',
      6,
      { set: 'bootstrapHubKubeConfig=k', namespace: 'open-cluster-management-agent' },
    ],
    ['two hubs', 8, { values: severalHubs }],
    ['image credentials', 6, { set: credentials }],
    ['mode Hosted', 1, { set: 'klusterlet.mode=Hosted' }],
    ['mode SingletonHosted', 1, { set: 'klusterlet.mode=SingletonHosted' }],
    ['mode Hosted and a kubeconfig', 3, { set: 'klusterlet.mode=Hosted,bootstrapHubKubeConfig=k' }],
    ['no operator', 1, { set: 'noOperator=true' }],
    ['no operator and a priority class', 1, { set: 'noOperator=true,priorityClassName=p' }],
    ['no operator and image credentials', 2, { set: `noOperator=true,${credentials}` }],
    ['no Klusterlet', 4, { set: 'klusterlet.create=false' }],
    ['a priority class', 6, { set: 'priorityClassName=p' }],
  ])('operator.md 141: klusterlet with %s has %i', async (_, count, options) => {
    const objects = await spoke(options);
    expect(objects.map(nameOf)).toHaveLength(count);
    expect(new Set(objects.map(nameOf)).size).toBe(count);
  });

  test.each<OperatorName>(['cluster-manager', 'klusterlet'])(
    'packaging.md 2, 3: %s has one CRD, which helm installs first',
    async (chart) => {
      const objects = await template(chart, { more: ['--include-crds'] });
      expect(objects).toHaveLength(6);
      expect(objects[0].metadata.name).toBe(
        `${chart === 'klusterlet' ? 'klusterlets' : 'clustermanagers'}.operator.open-cluster-management.io`,
      );
    },
  );

  test.each<[OperatorName, number]>([
    ['cluster-manager', 6],
    ['klusterlet', 4],
  ])('what bounds %s is there on demand', async (chart, count) => {
    const objects = await template(chart, { set: 'admissionPolicies=true', namespace: 'other' });
    const policies = objects.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
    expect(policies).toHaveLength(count);
    expect(objects).toHaveLength(5 + 2 * count);
    // Who brings the bounds of the add-on manager: the chart, or else the operator (docs/decisions/038).
    const verbsOn = async (set: string) =>
      (named(await template(chart, { set }), 'ClusterRole').rules as Any[])
        .filter(
          ({ resources, resourceNames }) =>
            resources.includes('validatingadmissionpolicies') && !resourceNames,
        )
        .flatMap(({ verbs }) => verbs);
    const reads = chart === 'cluster-manager' ? ['get', 'list', 'watch'] : [];
    expect(await verbsOn('admissionPolicies=true')).toEqual(reads);
    expect(await verbsOn('admissionPolicies=false')).toEqual(reads.length > 0 ? [...reads, 'create'] : []);
    for (const { spec, metadata } of policies)
      expect(spec.matchConditions[0].expression).toContain(
        metadata.name.startsWith('addon-manager-')
          ? "':addon-manager-controller-sa'"
          : `'system:serviceaccount:other:${chart}'`,
      );
  });

  test('packaging.md 31: the same values give the same text', async () => {
    const [one, other] = await Promise.all([spoke({ values: severalHubs }), spoke({ values: severalHubs })]);
    expect(one).toEqual(other);
  });
});

describe('images', () => {
  const repository = projectRegistry;
  const ofHub = async (set?: string) => {
    const objects = await hub({ set });
    const { spec } = named(objects, 'ClusterManager');
    return {
      operator: containerOf(objects).image,
      agent: containerOf(objects).env.find(({ name }: Any) => name === 'AGENT_IMAGE').value,
      registration: spec.registrationImagePullSpec,
      work: spec.workImagePullSpec,
      placement: spec.placementImagePullSpec,
      addon: spec.addOnManagerImagePullSpec,
    };
  };
  const ofSpoke = async (set?: string) => {
    const objects = await spoke({ set });
    const { spec } = named(objects, 'Klusterlet');
    return {
      operator: containerOf(objects).image,
      agent: spec.imagePullSpec,
      registration: spec.registrationImagePullSpec,
      work: spec.workImagePullSpec,
    };
  };
  const all = (registry: string, tag: string) => ({
    operator: `${registry}/registration-operator:${tag}`,
    agent: `${registry}/registration-operator:${tag}`,
    registration: `${registry}/registration:${tag}`,
    work: `${registry}/work:${tag}`,
    placement: `${registry}/placement:${tag}`,
    addon: `${registry}/addon-manager:${tag}`,
  });
  const spokeOnly = ({ operator, agent, registration, work }: ReturnType<typeof all>) => ({
    operator,
    agent,
    registration,
    work,
  });

  test('operator.md 142, packaging.md 11: without a tag, that of the chart', async () => {
    const chart = load(await readFile(join(chartFolder('cluster-manager'), 'Chart.yaml'), 'utf8')) as Any;
    const expected = all(repository, chart.appVersion);
    expect(await ofHub()).toEqual(expected);
    expect(await ofSpoke()).toEqual(spokeOnly(expected));
  });

  test('operator.md 142: registry and tag', async () => {
    const set = 'images.registry=r.example/a,images.tag=v9';
    expect(await ofHub(set)).toEqual(all('r.example/a', 'v9'));
    expect(await ofSpoke(set)).toEqual(spokeOnly(all('r.example/a', 'v9')));
  });

  test('operator.md 142: a number is a tag too', async () => {
    expect(await ofSpoke('images.tag=9')).toEqual(spokeOnly(all(repository, '9')));
  });

  const digest = `x/y@sha256:${'0'.repeat(64)}`;
  test.each([
    ['operatorImage', { operator: digest, agent: digest }],
    ['registrationImage', { registration: digest }],
    ['workImage', { work: digest }],
    ['placementImage', { placement: digest }],
    ['addOnManagerImage', { addon: digest }],
  ])('operator.md 142: %s wins over the tag', async (override, expected) => {
    const set = `images.tag=v9,images.overrides.${override}=${digest}`;
    expect(await ofHub(set)).toEqual({ ...all(repository, 'v9'), ...expected });
    if (['placementImage', 'addOnManagerImage'].includes(override)) return;
    expect(await ofSpoke(set)).toEqual({ ...spokeOnly(all(repository, 'v9')), ...expected });
  });

  test.each([
    [
      { userName: 'u', password: 'p', dockerConfigJson: '{"x":1}' },
      `{"auths":{"${projectRegistry}":{"auth":"dTpw"}}}`,
    ],
    [{ userName: 'u', dockerConfigJson: '{"x":1}' }, '{"x":1}'],
    [{}, '{}'],
  ])('packaging.md 7, 8, 9: credentials %j', async (imageCredentials, expected) => {
    const values = { images: { imageCredentials: { createImageCredentials: true, ...imageCredentials } } };
    for (const chart of ['cluster-manager', 'klusterlet'] as const) {
      const secret = named(await template(chart, { values, namespace: 'ns' }), 'Secret');
      expect(secret).toMatchObject({
        metadata: {
          name: 'open-cluster-management-image-pull-credentials',
          namespace: 'ns',
          labels: { app: chart },
        },
        type: 'kubernetes.io/dockerconfigjson',
      });
      expect(decoded(secret)).toEqual({ '.dockerconfigjson': expected });
    }
  });
});

describe('how clusters are let in (operator.md D18)', () => {
  const registration = async (set: string, values?: object) =>
    named(await hub({ set, values }), 'ClusterManager').spec.registrationConfiguration;
  const account = `system:serviceaccount:${namespace}:agent-registration-bootstrap`;
  const approval = { feature: 'ManagedClusterAutoApproval', mode: 'Enable' };
  const sets = { feature: 'DefaultClusterSet', mode: 'Enable' };
  const withUser = (...more: object[]) => ({
    clusterManager: {
      registrationConfiguration: { autoApproveUsers: ['me'], featureGates: [sets, ...more] },
    },
  });

  test.each<[string, string, object | undefined, string[] | undefined, object[]]>([
    ['nobody', '', undefined, undefined, [sets]],
    ['the token', 'createBootstrapToken=true', undefined, ['system:bootstrap:ocmhub'], [sets, approval]],
    ['the ServiceAccount', 'createBootstrapSA=true', undefined, [account], [sets, approval]],
    [
      'both',
      'createBootstrapToken=true,createBootstrapSA=true',
      undefined,
      ['system:bootstrap:ocmhub', account],
      [sets, approval],
    ],
    ["the values' users", '', withUser(), ['me'], [sets]],
    [
      "the values' users and the token",
      'createBootstrapToken=true',
      withUser(),
      ['me', 'system:bootstrap:ocmhub'],
      [sets, approval],
    ],
    [
      'the token, by a gate that is open already',
      'createBootstrapToken=true',
      withUser(approval),
      ['me', 'system:bootstrap:ocmhub'],
      [sets, approval],
    ],
    [
      'the token, unless the gate is closed',
      'createBootstrapToken=true',
      withUser({ ...approval, mode: 'Disable' }),
      ['me', 'system:bootstrap:ocmhub'],
      [sets, { ...approval, mode: 'Disable' }],
    ],
  ])('packaging.md 3, 4, 5, 6, 17: %s', async (_, set, values, users, gates) => {
    const { autoApproveUsers, featureGates } = await registration(set, values);
    expect(autoApproveUsers).toEqual(users);
    expect(featureGates).toEqual(gates);
  });

  test('packaging.md 3: the token', async () => {
    const secret = named(await hub({ set: 'createBootstrapToken=true' }), 'Secret');
    expect(secret).toMatchObject({
      metadata: {
        name: 'bootstrap-token-ocmhub',
        namespace: 'kube-system',
        labels: { app: 'cluster-manager' },
      },
      type: 'bootstrap.kubernetes.io/token',
    });
    expect(secret.stringData).toEqual({
      'token-id': 'ocmhub',
      'token-secret': expect.stringMatching(/^[a-z0-9]{16}$/),
      'usage-bootstrap-authentication': 'true',
      'auth-extra-groups': 'system:bootstrappers:managedcluster',
    });
  });
});

describe('Secrets that images are pulled with', () => {
  const standard = 'open-cluster-management-image-pull-credentials';
  const namesOf = async (set?: string) => {
    const objects = await hub({ set });
    const container = containerOf(objects);
    return {
      pod: podOf(objects).imagePullSecrets,
      account: named(objects, 'ServiceAccount').imagePullSecrets,
      flags: container.args.filter((arg: string) => arg.includes('pull-secret')),
      role: named(objects, 'ClusterRole', 'cluster-manager').rules.flatMap(
        ({ resourceNames = [] }: Any) => resourceNames,
      ),
    };
  };

  test('since-1.3.1.md 35: the usual name, which operators take without a flag', async () => {
    const { pod, account, flags, role } = await namesOf();
    expect([pod, account]).toEqual([[{ name: standard }], [{ name: standard }]]);
    expect(role).toContain(standard);
    expect(flags).toEqual([]);
  });

  test('since-1.3.1.md 36: those of the values, of which operands get the first', async () => {
    const set = 'images.imagePullSecrets[0].name=a,images.imagePullSecrets[1].name=b';
    const { pod, account, flags, role } = await namesOf(set);
    expect([pod, account]).toEqual([
      [{ name: 'a' }, { name: 'b' }],
      [{ name: 'a' }, { name: 'b' }],
    ]);
    expect(flags).toEqual(['--image-pull-secret-name=a']);
    expect(role).toContain('a');
    expect(role).not.toContain(standard);
    expect(JSON.stringify(await hub({ set: `${set},admissionPolicies=true` }))).not.toContain(standard);
  });

  test.each([
    [[{}], 0],
    [[{ name: '' }], 0],
    [[{ name: 'a' }, {}], 1],
  ])('since-1.3.1.md 37: an entry needs a name: %j', async (imagePullSecrets, index) => {
    await expect(hub({ values: { images: { imagePullSecrets } } })).rejects.toThrow(
      `images.imagePullSecrets[${index}].name must be set when imagePullSecrets is provided`,
    );
  });

  test('since-1.3.1.md 38: a Secret is there already, or the chart makes it', async () => {
    await expect(hub({ set: `images.imagePullSecrets[0].name=a,${credentials}` })).rejects.toThrow(
      'set it, or images.imageCredentials.createImageCredentials',
    );
  });

  test('clusteradm takes the same values', async () => {
    const set =
      'images.imagePullSecrets[0].name=a,images.imagePullSecrets[1].name=b,clusterManager.create=false';
    const rendered = renderOperator('cluster-manager', {
      namespace,
      image: containerOf(await hub()).image,
      imageRegistry: projectRegistry,
      replicas: 3,
      arguments: [],
      imagePullSecrets: ['a', 'b'],
    }).filter(({ kind = '' }) => operatorKinds.includes(kind));
    expect(byName(await hub({ set }))).toEqual(byName(rendered));
  });
});

describe('more volumes of the klusterlet operator', () => {
  const extra = {
    extraVolumes: [{ name: 'ca', configMap: { name: 'ca' } }],
    extraVolumeMounts: [{ name: 'ca', mountPath: '/ca', readOnly: true }],
  };

  test('since-1.3.1.md 47: none by default', async () => {
    const objects = await spoke();
    expect(podOf(objects).volumes).toEqual([{ name: 'tmpdir', emptyDir: {} }]);
    expect(containerOf(objects).volumeMounts).toEqual([{ name: 'tmpdir', mountPath: '/tmp' }]);
  });

  test('since-1.3.1.md 48: those of the values come after its own', async () => {
    const objects = await spoke({ values: extra });
    expect(podOf(objects).volumes).toEqual([{ name: 'tmpdir', emptyDir: {} }, ...extra.extraVolumes]);
    expect(containerOf(objects).volumeMounts).toEqual([
      { name: 'tmpdir', mountPath: '/tmp' },
      ...extra.extraVolumeMounts,
    ]);
  });

  test('since-1.3.1.md 49: without the operator there are none', async () => {
    expect(JSON.stringify(await spoke({ values: { ...extra, noOperator: true } }))).not.toContain(
      'mountPath',
    );
  });
});

describe('the ClusterManager', () => {
  test('packaging.md 2.1: defaults', async () => {
    expect(named(await hub(), 'ClusterManager')).toMatchObject({
      metadata: { name: 'cluster-manager' },
      spec: {
        deployOption: { mode: 'Default' },
        resourceRequirement: { type: 'Default' },
        registrationConfiguration: {
          featureGates: [{ feature: 'DefaultClusterSet', mode: 'Enable' }],
          registrationDrivers: [{ authType: 'csr' }],
        },
        workConfiguration: { workDriver: 'kube' },
        placementConfiguration: { featureGates: [{ feature: 'PlacementDebugServer', mode: 'Enable' }] },
      },
    });
  });

  test('packaging.md 16: blocks are taken as given', async () => {
    const blocks = {
      serverConfiguration: grpcValues.clusterManager.serverConfiguration,
      addOnManagerConfiguration: { featureGates: [{ feature: 'AddonManagement', mode: 'Enable' }] },
      nodePlacement: { nodeSelector: { hub: 'yes' } },
      resourceRequirement: { type: 'BestEffort' },
    };
    const { registrationDrivers } = grpcValues.clusterManager.registrationConfiguration;
    const importerConfiguration = { renderers: ['render-auto'] };
    const hosted = { registrationWebhookConfiguration: { address: 'r.example', port: 443 } };
    const { spec } = named(
      await hub({
        values: {
          clusterManager: {
            ...blocks,
            mode: 'Hosted',
            hosted,
            registrationConfiguration: { registrationDrivers, importerConfiguration },
          },
        },
      }),
      'ClusterManager',
    );
    expect(spec).toMatchObject(blocks);
    expect(spec.registrationConfiguration).toMatchObject({ registrationDrivers, importerConfiguration });
    expect(spec.deployOption).toEqual({ mode: 'Hosted', hosted });
  });
});

describe('the Klusterlet', () => {
  test('packaging.md 19: defaults', async () => {
    const klusterlet = named(await spoke(), 'Klusterlet');
    expect(klusterlet.metadata).toEqual({ name: 'klusterlet' });
    expect(klusterlet.spec).toMatchObject({
      deployOption: { mode: 'Singleton' },
      clusterName: 'cluster1',
      namespace: 'open-cluster-management-agent',
      resourceRequirement: { type: 'Default' },
    });
  });

  // Name and spec.namespace of the Klusterlet, and where the Secrets of its agents are.
  test.each([
    ['Default', '', '', 'klusterlet', 'open-cluster-management-agent', 'open-cluster-management-agent'],
    ['Singleton', 'k', '', 'k', 'open-cluster-management-agent', 'open-cluster-management-agent'],
    [
      'Singleton',
      'k',
      'open-cluster-management-k',
      'k',
      'open-cluster-management-k',
      'open-cluster-management-k',
    ],
    ['Hosted', 'k', '', 'k', 'open-cluster-management-c', 'k'],
    ['Hosted', 'k', 'open-cluster-management-k', 'k', 'open-cluster-management-k', 'k'],
    ['SingletonHosted', 'k', '', 'k', 'open-cluster-management-c', 'k'],
    // Without a name the namespace of the agents follows the one that the Klusterlet gets (operator.md D19).
    ['Hosted', '', '', 'klusterlet-c', 'open-cluster-management-c', 'klusterlet-c'],
    ['SingletonHosted', '', '', 'klusterlet-c', 'open-cluster-management-c', 'klusterlet-c'],
  ])(
    'packaging.md 24, 25, 26, operator.md D19: mode %s, name "%s", namespace "%s"',
    async (mode, name, given, expectedName, expectedNamespace, agentNamespace) => {
      const objects = await spoke({
        values: {
          klusterlet: { mode, name, namespace: given, clusterName: 'c' },
          bootstrapHubKubeConfig: 'hub',
          externalManagedKubeConfig: mode.endsWith('Hosted') ? 'managed' : '',
        },
      });
      const { metadata, spec } = named(objects, 'Klusterlet');
      expect([metadata.name, spec.namespace]).toEqual([expectedName, expectedNamespace]);
      expect(named(objects, 'Namespace').metadata).toEqual({
        name: agentNamespace,
        annotations: { 'workload.openshift.io/allowed': 'management' },
      });
      const secrets = objects.filter(({ kind }) => kind === 'Secret');
      expect(
        secrets.map((secret) => [secret.metadata.namespace, secret.metadata.name, decoded(secret)]),
      ).toEqual([
        [agentNamespace, 'bootstrap-hub-kubeconfig', { kubeconfig: 'hub' }],
        ...(mode.endsWith('Hosted')
          ? [[agentNamespace, 'external-managed-kubeconfig', { kubeconfig: 'managed' }]]
          : []),
      ]);
    },
  );

  test('operator.md 141, packaging.md 22: gRPC adds to the kubeconfig, and alone is nothing', async () => {
    const secret = named(await spoke({ set: 'bootstrapHubKubeConfig=k,grpcConfig=g' }), 'Secret');
    expect(decoded(secret)).toEqual({ kubeconfig: 'k', 'config.yaml': 'g' });
    expect(await spoke({ set: 'grpcConfig=g' })).toEqual(await spoke());
  });

  test('packaging.md 23: several hubs win over one', async () => {
    const objects = await spoke({ values: { ...severalHubs, bootstrapHubKubeConfig: 'k', grpcConfig: 'g' } });
    const secrets = objects.filter(({ kind }) => kind === 'Secret');
    expect(secrets.map((secret) => [secret.metadata.name, decoded(secret)])).toEqual([
      ['hub1', { kubeconfig: 'one' }],
      ['hub2', { kubeconfig: 'two' }],
    ]);
  });

  test('packaging.md 28: a priority class, for operator and agents', async () => {
    const objects = await spoke({ set: 'priorityClassName=p' });
    expect(named(objects, 'PriorityClass')).toMatchObject({
      metadata: { name: 'p' },
      value: 1_000_000,
      globalDefault: false,
      preemptionPolicy: 'PreemptLowerPriority',
    });
    expect(podOf(objects).priorityClassName).toBe('p');
    expect(named(objects, 'Klusterlet').spec.priorityClassName).toBe('p');
  });

  test('packaging.md 3.1: blocks are taken as given', async () => {
    const blocks = {
      externalServerURLs: [{ url: 'https://a.example', caBundle: 'YQ==' }],
      nodePlacement: { tolerations: [{ operator: 'Exists' }] },
      registrationConfiguration: { clusterAnnotations: { a: 'b' } },
      workConfiguration: { statusSyncInterval: '10s' },
      hubApiServerHostAlias: { ip: '10.0.0.1', hostname: 'hub.example' },
      resourceRequirement: {
        type: 'ResourceRequirement',
        resourceRequirements: { limits: { memory: '1Gi' } },
      },
    };
    expect(named(await spoke({ values: { klusterlet: blocks } }), 'Klusterlet').spec).toMatchObject(blocks);
  });
});

describe('the documented ways to use the klusterlet chart (packaging.md 3.4)', () => {
  let folder: string;
  let hubKubeconfig: string;
  let managedKubeconfig: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'chart-'));
    [hubKubeconfig, managedKubeconfig] = [join(folder, 'hub'), join(folder, 'managed')];
    // What ends a document in YAML has to stay within its value.
    await writeFile(hubKubeconfig, 'apiVersion: v1\n---\nkind: Config\n');
    await writeFile(managedKubeconfig, 'kind: Config # managed\n');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test('a normal join', async () => {
    const objects = await spoke({
      set: 'klusterlet.clusterName=c7',
      more: ['--set-file', `bootstrapHubKubeConfig=${hubKubeconfig}`],
    });
    expect(kindsOf(objects)).toEqual([...operatorKinds, 'Klusterlet', 'Namespace', 'Secret'].toSorted());
    expect(named(objects, 'Klusterlet').spec.clusterName).toBe('c7');
    expect(decoded(named(objects, 'Secret')).kubeconfig).toBe('apiVersion: v1\n---\nkind: Config\n');
  });

  test('hosted', async () => {
    const objects = await spoke({
      set: 'klusterlet.name=k,klusterlet.clusterName=c,klusterlet.mode=Hosted',
      more: [
        ...['--set-file', `bootstrapHubKubeConfig=${hubKubeconfig}`],
        ...['--set-file', `externalManagedKubeConfig=${managedKubeconfig}`],
      ],
    });
    expect(objects.map(nameOf)).toEqual([
      'Namespace k',
      'Secret k bootstrap-hub-kubeconfig',
      'Secret k external-managed-kubeconfig',
      'Klusterlet k',
    ]);
  });

  test('another Klusterlet beside the operator', async () => {
    const objects = await spoke({
      set: 'klusterlet.name=k,klusterlet.clusterName=c,klusterlet.namespace=open-cluster-management-k,noOperator=true',
      more: ['--set-file', `bootstrapHubKubeConfig=${hubKubeconfig}`],
    });
    expect(objects.map(nameOf)).toEqual([
      'Namespace open-cluster-management-k',
      'Secret open-cluster-management-k bootstrap-hub-kubeconfig',
      'Klusterlet k',
    ]);
  });

  test('the operator alone', async () => {
    expect(kindsOf(await spoke({ set: 'klusterlet.create=false' }))).toEqual(operatorKinds);
  });
});

describe('values that cannot be meant are refused', () => {
  test.each<[OperatorName, string, string]>([
    [
      'klusterlet',
      'klusterlet.mode=Foo',
      "at '/klusterlet/mode': value must be one of 'Default', 'Singleton'",
    ],
    ['klusterlet', 'klusterlet.mode=', "at '/klusterlet/mode': value must be one of"],
    ['klusterlet', 'klusterlet.mode=hosted', "at '/klusterlet/mode': value must be one of"],
    ['cluster-manager', 'clusterManager.mode=Singleton', "at '/clusterManager/mode': value must be one of"],
    ['klusterlet', 'images.registry=r/', "at '/images/registry': 'r/' does not match"],
    ['cluster-manager', 'images.registry=r/', "at '/images/registry': 'r/' does not match"],
    ['cluster-manager', 'images.imagePullPolicy=Sometimes', "at '/images/imagePullPolicy'"],
    ['klusterlet', 'extraVolumeMounts[0].name=x', "at '/extraVolumeMounts/0': missing property 'mountPath'"],
    ['klusterlet', 'extraVolumes[0].emptyDir.medium=Memory', "at '/extraVolumes/0': missing property 'name'"],
    ['cluster-manager', 'images.imagePullSecrets=a', "at '/images/imagePullSecrets': got string, want"],
    ['cluster-manager', 'replicaCount=-1', "at '/replicaCount': minimum: got -1, want 0"],
    [
      'klusterlet',
      'klusterlet.resourceRequirement.type=Big',
      "at '/klusterlet/resourceRequirement/type': value must be one of",
    ],
    [
      'klusterlet',
      'multiHubBootstrapHubKubeConfigs[0].name=hub1',
      "at '/multiHubBootstrapHubKubeConfigs/0': missing property 'kubeConfig'",
    ],
  ])('packaging.md 24: %s with %s', async (chart, set, message) => {
    await expect(template(chart, { set })).rejects.toThrow(message);
  });

  test.each<OperatorName>(['cluster-manager', 'klusterlet'])(
    'helm finds nothing wrong with %s',
    async (chart) => {
      expect(await helm(['lint', '--strict', chartFolder(chart)])).toContain(
        '1 chart(s) linted, 0 chart(s) failed',
      );
    },
  );
});

describe('the operator is the one that clusteradm installs', () => {
  const values = {
    replicaCount: 7,
    images: { registry: 'r.example', tag: 'v9', imagePullPolicy: 'Always' },
    enableSyncLabels: true,
  };
  const rendered = (operator: OperatorName, priorityClassName: string | undefined) =>
    renderOperator(operator, {
      namespace: 'ns',
      image: 'r.example/registration-operator:v9',
      imageRegistry: 'r.example',
      imagePullPolicy: 'Always',
      replicas: 7,
      arguments: ['--enable-sync-labels'],
      priorityClassName,
    }).filter(({ kind = '' }) => operatorKinds.includes(kind));

  test.each<[OperatorName, object, string | undefined]>([
    ['cluster-manager', { clusterManager: { create: false } }, undefined],
    ['klusterlet', { klusterlet: { create: false } }, undefined],
    ['klusterlet', { klusterlet: { create: false }, priorityClassName: 'p' }, 'p'],
  ])('packaging.md 2.3, 3.3, 20.2: %s with %j, field by field', async (chart, more, priority) => {
    const objects = await template(chart, { values: { ...values, ...more }, namespace: 'ns' });
    const operator = objects.filter(({ kind }) => operatorKinds.includes(kind));
    // No difference is meant: not in probes, security contexts, affinity, rules, or anything else.
    expect(byName(operator)).toEqual(byName(rendered(chart, priority)));
  });

  test.each<[OperatorName, number]>([
    ['cluster-manager', 3],
    ['klusterlet', 1],
  ])('packaging.md 2.1, 3.1: %s by default, with a count of %i and no argument', async (chart, replicas) => {
    const objects = await template(chart);
    expect(named(objects, 'Deployment').spec.replicas).toBe(replicas);
    const command = chart === 'klusterlet' ? 'klusterlet' : 'hub';
    expect(containerOf(objects)).toMatchObject({
      name: chart === 'klusterlet' ? 'klusterlet' : 'registration-operator',
      imagePullPolicy: 'IfNotPresent',
      args: ['/registration-operator', command],
    });
  });

  test.each<OperatorName>(['cluster-manager', 'klusterlet'])(
    'packaging.md 15: %s takes values about its Pods, and empty ones leave nothing',
    async (chart) => {
      const tolerations = [{ operator: 'Exists' }];
      const given = podOf(
        await template(chart, {
          values: { nodeSelector: { a: 'b' }, tolerations, resources: { limits: { cpu: '1' } } },
        }),
      );
      expect(given).toMatchObject({ nodeSelector: { a: 'b' }, tolerations });
      expect(given.containers[0].resources).toMatchObject({ limits: { cpu: '1' }, requests: { cpu: '2m' } });
      const bare = podOf(await template(chart, { more: ['--set', 'affinity=null'] }));
      for (const field of ['affinity', 'nodeSelector', 'tolerations', 'priorityClassName'])
        expect(bare).not.toHaveProperty(field);
    },
  );
});

describe('the whole release is what clusteradm installs', () => {
  const images = {
    registry: 'r.example',
    tag: 'v9',
    overrides: { workImage: 'w@sha256:1' },
    imagePullPolicy: 'IfNotPresent',
    imageCredentials: { createImageCredentials: true, dockerConfigJson: '', userName: 'u', password: 'p' },
  };
  const featureGates = [{ feature: 'DefaultClusterSet', mode: 'Enable' as const }];
  const hubValues: ClusterManagerValues = {
    createNamespace: false,
    replicaCount: 3,
    images,
    enableSyncLabels: false,
    createBootstrapSA: true,
    createBootstrapToken: true,
    clusterManager: {
      create: true,
      mode: 'Default',
      resourceRequirement: { type: 'Default' },
      registrationConfiguration: {
        autoApproveUsers: ['me'],
        featureGates,
        registrationDrivers: [{ authType: 'csr' }],
      },
      workConfiguration: { workDriver: 'kube' },
      addOnManagerConfiguration: { featureGates: [{ feature: 'AddonManagement', mode: 'Enable' }] },
      placementConfiguration: { featureGates: [{ feature: 'PlacementDebugServer', mode: 'Enable' }] },
    },
  };
  const spokeValues: KlusterletValues = {
    createNamespace: false,
    replicaCount: 1,
    images,
    enableSyncLabels: false,
    priorityClassName: 'p',
    noOperator: false,
    bootstrapHubKubeConfig: 'k',
    grpcConfig: 'g',
    externalManagedKubeConfig: '',
    klusterlet: {
      create: true,
      name: 'klusterlet',
      clusterName: 'c1',
      namespace: 'open-cluster-management-agent',
      mode: 'Singleton',
      externalServerURLs: [{ url: 'https://a.example' }],
      resourceRequirement: { type: 'Default' },
      registrationConfiguration: { featureGates: [{ feature: 'ClusterClaim', mode: 'Enable' }] },
      workConfiguration: { hubKubeAPIQPS: 9 },
    },
  };

  /** The differences that are meant. */
  const alike = (objects: Any[]): Any[] =>
    byName(
      objects
        // helm takes it from the chart's folder crds/ and never upgrades it.
        .filter(({ kind }) => kind !== 'CustomResourceDefinition')
        .map((object) => {
          const { stringData, ...rest } = structuredClone(object);
          // The API server turns one into the other.
          if (stringData) rest.data = stringData;
          else if (rest.kind === 'Secret') rest.data = decoded(rest);
          // Each installation draws a token of its own.
          if (rest.data?.['token-secret']) rest.data['token-secret'] = 'drawn';
          return rest;
        }),
    );

  test('packaging.md 21: hub', async () => {
    const expected = alike(hubObjects(hubValues));
    // The chart lets the clusters in that join by what it made; after clusteradm init, an administrator accepts each.
    named(expected, 'ClusterManager').spec.registrationConfiguration.featureGates.push({
      feature: 'ManagedClusterAutoApproval',
      mode: 'Enable',
    });
    // The order of users is of no account.
    const users = (objects: Any[]) =>
      named(objects, 'ClusterManager').spec.registrationConfiguration.autoApproveUsers.sort();
    const objects = alike(await hub({ values: hubValues }));
    expect(users(objects)).toEqual(users(expected));
    expect(objects).toEqual(expected);
  });

  test('packaging.md 21: managed cluster', async () => {
    const expected = alike(spokeObjects(spokeValues));
    const objects = alike(await spoke({ values: spokeValues }));
    // A sentence for people, which need not be the same.
    for (const priorityClass of [named(objects, 'PriorityClass'), named(expected, 'PriorityClass')])
      delete priorityClass.description;
    expect(objects).toEqual(expected);
  });
});
