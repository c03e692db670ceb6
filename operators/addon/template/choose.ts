import {
  type AddOnDeploymentConfig,
  type AddOnTemplate,
  type ClusterManagementAddOn,
  type DesiredConfig,
  type ManagedClusterAddOn,
  type ManagedClusterAddOnConfigReference,
  addOnDeploymentConfigs,
  addOnTemplates,
} from '../../api/generated/addon.ts';
import { NotInTurn } from '../../addon-framework/agent/agent.ts';
import { specHashOf } from '../../addon-framework/configuration/spec-hash.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import { installPlacements } from '../lifecycle.ts';

/** Which template and which AddOnDeploymentConfig an add-on is rendered from (addon.md 6.1). */

const referenceTo = (
  { status }: ManagedClusterAddOn,
  { group, plural }: { group: string; plural: string },
): ManagedClusterAddOnConfigReference | undefined =>
  status?.configReferences?.find((each) => each.group === group && each.resource === plural);

/** Whether an add-on has a template, so that the manager of template add-ons looks at it. */
export const hasTemplate = (addon: ManagedClusterAddOn): boolean =>
  Boolean(referenceTo(addon, addOnTemplates)?.desiredConfig);

/** What is there has another content than what is rolled out: it has its turn when the rollout brings it (A8). */
const checked = <T extends KubeObject>(
  what: string,
  found: T | undefined,
  name: string,
  hash: string | undefined,
  unknown: string,
): T => {
  if (!found) throw new Error(`${what} ${name} does not exist`);
  if (!hash) throw new NotInTurn(unknown);
  if (specHashOf(found) !== hash)
    throw new NotInTurn(`${what} ${name} was edited; the add-on changes when the rollout comes to it`);
  return found;
};

/**
 * What an add-on's status says that it is rendered from, provided that those say so too who may: agents of clusters write
 * statuses, while templates give permissions and configurations belong to namespaces.
 */
const namedConfig = (
  addon: ManagedClusterAddOn,
  owner: ClusterManagementAddOn | undefined,
  kind: { group: string; plural: string },
): DesiredConfig | undefined => {
  const desired = referenceTo(addon, kind)?.desiredConfig;
  if (!desired) return undefined;
  const named = [
    ...(addon.spec?.configs ?? []),
    ...(owner?.spec?.defaultConfigs ?? []),
    ...(owner ? installPlacements(owner) : []).flatMap(({ configs = [] }) => configs),
  ];
  const isNamed = named.some(
    ({ group, resource, name, namespace = '' }) =>
      group === kind.group &&
      resource === kind.plural &&
      name === desired.name &&
      namespace === (desired.namespace ?? ''),
  );
  return isNamed ? desired : undefined;
};

const notNamed = ({ metadata }: ManagedClusterAddOn, kind: string): NotInTurn =>
  new NotInTurn(`ClusterManagementAddOn ${metadata.name} names another ${kind}`);

/** The template of an add-on as it is now, whatever is rolled out; undefined when there is none. */
export const currentTemplate = (
  addon: ManagedClusterAddOn,
  owner: ClusterManagementAddOn | undefined,
  find: (name: string) => AddOnTemplate | undefined,
): AddOnTemplate | undefined => {
  const { name } = namedConfig(addon, owner, addOnTemplates) ?? {};
  return name === undefined ? undefined : find(name);
};

/**
 * The template of an add-on.
 * @throws NotInTurn while it is not known what is rolled out, or that is not what is there; another error when there is none
 */
export const templateOf = (
  addon: ManagedClusterAddOn,
  owner: ClusterManagementAddOn | undefined,
  find: (name: string) => AddOnTemplate | undefined,
): AddOnTemplate => {
  const { name: addonName, namespace } = addon.metadata;
  if (!hasTemplate(addon)) throw new Error(`addon ${namespace}/${addonName} template not found in status`);
  const reference = namedConfig(addon, owner, addOnTemplates);
  if (!reference) throw notNamed(addon, 'AddOnTemplate');
  const { name, specHash } = reference;
  const unknown = `addon ${addonName} template desired spec hash is empty`;
  return checked('AddOnTemplate', find(name), name, specHash, unknown);
};

/**
 * The first AddOnDeploymentConfig of an add-on; undefined when it has none.
 * @throws NotInTurn while its content is not known, or is not what is rolled out; another error when it does not exist
 */
export const deploymentConfigOf = (
  addon: ManagedClusterAddOn,
  owner: ClusterManagementAddOn | undefined,
  find: (name: string, namespace: string) => AddOnDeploymentConfig | undefined,
): AddOnDeploymentConfig | undefined => {
  if (!referenceTo(addon, addOnDeploymentConfigs)?.desiredConfig) return undefined;
  const reference = namedConfig(addon, owner, addOnDeploymentConfigs);
  if (!reference) throw notNamed(addon, 'AddOnDeploymentConfig');
  const { name, namespace = '', specHash } = reference;
  const unknown = `addon ${addon.metadata.name} deployment config desired spec hash is empty`;
  return checked('AddOnDeploymentConfig', find(name, namespace), `${namespace}/${name}`, specHash, unknown);
};
