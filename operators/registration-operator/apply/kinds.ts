import * as kubernetes from '../../runtime/client/kubernetes.ts';
import type { KubeObject, UnknownObject } from '../../runtime/client/object.ts';
import type { Resource } from '../../runtime/client/resource.ts';

/** Every kind that a bundle may contain: what is applied needs no discovery. */
const known: readonly Resource[] = [
  kubernetes.namespaces,
  kubernetes.serviceAccounts,
  kubernetes.secrets,
  kubernetes.configMaps,
  kubernetes.services,
  kubernetes.endpoints,
  kubernetes.deployments,
  kubernetes.roles,
  kubernetes.roleBindings,
  kubernetes.clusterRoles,
  kubernetes.clusterRoleBindings,
  kubernetes.customResourceDefinitions,
  kubernetes.validatingWebhookConfigurations,
  kubernetes.mutatingWebhookConfigurations,
  kubernetes.validatingAdmissionPolicies,
  kubernetes.validatingAdmissionPolicyBindings,
  kubernetes.networkPolicies,
];

const keyOfKind = (apiVersion: string | undefined, kind: string | undefined): string =>
  `${apiVersion}/${kind}`;

const byKind = new Map(
  known.map((resource) => [
    keyOfKind(resource.group ? `${resource.group}/${resource.version}` : resource.version, resource.kind),
    resource,
  ]),
);

/**
 * The resource of a rendered object.
 * @throws Error when bundles may not contain its kind
 */
export const resourceOf = (object: KubeObject): Resource<UnknownObject> => {
  const resource = byKind.get(keyOfKind(object.apiVersion, object.kind));
  if (!resource)
    throw new Error(
      `${object.apiVersion} ${object.kind} ${object.metadata.name}: operators apply no objects of this kind`,
    );
  return resource as Resource<UnknownObject>;
};

/** What names an object in status and messages. */
export interface ObjectRef {
  resource: Resource;
  name: string;
  namespace?: string;
}

export const refOf = (object: KubeObject): ObjectRef => ({
  resource: resourceOf(object),
  name: object.metadata.name,
  namespace: object.metadata.namespace,
});

/** `Deployment hub/x`, for messages. */
export const describe = ({ resource, name, namespace }: ObjectRef): string =>
  `${resource.kind} ${namespace ? `${namespace}/` : ''}${name}`;
