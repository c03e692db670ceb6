import { describe, expect, test } from '@jest/globals';
import type { AddOnDeploymentConfigSpec, AddOnTemplateSpec } from '../../api/generated/addon.ts';
import type { EmbeddedObject } from '../../api/meta.ts';
import { installNamespaceOf, renderTemplate } from './render.ts';
import { builtinValues, templateValues } from './values.ts';
import { filledIn } from './variables.ts';

describe('values', () => {
  const known = (config?: AddOnDeploymentConfigSpec, hasRegistration = true) =>
    Object.fromEntries(templateValues({ cluster: 'c1', hasRegistration, config }));
  const variables = (entries: Record<string, unknown>): AddOnDeploymentConfigSpec => ({
    customizedVariables: Object.entries(entries).map(([name, value]) => ({ name, value: value as string })),
  });

  test('addon.md 79: which are always there, and which not', () => {
    expect(known()).toEqual({ HUB_KUBECONFIG: '/managed/hub-kubeconfig/kubeconfig', CLUSTER_NAME: 'c1' });
    expect(known(undefined, false)).toEqual({ CLUSTER_NAME: 'c1' });
    expect(known({ agentInstallNamespace: 'ns' }, false)).toEqual({
      CLUSTER_NAME: 'c1',
      INSTALL_NAMESPACE: 'ns',
    });
    expect(known({ agentInstallNamespace: '' }, false)).toEqual({ CLUSTER_NAME: 'c1' });
  });

  test('addon.md 79: users may add any, and change one', () => {
    const config = {
      ...variables({ MINE: '1', HUB_KUBECONFIG: '/x', CLUSTER_NAME: 'c2', INSTALL_NAMESPACE: 'other' }),
      agentInstallNamespace: 'ns',
    };
    expect(known(config)).toEqual({
      HUB_KUBECONFIG: '/x',
      CLUSTER_NAME: 'c1',
      INSTALL_NAMESPACE: 'ns',
      MINE: '1',
    });
    expect([...builtinValues({ cluster: 'c1', hasRegistration: true, config }).keys()]).toEqual([
      'HUB_KUBECONFIG',
      'CLUSTER_NAME',
      'INSTALL_NAMESPACE',
    ]);
  });

  test('addon.md 80: a value that is no text', () => {
    expect(() => known(variables({ N: 3 }))).toThrow('only support string type for variables, invalid key N');
  });
});

describe('variables', () => {
  const values = new Map([
    ['CLUSTER_NAME', 'c1'],
    ['ODD', '"}, {{CLUSTER_NAME}} \\ \n'],
  ]);
  test.each([
    ['addon.md 6.3: a name', 'on {{CLUSTER_NAME}}!', 'on c1!'],
    ['addon.md 6.3: two', '{{CLUSTER_NAME}}-{{CLUSTER_NAME}}', 'c1-c1'],
    ['addon.md 81: with spaces', '[{{ CLUSTER_NAME }}]', '[]'],
    ['addon.md 81: unknown', '[{{OTHER}}]', '[]'],
    ['addon.md 6.3 (A5): one that would be more than text', 'x{{ODD}}y', 'x"}, {{CLUSTER_NAME}} \\ \ny'],
    ['addon.md 6.3 (A5): braces', '{{{{ .Values }}', '{{ .Values }}'],
    ['addon.md 6.3: closing braces', 'a}}b', 'a}}b'],
  ])('%s', (_, text, expected) => {
    expect(filledIn(text, values)).toBe(expected);
  });

  test('addon.md 6.3: in keys, lists and maps, and nothing else', () => {
    expect(filledIn({ '{{CLUSTER_NAME}}': ['{{CLUSTER_NAME}}', 3, null, true] }, values)).toEqual({
      c1: ['c1', 3, null, true],
    });
  });

  test('addon.md 6.3 (A5): one that is not closed is an error, however many braces follow', () => {
    expect(() => filledIn({ a: { b: '{{NAME' } }, values)).toThrow('a variable is not closed: {{NAME');
  });
});

const workload = (kind: string, namespace?: string, rest: object = {}): EmbeddedObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name: 'agent', ...(namespace && { namespace }) },
  spec: { template: { spec: { containers: [{ name: 'c', image: 'quay.io/a/agent:{{TAG}}' }] } } },
  ...rest,
});
const template = (manifests: EmbeddedObject[], rest: Partial<AddOnTemplateSpec> = {}): AddOnTemplateSpec => ({
  addonName: 'a',
  agentSpec: { workload: { manifests } },
  ...rest,
});
const render = (spec: AddOnTemplateSpec, config?: AddOnDeploymentConfigSpec, imageRegistries?: string) =>
  renderTemplate({ addon: 'a', cluster: 'c1', template: spec, config, imageRegistries });
