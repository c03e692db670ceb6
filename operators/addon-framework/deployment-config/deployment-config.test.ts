import { describe, expect, test } from '@jest/globals';
import type { AddOnDeploymentConfigSpec } from '../../api/generated/addon.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { decorator, proxyCaConfigMap } from './decorate.ts';
import { overrideImage } from './images.ts';
import { inNamespace } from './namespace.ts';

const pod = {
  containers: [
    { name: 'a', image: 'quay.io/x/a:1', env: [{ name: 'OWN', value: '1' }] },
    { name: 'b', image: 'quay.io/x/b:1' },
  ],
  initContainers: [{ name: 'i', image: 'quay.io/x/i:1' }],
  tolerations: [{ key: 'own' }],
};
type Pod = { [Key in keyof typeof pod]: (Record<string, unknown> & { name: string })[] } & {
  nodeSelector?: object;
  volumes?: object[];
};
const template = { template: { spec: pod } };
const workloads: Record<string, UnknownObject> = {
  Deployment: { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'w' }, spec: template },
  DaemonSet: { apiVersion: 'apps/v1', kind: 'DaemonSet', metadata: { name: 'w' }, spec: template },
  StatefulSet: { apiVersion: 'apps/v1', kind: 'StatefulSet', metadata: { name: 'w' }, spec: template },
  ReplicaSet: { apiVersion: 'apps/v1', kind: 'ReplicaSet', metadata: { name: 'w' }, spec: template },
  Job: { apiVersion: 'batch/v1', kind: 'Job', metadata: { name: 'w' }, spec: template },
  CronJob: {
    apiVersion: 'batch/v1',
    kind: 'CronJob',
    metadata: { name: 'w' },
    spec: { schedule: '* * * * *', jobTemplate: { spec: template } },
  },
  Pod: { apiVersion: 'v1', kind: 'Pod', metadata: { name: 'w' }, spec: pod },
};
interface Templated {
  template?: { spec: Pod };
  jobTemplate?: { spec: Templated };
}
const podIn = ({ spec }: UnknownObject): Pod => {
  const { jobTemplate, template: own } = spec as Templated;
  return (jobTemplate?.spec.template ?? own)?.spec ?? (spec as Pod);
};
const decorated = (config: AddOnDeploymentConfigSpec, kind = 'Deployment') =>
  decorator({ addon: 'a', env: [], mounts: [], registries: config.registries ?? [], config })(
    workloads[kind]!,
  );

describe('decoration', () => {
  test.each(Object.keys(workloads))('addon.md 74, 75, 77 (A4): all containers of a %s', (kind) => {
    const found = podIn(
      decorated(
        {
          registries: [{ source: 'quay.io', mirror: 'm.io' }],
          proxyConfig: { noProxy: 'x' },
          resourceRequirements: [{ containerID: '*:*:*', resources: { limits: { cpu: '1' } } }],
          nodePlacement: { nodeSelector: { n: '1' } },
        },
        kind,
      ),
    );
    for (const container of [...found.containers, ...found.initContainers]) {
      expect(container).toMatchObject({
        image: `m.io/x/${container.name}:1`,
        resources: { limits: { cpu: '1' } },
      });
      expect(container['env']).toContainEqual({ name: 'NO_PROXY', value: 'x' });
    }
    expect(found.containers[0]!['env']).toContainEqual({ name: 'OWN', value: '1' });
    expect(found.nodeSelector).toEqual({ n: '1' });
  });

  test('addon.md 73: what has no Pods, or is of another group, stays as it is', () => {
    const config = { nodePlacement: { nodeSelector: { n: '1' } } };
    const decorate = decorator({
      addon: 'a',
      env: [{ name: 'E', value: '1' }],
      mounts: [],
      registries: [],
      config,
    });
    const others: UnknownObject[] = [
      { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'c' } },
      { apiVersion: 'example.com/v1', kind: 'Deployment', metadata: { name: 'c' }, spec: template },
      { apiVersion: 'apps/v1', kind: 'Deployment', metadata: { name: 'c' } },
      { apiVersion: 'v1', kind: 'constructor', metadata: { name: 'c' } },
    ];
    for (const each of others) expect(decorate(each)).toBe(each);
  });

  test('addon.md 74: each proxy by two names; authorities also without a proxy (A15)', () => {
    const env = (proxyConfig: AddOnDeploymentConfigSpec['proxyConfig']) =>
      (podIn(decorated({ proxyConfig })).containers[1]!['env'] as { name: string }[] | undefined)?.map(
        ({ name }) => name,
      );
    expect(env({ httpProxy: 'h', httpsProxy: 's', noProxy: 'n' })).toEqual([
      'HTTP_PROXY',
      'http_proxy',
      'HTTPS_PROXY',
      'https_proxy',
      'NO_PROXY',
      'no_proxy',
    ]);
    expect(env({ httpProxy: '' })).toBeUndefined();
    expect(env({ caBundle: btoa('PEM') })).toEqual(['CA_BUNDLE_FILE_PATH']);
    expect(podIn(decorated({ proxyConfig: { caBundle: btoa('PEM') } })).volumes).toEqual([
      { name: 'proxy-ca-bundle', configMap: { name: 'a-proxy-ca' } },
    ]);
    expect(proxyCaConfigMap('a', {})).toBeUndefined();
    expect(proxyCaConfigMap('a', { proxyConfig: { caBundle: btoa('PEM') } })?.metadata).toEqual({
      name: 'a-proxy-ca',
      namespace: 'open-cluster-management-agent-addon',
    });
  });

  test.each([
    ['exact', 'deployments:w:a', true],
    ['any workload', 'deployments:*:a', true],
    ['any at all', '*:*:*', true],
    ['part of a name', 'deployments:w:*', true],
    ['another kind', 'daemonsets:w:a', false],
    ['another container', 'deployments:w:b', false],
    ['a dot is no wildcard', 'deployments:.:a', false],
    ['a name that only begins alike', 'deployments:w:aa', false],
  ])('addon.md 75: resources by %s', (_, containerID, matches) => {
    const resources = { limits: { cpu: '1' } };
    const [first] = podIn(decorated({ resourceRequirements: [{ containerID, resources }] })).containers;
    expect(first!['resources']).toEqual(matches ? resources : undefined);
  });

  test('addon.md 75: the later entry wins; one that is malformed is an error', () => {
    const entry = (containerID: string, cpu: string) => ({ containerID, resources: { limits: { cpu } } });
    const both = decorated({ resourceRequirements: [entry('deployments:w:a', '1'), entry('*:*:*', '2')] });
    expect(podIn(both).containers[0]!['resources']).toEqual({ limits: { cpu: '2' } });
    expect(() => decorated({ resourceRequirements: [entry('deployments:w', '1')] })).toThrow(
      'invalid ContainerID: deployments:w',
    );
  });

  test.each([
    ['neither', {}, undefined, [{ key: 'own' }]],
    ['a selector', { nodeSelector: { n: '1' } }, { n: '1' }, [{ key: 'own' }]],
    ['tolerations alone (A3)', { tolerations: [{ key: 't' }] }, undefined, [{ key: 't' }]],
    ['both', { nodeSelector: { n: '1' }, tolerations: [{ key: 't' }] }, { n: '1' }, [{ key: 't' }]],
  ])('addon.md 76: node placement with %s', (_, nodePlacement, nodeSelector, tolerations) => {
    const found = podIn(
      decorated({ nodePlacement: nodePlacement as AddOnDeploymentConfigSpec['nodePlacement'] }),
    );
    expect([found.nodeSelector, found.tolerations]).toEqual([nodeSelector, tolerations]);
  });
});

