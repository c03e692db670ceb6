import { randomInt } from 'node:crypto';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import type { ResourceRequirement } from '../resources.ts';
import {
  imageOf,
  namespaceObject,
  opaqueSecret,
  operatorObjects,
  OPERATOR_NAMESPACE,
  pullSecret,
} from './operator.ts';

/** The values of the klusterlet chart, as far as the command line sets them (cli.md 5.5, packaging.md 3.1). */
export interface KlusterletValues {
  createNamespace: boolean;
  replicaCount: number;
  images: {
    registry: string;
    tag: string;
    overrides?: Record<string, string>;
    imageCredentials: { dockerConfigJson: string };
  };
  enableSyncLabels: boolean;
  noOperator: boolean;
  priorityClassName?: string;
  bootstrapHubKubeConfig: string;
  grpcConfig?: string;
  externalManagedKubeConfig?: string;
  klusterlet: {
    create: boolean;
    name: string;
    clusterName: string;
    namespace: string;
    mode: string;
    externalServerURLs: { url: string; caBundle?: string }[];
    resourceRequirement: ResourceRequirement;
    registrationConfiguration: Record<string, unknown>;
    workConfiguration: Record<string, unknown>;
    nodePlacement?: Record<string, unknown>;
  };
}

export const BOOTSTRAP_SECRET = 'bootstrap-hub-kubeconfig';
export const AGENT_NAMESPACE = 'open-cluster-management-agent';

export const isHosted = (mode: string): boolean => mode === 'Hosted' || mode === 'SingletonHosted';

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** The names of cli.md 5.4. */
export const namesFor = (mode: string): { klusterlet: string; namespace: string } => {
  if (!isHosted(mode)) return { klusterlet: 'klusterlet', namespace: AGENT_NAMESPACE };
  const suffix = Array.from({ length: 6 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  const klusterlet = `klusterlet-hosted-${suffix}`;
  return { klusterlet, namespace: `open-cluster-management-${klusterlet}` };
};

/** Where the agents and their secrets live on the cluster that the command runs against. */
export const agentNamespace = ({ klusterlet }: Pick<KlusterletValues, 'klusterlet'>): string =>
  isHosted(klusterlet.mode) ? klusterlet.name : klusterlet.namespace || AGENT_NAMESPACE;

/** All objects of a joining cluster, in the order in which they are applied (cli.md 5.6). */
export const spokeObjects = (values: KlusterletValues): UnknownObject[] => {
  const namespace = agentNamespace(values);
  const withOperator = !values.noOperator && !isHosted(values.klusterlet.mode);
  const operator = operatorObjects({
    operator: 'klusterlet',
    image: imageOf(values.images, 'registration-operator'),
    replicas: values.replicaCount,
    syncLabels: values.enableSyncLabels,
  });
  const priority = values.priorityClassName;
  return [
    ...(withOperator ? operator.map(withPriority(priority)) : operator.filter(isCrd)),
    ...(withOperator && priority ? [priorityClass(priority)] : []),
    ...(values.createNamespace ? [namespaceObject(OPERATOR_NAMESPACE)] : []),
    namespaceObject(namespace),
    opaqueSecret(namespace, BOOTSTRAP_SECRET, {
      kubeconfig: values.bootstrapHubKubeConfig,
      ...(values.grpcConfig && { 'config.yaml': values.grpcConfig }),
    }),
    ...(values.externalManagedKubeConfig
      ? [
          opaqueSecret(namespace, 'external-managed-kubeconfig', {
            kubeconfig: values.externalManagedKubeConfig,
          }),
        ]
      : []),
    pullSecret(values.images.imageCredentials.dockerConfigJson, 'klusterlet'),
    ...(values.klusterlet.create ? [klusterletObject(values)] : []),
  ];
};

const isCrd = ({ kind }: UnknownObject): boolean => kind === 'CustomResourceDefinition';

const withPriority =
  (name: string | undefined) =>
  (object: UnknownObject): UnknownObject => {
    if (!name || object.kind !== 'Deployment') return object;
    const copy = structuredClone(object) as UnknownObject & {
      spec: { template: { spec: { priorityClassName?: string } } };
    };
    copy.spec.template.spec.priorityClassName = name;
    return copy;
  };

const priorityClass = (name: string): UnknownObject => ({
  apiVersion: 'scheduling.k8s.io/v1',
  kind: 'PriorityClass',
  metadata: { name },
  value: 1_000_000,
  globalDefault: false,
  preemptionPolicy: 'PreemptLowerPriority',
  description: 'Keeps the agents of Open Cluster Management running when a node runs short of resources.',
});

const klusterletObject = ({ images, klusterlet, priorityClassName }: KlusterletValues): UnknownObject => {
  const { create: _, name, mode, ...blocks } = klusterlet;
  return {
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'Klusterlet',
    metadata: { name },
    spec: {
      deployOption: { mode },
      registrationImagePullSpec: imageOf(images, 'registration'),
      workImagePullSpec: imageOf(images, 'work'),
      imagePullSpec: imageOf(images, 'registration-operator'),
      ...blocks,
      ...(priorityClassName && { priorityClassName }),
    },
  };
};
