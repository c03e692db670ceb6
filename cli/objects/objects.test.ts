import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import { inApplyOrder } from '../cluster/apply.ts';
import { type ClusterManagerValues, hubObjects } from './cluster-manager.ts';
import { type KlusterletValues, spokeObjects } from './klusterlet.ts';
import { imageOf } from './operator.ts';
import { mergeValues, mergeValuesFile } from './values.ts';

const images = {
  registry: 'r',
  tag: 'v9',
  overrides: {},
  imageCredentials: { createImageCredentials: false, dockerConfigJson: '', userName: '', password: '' },
};

const hubValues: ClusterManagerValues = {
  createNamespace: false,
  replicaCount: 3,
  images,
  enableSyncLabels: false,
  createBootstrapSA: false,
  createBootstrapToken: false,
  clusterManager: {
    create: true,
    mode: 'Default',
    resourceRequirement: { type: 'Default' },
    registrationConfiguration: { featureGates: [], registrationDrivers: [{ authType: 'csr' }] },
    workConfiguration: { workDriver: 'kube' },
    addOnManagerConfiguration: {},
    placementConfiguration: {},
  },
};
const spokeValues: KlusterletValues = {
  createNamespace: false,
  replicaCount: 1,
  images,
  enableSyncLabels: false,
  priorityClassName: '',
  noOperator: false,
  bootstrapHubKubeConfig: 'k',
  grpcConfig: '',
  externalManagedKubeConfig: '',
  klusterlet: {
    create: true,
    name: 'klusterlet',
    clusterName: 'c1',
    namespace: 'open-cluster-management-agent',
    mode: 'Default',
    registrationConfiguration: {},
    workConfiguration: {},
  },
};

const hub = (over: object = {}): UnknownObject[] => hubObjects(mergeValues(hubValues, over as never));
const spoke = (over: object = {}): UnknownObject[] => spokeObjects(mergeValues(spokeValues, over as never));
const kinds = (objects: UnknownObject[]) =>
  objects.map(({ kind = '' }) => kind).sort((a, b) => a.localeCompare(b));
const sorted = (...names: string[]) => names.sort((a, b) => a.localeCompare(b));
const find = (objects: UnknownObject[], kind: string, name?: string) =>
  objects.find((object) => object.kind === kind && (!name || object.metadata.name === name));
const operatorPart = [
  'ClusterRole',
  'ClusterRoleBinding',
  'CustomResourceDefinition',
  'Deployment',
  'ServiceAccount',
];

/** A Secret's values as text. */
const decoded = (secret: UnknownObject | undefined) =>
  Object.fromEntries(
    Object.entries((secret?.data ?? {}) as Record<string, string>).map(([key, value]) => [
      key,
      Buffer.from(value, 'base64').toString(),
    ]),
  );
const container = (objects: UnknownObject[]) =>
  (find(objects, 'Deployment') as never as { spec: { template: { spec: Pod } } }).spec.template.spec;
interface Pod {
  containers: { args: string[]; image: string; imagePullPolicy: string; resources: object; env: object[] }[];
  [field: string]: unknown;
}
const spec = (objects: UnknownObject[], kind: string) =>
  find(objects, kind)!.spec as Record<string, Record<string, unknown>>;

