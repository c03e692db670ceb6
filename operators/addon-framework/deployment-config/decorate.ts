import type {
  AddOnDeploymentConfigRegistry,
  AddOnDeploymentConfigSpec,
  ProxyConfig,
} from '../../api/generated/addon.ts';
import { namespace as namespaces } from '../../api/names.ts';
import type { JsonMap } from '../../runtime/client/json.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { overrideImage } from './images.ts';
import { type TemplateContainer, withContainers, withPods } from './pod-templates.ts';
import { requirementsFor } from './resources.ts';

/** A Secret that the Pods of an add-on read. */
export interface SecretMount {
  volume: string;
  secret: string;
  path: string;
}

/** What is added to the Pods of an add-on, and replaced in them. */
export interface Decoration {
  addon: string;
  env: readonly { name: string; value: string }[];
  mounts: readonly SecretMount[];
  registries: readonly AddOnDeploymentConfigRegistry[];
  config?: AddOnDeploymentConfigSpec;
}

const proxyCa = {
  volume: 'proxy-ca-bundle',
  path: '/managed/proxy-ca',
  file: 'ca-bundle.crt',
  configMap: (addon: string) => `${addon}-proxy-ca`,
};

const proxyEnv = ({ httpProxy, httpsProxy, noProxy, caBundle }: ProxyConfig = {}) => [
  ...[
    ['HTTP_PROXY', httpProxy],
    ['http_proxy', httpProxy],
    ['HTTPS_PROXY', httpsProxy],
    ['https_proxy', httpsProxy],
    ['NO_PROXY', noProxy],
    ['no_proxy', noProxy],
  ].flatMap(([name, value]) => (name && value ? [{ name, value }] : [])),
  // Whether or not a proxy is named: what it vouches for may be reached without one (A15).
  ...(caBundle ? [{ name: 'CA_BUNDLE_FILE_PATH', value: `${proxyCa.path}/${proxyCa.file}` }] : []),
];

const appended = (list: unknown, more: readonly unknown[]): object =>
  more.length === 0 ? {} : { list: [...(Array.isArray(list) ? list : []), ...more] };

const extended = (object: JsonMap, key: string, more: readonly unknown[]): JsonMap => {
  const { list } = appended(object[key], more) as { list?: unknown[] };
  return list ? { ...object, [key]: list } : object;
};

/**
 * Decorates manifests of an add-on (addon.md 6.3): its Pods get environment, volumes, node placement, images, proxy and
 * resources, each independent of the others, whatever kind of workload they are of (A3, A4, A15).
 * @throws when the resource requirements of the configuration make no sense
 */
export const decorator = ({ addon, env, mounts, registries, config = {} }: Decoration) => {
  const { nodePlacement, proxyConfig, resourceRequirements } = config;
  const requirements = requirementsFor(resourceRequirements);
  const allEnv = [...env, ...proxyEnv(proxyConfig)];
  const volumes: JsonMap[] = mounts.map(({ volume, secret }) => ({
    name: volume,
    secret: { secretName: secret },
  }));
  const volumeMounts: JsonMap[] = mounts.map(({ volume, path }) => ({ name: volume, mountPath: path }));
  if (proxyConfig?.caBundle) {
    volumes.push({ name: proxyCa.volume, configMap: { name: proxyCa.configMap(addon) } });
    volumeMounts.push({ name: proxyCa.volume, mountPath: proxyCa.path });
  }
  return (manifest: UnknownObject): UnknownObject =>
    withPods(manifest, ({ resource, spec }) => {
      const decorated = withContainers(spec, (container): TemplateContainer => {
        const { name = '', image } = container;
        const resources = requirements(resource, manifest.metadata.name, name);
        const replaced = {
          ...container,
          ...(typeof image === 'string' && { image: overrideImage(registries, image) }),
          ...(resources && { resources }),
        };
        return extended(extended(replaced, 'env', allEnv), 'volumeMounts', volumeMounts);
      });
      return {
        ...extended(decorated, 'volumes', volumes),
        ...(nodePlacement?.nodeSelector && { nodeSelector: nodePlacement.nodeSelector }),
        ...(nodePlacement?.tolerations && { tolerations: nodePlacement.tolerations }),
      };
    });
};

/** The ConfigMap that an add-on's Pods read the authorities behind their proxy from, if there are any. */
export const proxyCaConfigMap = (
  addon: string,
  { proxyConfig, agentInstallNamespace }: AddOnDeploymentConfigSpec = {},
): UnknownObject | undefined =>
  proxyConfig?.caBundle
    ? {
        apiVersion: 'v1',
        kind: 'ConfigMap',
        metadata: {
          name: proxyCa.configMap(addon),
          namespace: agentInstallNamespace || namespaces.addon,
        },
        // The API has it as bytes, hence in Base64.
        data: { [proxyCa.file]: Buffer.from(proxyConfig.caBundle, 'base64').toString('utf8') },
      }
    : undefined;
