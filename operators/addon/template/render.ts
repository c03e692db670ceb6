import type { AddOnDeploymentConfigSpec, AddOnTemplateSpec } from '../../api/generated/addon.ts';
import { namespace as namespaces } from '../../api/names.ts';
import {
  type SecretMount,
  decorator,
  proxyCaConfigMap,
} from '../../addon-framework/deployment-config/decorate.ts';
import { registriesOf } from '../../addon-framework/deployment-config/images.ts';
import { inNamespace } from '../../addon-framework/deployment-config/namespace.ts';
import { isMap } from '../../runtime/client/json.ts';
import { objectName } from '../../runtime/client/legal-name.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { builtinValues, templateValues } from './values.ts';
import { filledIn } from './variables.ts';

export interface RenderInput {
  addon: string;
  cluster: string;
  template: AddOnTemplateSpec;
  /** The first AddOnDeploymentConfig that the add-on refers to. */
  config?: AddOnDeploymentConfigSpec;
  /** Annotation of the ManagedCluster. */
  imageRegistries?: string;
}

const mountsFor = (addon: string, { registration = [] }: AddOnTemplateSpec): SecretMount[] =>
  registration.flatMap(({ type, customSigner }) => {
    if (type === 'KubeClient')
      return {
        volume: 'hub-kubeconfig',
        secret: objectName(`${addon}-hub-kubeconfig`),
        path: '/managed/hub-kubeconfig',
      };
    if (!customSigner) return [];
    const name = customSigner.signerName.replaceAll('/', '-');
    return {
      volume: `cert-${name.replaceAll('.', '-')}`,
      secret: objectName(`${addon}-${name}-client-cert`),
      path: `/managed/${name}`,
    };
  });

const checked = (manifest: unknown): UnknownObject => {
  if (!isMap(manifest) || !isMap(manifest['metadata']))
    throw new Error('a manifest of the template is no object with metadata');
  return manifest as unknown as UnknownObject;
};

/**
 * The manifests of a template for one cluster (addon.md 6.3).
 * @throws when the template, its configuration or the annotation makes no sense; the message says where
 */
export const renderTemplate = (input: RenderInput): UnknownObject[] => {
  const { addon, cluster, template, config, imageRegistries } = input;
  const sources = { cluster, hasRegistration: template.registration !== undefined, config };
  const values = templateValues(sources);
  const env = [...builtinValues(sources).keys()].map((name) => ({ name, value: values.get(name) ?? '' }));
  const registries = config?.registries?.length ? config.registries : registriesOf(imageRegistries);
  const decorate = decorator({ addon, env, mounts: mountsFor(addon, template), registries, config });
  const manifests = (template.agentSpec.workload?.manifests ?? []).map((manifest) =>
    inNamespace(config?.agentInstallNamespace, decorate(checked(filledIn(manifest, values)))),
  );
  const authorities = proxyCaConfigMap(addon, config);
  return authorities ? [...manifests, authorities] : manifests;
};

/** Where the agent of a template add-on is installed (addon.md 6.4). */
export const installNamespaceOf = (
  template: AddOnTemplateSpec,
  config: AddOnDeploymentConfigSpec | undefined,
): string => {
  if (config?.agentInstallNamespace) return config.agentInstallNamespace;
  const manifests = template.agentSpec.workload?.manifests ?? [];
  const namespaceOf = (kind: string) =>
    manifests.find((manifest) => manifest.kind === kind)?.metadata?.namespace;
  return namespaceOf('Deployment') || namespaceOf('DaemonSet') || namespaces.addon;
};