describe('hubObjects', () => {
  test('packaging.md 1: the operator and the ClusterManager', () => {
    expect(kinds(hub())).toEqual(sorted(...operatorPart, 'ClusterManager'));
  });

  test.each([
    ['cluster-manager', hub({ admissionPolicies: true }), 6],
    ['klusterlet', spoke({ admissionPolicies: true }), 4],
  ])('what bounds %s where the API server takes it', (operator, objects, count) => {
    const policies = objects.filter(({ kind }) => kind === 'ValidatingAdmissionPolicy');
    const bindings = objects.filter(({ kind }) => kind === 'ValidatingAdmissionPolicyBinding');
    const names = policies.map(({ metadata }) => metadata.name);
    expect(names).toHaveLength(count);
    expect(bindings.map(({ spec: of }) => (of as { policyName: string }).policyName)).toEqual(names);
    for (const { spec: of } of bindings) expect(of).toMatchObject({ validationActions: ['Deny'] });
    for (const { spec: of } of policies)
      expect(of).toMatchObject({
        failurePolicy: 'Fail',
        matchConditions: [{ expression: expect.stringMatching(/^request\.userInfo\.username/) }],
      });
    const accounts = policies.map(({ spec: of }) =>
      JSON.stringify((of as { matchConditions: object }).matchConditions),
    );
    expect(
      accounts.filter(
        (account) => !account.includes(`'system:serviceaccount:open-cluster-management:${operator}'`),
      ),
    ).toEqual(
      operator === 'klusterlet' ? [] : Array(3).fill(expect.stringContaining(':addon-manager-controller-sa')),
    );
    // How clean and unjoin find them.
    for (const { metadata } of [...policies, ...bindings]) expect(metadata.labels).toEqual({ app: operator });
  });

  test('packaging.md 3: a bootstrap token', () => {
    const objects = hub({ createBootstrapToken: true });
    expect(objects).toHaveLength(6 + 3);
    const secret = find(objects, 'Secret', 'bootstrap-token-ocmhub');
    expect(secret!.metadata.namespace).toBe('kube-system');
    expect(decoded(secret)).toEqual({
      'token-id': 'ocmhub',
      'token-secret': expect.stringMatching(/^[a-z0-9]{16}$/),
      'usage-bootstrap-authentication': 'true',
      'auth-extra-groups': 'system:bootstrappers:managedcluster',
    });
    const given = hubObjects({ ...hubValues, createBootstrapToken: true }, 'given');
    expect(decoded(find(given, 'Secret', 'bootstrap-token-ocmhub'))['token-secret']).toBe('given');
  });

  test.each([
    [{}, undefined],
    [{ createBootstrapToken: true }, ['system:bootstrap:ocmhub']],
    [
      { createBootstrapSA: true },
      ['system:serviceaccount:open-cluster-management:agent-registration-bootstrap'],
    ],
    [
      {
        createBootstrapSA: true,
        clusterManager: { registrationConfiguration: { autoApproveUsers: ['me'] } },
      },
      ['me', 'system:serviceaccount:open-cluster-management:agent-registration-bootstrap'],
    ],
  ])('packaging.md 4, 6 and 17: %j approves %j (operator.md D18)', (over, users) => {
    const { registrationConfiguration } = spec(hub(over), 'ClusterManager');
    expect(registrationConfiguration!['autoApproveUsers']).toEqual(users);
  });

  test('packaging.md 5: both ways to join share one role', () => {
    const objects = hub({ createBootstrapSA: true, createBootstrapToken: true });
    const bootstrap = objects.filter(({ metadata }) =>
      metadata.name.startsWith('open-cluster-management:bootstrap'),
    );
    expect(kinds(bootstrap)).toEqual(['ClusterRole', 'ClusterRoleBinding', 'ClusterRoleBinding']);
  });

  test.each([
    [{ userName: 'u', password: 'p', dockerConfigJson: '{"x":1}' }, '{"auths":{"r":{"auth":"dTpw"}}}'],
    [{ userName: 'u', dockerConfigJson: '{"x":1}' }, '{"x":1}'],
    [{}, '{}'],
  ])('packaging.md 7 to 9: credentials %j', (credentials, config) => {
    const over = { images: { imageCredentials: { createImageCredentials: true, ...credentials } } };
    const secret = find(hub(over), 'Secret');
    expect(secret!.metadata).toMatchObject({ labels: { app: 'cluster-manager' } });
    expect(decoded(secret)).toEqual({ '.dockerconfigjson': config });
  });

  test('packaging.md 10 and 12: images', () => {
    const overrides = { workImage: 'w:1', operatorImage: 'o@sha256:1' };
    const objects = hub({ images: { overrides } });
    expect(spec(objects, 'ClusterManager')).toMatchObject({
      registrationImagePullSpec: 'r/registration:v9',
      workImagePullSpec: 'w:1',
      placementImagePullSpec: 'r/placement:v9',
      addOnManagerImagePullSpec: 'r/addon-manager:v9',
    });
    const [operator] = container(objects).containers;
    expect(operator!.image).toBe('o@sha256:1');
    expect(operator!.env).toContainEqual({ name: 'AGENT_IMAGE', value: 'o@sha256:1' });
    expect(imageOf({ registry: 'r/', tag: 't', overrides: {} }, 'work')).toBe('r/work:t');
  });

  test('packaging.md 13: the labels of the custom resource', () => {
    const args = (over: object) => container(hub(over)).containers[0]!.args;
    expect(args({ enableSyncLabels: true })).toEqual([...args({}), '--enable-sync-labels']);
    expect(container(spoke({ enableSyncLabels: true })).containers[0]!.args).toContain(
      '--enable-sync-labels',
    );
  });

  test('packaging.md 14 and 18: without the ClusterManager; with the namespace', () => {
    const objects = inApplyOrder(hub({ createNamespace: true, clusterManager: { create: false } }));
    expect(objects.map(({ kind }) => kind).slice(0, 2)).toEqual(['CustomResourceDefinition', 'Namespace']);
    expect(find(objects, 'ClusterManager')).toBeUndefined();
  });

  test('packaging.md 2.1: values about the Pods of the operator', () => {
    const pod = container(
      hub({
        images: { imagePullPolicy: 'Always' },
        tolerations: [{ operator: 'Exists' }],
        nodeSelector: { a: 'b' },
        resources: { limits: { memory: '1Gi' } },
        podSecurityContext: { runAsUser: 7 },
      }),
    );
    expect(pod).toMatchObject({
      tolerations: [{ operator: 'Exists' }],
      nodeSelector: { a: 'b' },
      securityContext: { runAsNonRoot: true, runAsUser: 7 },
    });
    expect(pod.containers[0]).toMatchObject({
      imagePullPolicy: 'Always',
      resources: { limits: { memory: '1Gi' }, requests: { cpu: '2m' } },
    });
  });

  test('packaging.md 31: the same input gives the same output', () => {
    expect(inApplyOrder(hub({ createBootstrapSA: true }))).toEqual(
      inApplyOrder(hub({ createBootstrapSA: true })),
    );
  });
});