const podOf = (manifest: unknown) =>
  (manifest as { spec: { template: { spec: Record<string, unknown> } } }).spec.template.spec;

describe('rendering', () => {
  test.each(['Deployment', 'DaemonSet', 'StatefulSet'])(
    'addon.md 69 (A4): a %s with environment, volumes, proxy and namespace',
    (kind) => {
      const spec = template([workload(kind, 'here')], {
        registration: [
          { type: 'KubeClient', kubeClient: {} },
          {
            type: 'CustomSigner',
            customSigner: { signerName: 'example.com/my.signer', signingCA: { name: 's' } },
          },
        ],
      });
      const [manifest, ...more] = render(spec, {
        agentInstallNamespace: 'there',
        customizedVariables: [{ name: 'TAG', value: 'v1' }],
        proxyConfig: { httpsProxy: 'https://proxy', caBundle: btoa('PEM') },
      });
      expect(manifest!.metadata.namespace).toBe('there');
      expect(podOf(manifest)).toEqual({
        containers: [
          {
            name: 'c',
            image: 'quay.io/a/agent:v1',
            env: [
              { name: 'HUB_KUBECONFIG', value: '/managed/hub-kubeconfig/kubeconfig' },
              { name: 'CLUSTER_NAME', value: 'c1' },
              { name: 'INSTALL_NAMESPACE', value: 'there' },
              { name: 'HTTPS_PROXY', value: 'https://proxy' },
              { name: 'https_proxy', value: 'https://proxy' },
              { name: 'CA_BUNDLE_FILE_PATH', value: '/managed/proxy-ca/ca-bundle.crt' },
            ],
            volumeMounts: [
              { name: 'hub-kubeconfig', mountPath: '/managed/hub-kubeconfig' },
              { name: 'cert-example-com-my-signer', mountPath: '/managed/example.com-my.signer' },
              { name: 'proxy-ca-bundle', mountPath: '/managed/proxy-ca' },
            ],
          },
        ],
        volumes: [
          { name: 'hub-kubeconfig', secret: { secretName: 'a-hub-kubeconfig' } },
          {
            name: 'cert-example-com-my-signer',
            secret: { secretName: 'a-example.com-my.signer-client-cert' },
          },
          { name: 'proxy-ca-bundle', configMap: { name: 'a-proxy-ca' } },
        ],
      });
      expect(more).toEqual([
        {
          apiVersion: 'v1',
          kind: 'ConfigMap',
          metadata: { name: 'a-proxy-ca', namespace: 'there' },
          data: { 'ca-bundle.crt': 'PEM' },
        },
      ]);
    },
  );

  test('addon.md 69: without a namespace, or with an empty one, that of the template', () => {
    for (const config of [undefined, { agentInstallNamespace: '' }])
      expect(render(template([workload('Deployment', 'here')]), config)[0]!.metadata.namespace).toBe('here');
  });

  test.each([
    ['that of the configuration', [workload('Deployment', 'd')], { agentInstallNamespace: 'ns' }, 'ns'],
    ['that of a Deployment', [workload('DaemonSet', 's'), workload('Deployment', 'd')], {}, 'd'],
    ['that of a DaemonSet', [workload('DaemonSet', 's')], { agentInstallNamespace: '' }, 's'],
    ['the usual one', [workload('StatefulSet', 'x')], undefined, 'open-cluster-management-agent-addon'],
  ])('addon.md 70: install namespace: %s', (_, manifests, config, namespace) => {
    expect(installNamespaceOf(template(manifests), config)).toBe(namespace);
  });

  test('addon.md 78, 105: registries of the configuration before those of the cluster', () => {
    const spec = template([workload('Deployment')]);
    const ofCluster = '{"registries":[{"source":"quay.io/a","mirror":"cluster.io"}]}';
    const image = (config?: AddOnDeploymentConfigSpec, annotation?: string) =>
      (podOf(render(spec, config, annotation)[0])['containers'] as { image: string }[])[0]!.image;
    expect(image(undefined, ofCluster)).toBe('cluster.io/agent:');
    expect(image({ registries: [{ source: 'quay.io', mirror: 'm.io' }] }, ofCluster)).toBe('m.io/a/agent:');
    expect(image()).toBe('quay.io/a/agent:');
    for (const nonsense of ['{', '[]', '{"registries":{}}', '{"registries":[3]}'])
      expect(() => image(undefined, nonsense)).toThrow('image-registries');
  });

  test('addon.md 63: a manifest that is none', () => {
    expect(() => render(template([{ kind: 'Deployment' }]))).toThrow('no object with metadata');
  });
});
