import {
  type AddOnDeploymentConfig,
  type AddOnTemplate,
  type ManagedClusterAddOn,
  type ManagedClusterAddOnConfigReference,
  addOnDeploymentConfigs,
  addOnTemplates,
} from '../../api/generated/addon.ts';
import { specHashOf } from '../../addon-framework/configuration/spec-hash.ts';
import type { KubeObject } from '../../runtime/client/object.ts';

/** Which template and which AddOnDeploymentConfig an add-on is rendered from (addon.md 6.1). */

const referenceTo = (
  { status }: ManagedClusterAddOn,
  { group, plural }: { group: string; plural: string },
): ManagedClusterAddOnConfigReference | undefined =>
  status?.configReferences?.find((each) => each.group === group && each.resource === plural);

/** Whether an add-on has a template whose content is known, so that a template add-on's manager looks at it. */
export const hasTemplate = (addon: ManagedClusterAddOn): boolean =>
  Boolean(referenceTo(addon, addOnTemplates)?.desiredConfig?.specHash);

/** What is there has another content than what is rolled out: it has its turn when the rollout brings it (A8). */
const checked = <T extends KubeObject>(what: string, found: T | undefined, name: string, hash: string): T => {
  if (!found) throw new Error(`${what} ${name} does not exist`);
  if (specHashOf(found) !== hash)
    throw new Error(`${what} ${name} was edited; the add-on changes when the rollout comes to it`);
  return found;
};

/**
 * The template of an add-on.
 * @throws when it is not known yet, or is not what is rolled out
 */
export const templateOf = (
  addon: ManagedClusterAddOn,
  find: (name: string) => AddOnTemplate | undefined,
): AddOnTemplate => {
  const { name: addonName, namespace } = addon.metadata;
  const reference = referenceTo(addon, addOnTemplates);
  if (!reference) throw new Error(`addon ${namespace}/${addonName} template not found in status`);
  const { name = '', specHash } = reference.desiredConfig ?? {};
  if (!specHash) throw new Error(`addon ${addonName} template desired spec hash is empty`);
  return checked('AddOnTemplate', find(name), name, specHash);
};

/**
 * The first AddOnDeploymentConfig of an add-on; undefined when it has none.
 * @throws when its content is not known yet, or is not what is rolled out
 */
export const deploymentConfigOf = (
  addon: ManagedClusterAddOn,
  find: (name: string, namespace: string) => AddOnDeploymentConfig | undefined,
): AddOnDeploymentConfig | undefined => {
  const reference = referenceTo(addon, addOnDeploymentConfigs);
  if (!reference?.desiredConfig) return undefined;
  const { name, namespace = '', specHash } = reference.desiredConfig;
  if (!specHash) throw new Error(`addon ${addon.metadata.name} deployment config desired spec hash is empty`);
  return checked('AddOnDeploymentConfig', find(name, namespace), `${namespace}/${name}`, specHash);
};