describe('spokeObjects', () => {
  test('packaging.md 19 and 20: operator, Klusterlet, namespace and bootstrap Secret', () => {
    const objects = spoke();
    expect(kinds(objects)).toEqual(sorted(...operatorPart, 'Klusterlet', 'Namespace', 'Secret'));
    expect(decoded(find(objects, 'Secret'))).toEqual({ kubeconfig: 'k' });
    expect(find(objects, 'Namespace')!.metadata).toEqual({
      name: 'open-cluster-management-agent',
      annotations: { 'workload.openshift.io/allowed': 'management' },
    });
  });

  test('packaging.md 21: the namespace of the operator is not made twice', () => {
    const klusterlet = { namespace: 'open-cluster-management' };
    expect(find(spoke({ klusterlet }), 'Namespace')).toBeUndefined();
    expect(kinds(spoke({ klusterlet, createNamespace: true }))).toEqual(
      sorted(...operatorPart, 'Klusterlet', 'Namespace', 'Secret'),
    );
  });

  test('packaging.md 22: gRPC', () => {
    expect(decoded(find(spoke({ grpcConfig: 'g' }), 'Secret'))).toEqual({
      kubeconfig: 'k',
      'config.yaml': 'g',
    });
  });

  test('packaging.md 23: several hubs', () => {
    const objects = spoke({
      multiHubBootstrapHubKubeConfigs: [
        { name: 'hub1', kubeConfig: 'k1' },
        { name: 'hub2', kubeConfig: 'k2' },
      ],
    });
    expect(decoded(find(objects, 'Secret', 'hub1'))).toEqual({ kubeconfig: 'k1' });
    expect(decoded(find(objects, 'Secret', 'hub2'))).toEqual({ kubeconfig: 'k2' });
    expect(find(objects, 'Secret', 'bootstrap-hub-kubeconfig')).toBeUndefined();
  });

  test.each(['Hosted', 'SingletonHosted'])('packaging.md 24 and 26: %s', (mode) => {
    const objects = spoke({ klusterlet: { mode, name: 'k1' }, externalManagedKubeConfig: 'm' });
    expect(kinds(objects)).toEqual([
      'CustomResourceDefinition',
      'Klusterlet',
      'Namespace',
      'Secret',
      'Secret',
    ]);
    expect(find(objects, 'Namespace')!.metadata.name).toBe('k1');
    const secret = find(objects, 'Secret', 'external-managed-kubeconfig');
    expect(secret!.metadata.namespace).toBe('k1');
    expect(decoded(secret)).toEqual({ kubeconfig: 'm' });
  });

  test('packaging.md 27: an operator that is there already', () => {
    expect(kinds(spoke({ noOperator: true, priorityClassName: 'p' }))).toEqual([
      'CustomResourceDefinition',
      'Klusterlet',
      'Namespace',
      'Secret',
    ]);
  });

  test('packaging.md 28: the priority class', () => {
    const objects = spoke({ priorityClassName: 'p' });
    expect(find(objects, 'PriorityClass', 'p')).toMatchObject({
      value: 1_000_000,
      globalDefault: false,
      preemptionPolicy: 'PreemptLowerPriority',
    });
    expect(container(objects).priorityClassName).toBe('p');
    expect(spec(objects, 'Klusterlet').priorityClassName).toBe('p');
  });

  test('packaging.md 29: all images, in every mode', () => {
    for (const mode of ['Default', 'Hosted', 'Singleton', 'SingletonHosted']) {
      expect(spec(spoke({ klusterlet: { mode } }), 'Klusterlet')).toMatchObject({
        deployOption: { mode },
        registrationImagePullSpec: 'r/registration:v9',
        workImagePullSpec: 'r/work:v9',
        imagePullSpec: 'r/registration-operator:v9',
      });
    }
  });
});

