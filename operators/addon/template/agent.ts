import {
  type AddOnDeploymentConfig,
  type AddOnTemplate,
  type ClusterManagementAddOn,
  type ManagedClusterAddOn,
  addOnDeploymentConfigs,
  addOnTemplates,
} from '../../api/generated/addon.ts';
import { annotation } from '../../api/names.ts';
import type { AddonAgent } from '../../addon-framework/agent/agent.ts';
import { resourceKey } from '../../addon-framework/configuration/references.ts';
import { kubeCredential } from '../../addon-framework/registration/approval.ts';
import type { Store } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { isManaged } from '../lifecycle.ts';
import { withProgress } from '../progressing/progress.ts';
import { currentTemplate, deploymentConfigOf, hasTemplate, templateOf } from './choose.ts';
import { hubRoleBindings, isPending } from './permissions.ts';
import { agentNameOf, credentialsOf, registrationsFor } from './registration.ts';
import { installNamespaceOf, renderTemplate } from './render.ts';
import { signedBy } from './signing.ts';

/** What template add-ons are decided from. */
export interface TemplateStores {
  managementAddons: Pick<Store<ClusterManagementAddOn>, 'get'>;
  templates: Pick<Store<AddOnTemplate>, 'get'>;
  deploymentConfigs: Pick<Store<AddOnDeploymentConfig>, 'get'>;
}

export interface SigningSettings {
  /** Where the CAs of signers are whose template does not say. */
  namespace: string;
  /** Milliseconds that certificates are valid at most. */
  validityMs: number;
}

const supportedConfigs = [addOnDeploymentConfigs, addOnTemplates].map(({ group, plural }) => ({
  group,
  resource: plural,
}));
const templates = resourceKey({ group: addOnTemplates.group, resource: addOnTemplates.plural });

const isSupportedBy = (configs: readonly { group?: string; resource: string }[] = []): boolean =>
  configs.some((each) => resourceKey(each) === templates);

/** Whether an add-on is made from templates, be there a default one or not (addon.md 4.8). */
export const isTemplateAddon = ({ spec }: ClusterManagementAddOn): boolean =>
  isSupportedBy(spec?.defaultConfigs);

/**
 * Whether an add-on on a cluster is looked after as one made from a template (addon.md 4.8): it has a template, or once had,
 * and then until its end, whether or not its ClusterManagementAddOn still wants templates, or is there.
 */
export const isMadeFromTemplate = (
  addon: ManagedClusterAddOn,
  owner: ClusterManagementAddOn | undefined,
): boolean =>
  isSupportedBy(addon.status?.supportedConfigs) ||
  (owner !== undefined && isTemplateAddon(owner) && hasTemplate(addon));

/** The one manager of all add-ons that are made from templates (addon.md 6). */
export const templateAgent = (
  hub: Client,
  { managementAddons, templates: known, deploymentConfigs }: TemplateStores,
  signing: SigningSettings,
): AddonAgent => {
  const ownerOf = ({ metadata }: ManagedClusterAddOn) => managementAddons.get(metadata.name);
  const find = (name: string) => known.get(name);
  const specOf = (addon: ManagedClusterAddOn) => templateOf(addon, ownerOf(addon), find).spec;
  const configOf = (addon: ManagedClusterAddOn) =>
    deploymentConfigOf(addon, ownerOf(addon), (name, namespace) => deploymentConfigs.get(name, namespace))
      ?.spec;
  return {
    isManagerOf: isTemplateAddon,
    manages: (addon) => isMadeFromTemplate(addon, ownerOf(addon)),
    supportedConfigs,
    checksConfigured: true,
    prober: { type: 'WorkloadAvailability' },
    registration(addon) {
      const template = specOf(addon);
      return {
        registrations: registrationsFor(template, addon) ?? [],
        namespace: installNamespaceOf(template, configOf(addon)),
        bindings: (next) => (isPending(template, next) ? undefined : hubRoleBindings(template, next)),
      };
    },
    manifests(addon, cluster) {
      const template = specOf(addon);
      const manifests = renderTemplate({
        addon: addon.metadata.name,
        cluster: cluster.metadata.name,
        template,
        config: configOf(addon),
        imageRegistries: cluster.metadata.annotations?.[annotation.imageRegistries],
      });
      return { manifests, manifestConfigs: template.agentSpec.manifestConfigs ?? [] };
    },
    toldWith(addon, works, now) {
      const owner = ownerOf(addon);
      const isUnderWay = !addon.metadata.deletionTimestamp && owner !== undefined && isManaged(owner);
      return isUnderWay ? withProgress(addon, works, now) : undefined;
    },
    credentials(addon) {
      const { name, namespace = '' } = addon.metadata;
      const applicant = { addon: name, cluster: namespace };
      const template = currentTemplate(addon, ownerOf(addon), find);
      // Who it is does not depend on the template: that it goes on being so must not wait for a rollout.
      return template
        ? credentialsOf(template.spec, applicant)
        : [kubeCredential(applicant, agentNameOf(name))];
    },
    async sign(addon, request, signal) {
      const template = currentTemplate(addon, ownerOf(addon), find);
      return template && signedBy(hub, template.spec, request, signing, signal);
    },
  };
};
