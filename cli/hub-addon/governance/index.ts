import { annotation, group } from '../../../operators/api/names.ts';
import type { UnknownObject } from '../../../operators/runtime/client/object.ts';
import { crds } from './crds.ts';
import { controllers } from './deployments.ts';
import { rbac } from './rbac.ts';

/** The add-ons whose agents the policy framework deploys to clusters. */
export const POLICY_ADDONS = ['governance-policy-framework', 'config-policy-controller'];

const managementAddOn = (name: string): UnknownObject => ({
  apiVersion: `${group.addon}/v1alpha1`,
  kind: 'ClusterManagementAddOn',
  metadata: { name, annotations: { [annotation.addonLifecycle]: 'addon-manager' } },
  spec: { supportedConfigs: [{ group: group.addon, resource: 'addondeploymentconfigs' }] },
});

/** The policy framework of a hub in the order in which it is deployed (cli.md 13). */
export interface Governance {
  crds: UnknownObject[];
  dependencies: UnknownObject[];
  deployments: UnknownObject[];
}

/** @param tag the version of the images, such as `v0.18.0` */
export const governance = (namespace: string, registry: string, tag: string): Governance => ({
  crds,
  dependencies: [...rbac(namespace), ...POLICY_ADDONS.map(managementAddOn)],
  deployments: controllers(namespace, registry, tag),
});
