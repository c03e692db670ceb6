import type { Client } from '../../operators/runtime/client/client.ts';
import {
  type CustomResourceDefinition,
  customResourceDefinitions,
  type Deployment,
  deployments,
} from '../../operators/runtime/client/kubernetes.ts';
import type { ObjectName } from '../../operators/runtime/client/object.ts';

/** What `get hub-info` and `get klusterlet-info` print about an installation (cli.md 10.2, 10.3). */

export interface RelatedResource {
  group: string;
  resource: string;
  namespace?: string;
  name: string;
}

/** `    Controller:<TAB>(1/3) image`: available of desired Pods, and what they run; nothing without the Deployment. */
export const deploymentLine = (
  indent: string,
  title: string,
  deployment: Deployment | undefined,
  container?: string,
): string[] => {
  if (!deployment) return [];
  const { replicas = 1, template } = deployment.spec ?? {};
  const containers = template?.spec?.containers ?? [];
  const image = (containers.find(({ name }) => name === container) ?? containers[0])?.image ?? '';
  const available = deployment.status?.availableReplicas ?? 0;
  return [`${indent}${title}:\t(${available}/${replicas}) ${image}`];
};

/** `(installed) name [*v1|v1beta1]`: the versions served, the stored one with a star. */
export const crdLine = (name: string, crd: CustomResourceDefinition | undefined): string => {
  const versions = (crd?.spec.versions ?? [])
    .filter(({ served }) => served)
    .map((version) => `${version.storage ? '*' : ''}${version.name}`);
  return crd ? `    (installed) ${name} [${versions.join('|')}]` : `    (absent) ${name} []`;
};

/** The CRDs that are named, or those among the resources of a ClusterManager or Klusterlet. */
export const crdBlock = async (client: Client, names: string[]): Promise<string[]> => {
  const lines = await Promise.all(
    names.map(async (name) => crdLine(name, await client.find(customResourceDefinitions, name))),
  );
  return ['  CustomResourceDefinition:', ...lines];
};

export const relatedCrds = (related: RelatedResource[]): string[] =>
  related.filter(({ resource }) => resource === 'customresourcedefinitions').map(({ name }) => name);

/** The block of an operator: its Deployment and the CRD that it serves. */
export const operatorBlock = async (
  client: Client,
  { name, namespace }: ObjectName,
  container: string,
  crd: string,
): Promise<string[]> => {
  const deployment = await client.find(deployments, name, namespace);
  if (!deployment) return ['Registration Operator:\t<none>'];
  return [
    'Registration Operator:',
    ...deploymentLine('  ', 'Controller', deployment, container),
    ...(await crdBlock(client, [crd])),
  ];
};

/** Finds Deployments among the resources of a ClusterManager or Klusterlet by how their names end. */
export const relatedDeployments =
  (client: Client, related: RelatedResource[]) =>
  async (suffix: string): Promise<Deployment | undefined> => {
    const found = related.find(({ resource, name }) => resource === 'deployments' && name.endsWith(suffix));
    return found && client.find(deployments, found.name, found.namespace);
  };

/** A component with its Deployments; nothing when it has none. */
export const componentBlock = (title: string, lines: string[][]): string[] => [
  `  ${title}:`,
  ...lines.flat(),
];