test.each([
  ['a prefix', [['quay.io/a', 'm.io/b']], 'quay.io/a/i:1', 'm.io/b/i:1'],
  ['slashes at the end', [['quay.io/a/', 'm.io/b/']], 'quay.io/a/i:1', 'm.io/b/i:1'],
  ['no match', [['docker.io', 'm.io']], 'quay.io/a/i:1', 'quay.io/a/i:1'],
  ['an empty source', [['', 'm.io/b']], 'quay.io/a/i:1', 'm.io/b/i:1'],
  [
    'the last that matches',
    [
      ['quay.io', 'm1.io'],
      ['quay.io/a', 'm2.io'],
      ['docker.io', 'm3.io'],
    ],
    'quay.io/a/i:1',
    'm2.io/i:1',
  ],
  [
    'each compared with what was written',
    [
      ['quay.io', 'm1.io'],
      ['m1.io', 'm2.io'],
    ],
    'quay.io/i',
    'm1.io/i',
  ],
  ['a digest', [['quay.io', 'm.io']], 'quay.io/a/i@sha256:0', 'm.io/a/i@sha256:0'],
])('addon.md 77: registries: %s', (_, registries, image, expected) => {
  const written = registries.map(([source = '', mirror = '']) => ({ source, mirror }));
  expect(overrideImage(written, image)).toBe(expected);
});

describe('namespace', () => {
  const binding = (kind: string, subjects?: object[]): UnknownObject => ({
    kind,
    metadata: { name: 'b', ...(kind === 'RoleBinding' && { namespace: 'here' }) },
    ...(subjects && { subjects }),
  });
  const account = { kind: 'ServiceAccount', name: 's', namespace: 'here' };

  test('addon.md 73: off', () => {
    const manifest = binding('RoleBinding', [account]);
    expect(inNamespace('', manifest)).toBe(manifest);
    expect(inNamespace(undefined, manifest)).toBe(manifest);
  });

  test.each(['RoleBinding', 'ClusterRoleBinding'])('addon.md 73: accounts that a %s binds', (kind) => {
    const group = { kind: 'Group', name: 'g' };
    expect(inNamespace('there', binding(kind, [account, group]))).toMatchObject({
      metadata: kind === 'RoleBinding' ? { namespace: 'there' } : { name: 'b' },
      subjects: [{ ...account, namespace: 'there' }, group],
    });
    expect(() => inNamespace('there', binding(kind))).toThrow(`${kind} b has no subjects`);
  });

  test('addon.md 73: a Namespace, what is in one, and what is in none', () => {
    expect(inNamespace('there', { kind: 'Namespace', metadata: { name: 'here' } }).metadata.name).toBe(
      'there',
    );
    expect(
      inNamespace('there', { kind: 'Secret', metadata: { name: 's', namespace: 'here' } }).metadata,
    ).toEqual({
      name: 's',
      namespace: 'there',
    });
    expect(inNamespace('there', { kind: 'ClusterRole', metadata: { name: 'r' } }).metadata).toEqual({
      name: 'r',
    });
  });
});