test('1.6: CRDs, Namespaces, what Pods need, Pods, custom resources', () => {
  const object = (kind: string, name: string) => ({ kind, metadata: { name } });
  const ordered = inApplyOrder([
    object('Klusterlet', 'a'),
    object('Deployment', 'b'),
    object('Secret', 'c'),
    object('Namespace', 'd'),
    object('Secret', 'e'),
    object('CustomResourceDefinition', 'f'),
  ]);
  expect(ordered.map(({ metadata }) => metadata.name).join('')).toBe('fdceba');
});

describe('values files', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'values-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));
  const merge = (content: string) => {
    const file = join(folder, 'values.yaml');
    writeFileSync(file, content);
    return mergeValuesFile({ a: { b: 1, c: true }, list: [1, 2] }, file, 'klusterlet');
  };

  test('cli.md 22 and 23: what is there wins, zero values too; the rest stays', () => {
    expect(merge('a: { b: 0 }\nlist: []\nunknown: x\n')).toEqual({
      a: { b: 0, c: true },
      list: [],
      unknown: 'x',
    });
    expect(merge('a:\n')).toEqual({ a: { b: 1, c: true }, list: [1, 2] });
    expect(merge('')).toEqual({ a: { b: 1, c: true }, list: [1, 2] });
    expect(merge('__proto__: { x: 1 }\n')).toEqual({ a: { b: 1, c: true }, list: [1, 2] });
  });

  test.each([
    ['a: 5', 'a must be a map, not a number'],
    ['a: { b: x }', 'b must be a number, not a string'],
    ['list: {}', 'list must be a list, not a map'],
    ['- a', 'must hold a map'],
    ['a: [', ''],
  ])('%s is refused', (content, message) => {
    expect(() => merge(content)).toThrow(
      `failed to merge klusterlet values file: failed to unmarshal klusterlet values: `,
    );
    expect(() => merge(content)).toThrow(message);
  });

  test('a file that is missing', () => {
    expect(() => mergeValuesFile({}, '/none', 'cluster-manager')).toThrow(
      'failed to merge cluster-manager values file: failed to read cluster-manager values file /none: ',
    );
  });
});
