import type { Klusterlet } from '../../operators/api/index.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import {
  AGENT_NAMESPACE,
  BOOTSTRAP_SECRET,
  KLUSTERLET,
  MANAGED_KUBECONFIG_SECRET,
  OPERATOR_NAMESPACE,
} from '../names.ts';
import {
  imageOf,
  isCrd,
  operatorNamespace,
  operatorObjects,
  type OperatorValues,
  pullSecret,
  secretObject,
} from './operator.ts';
import { randomText } from './random.ts';

type Spec = NonNullable<Klusterlet['spec']>;

/** The values of the klusterlet chart (packaging.md 3.1, cli.md 5.5). */
export interface KlusterletValues extends OperatorValues {
  noOperator: boolean;
  bootstrapHubKubeConfig: string;
  /** Several hubs; wins over `bootstrapHubKubeConfig`. */
  multiHubBootstrapHubKubeConfigs?: { name: string; kubeConfig: string }[];
  grpcConfig: string;
  externalManagedKubeConfig: string;
  klusterlet: Pick<Spec, 'externalServerURLs' | 'resourceRequirement' | 'nodePlacement'> & {
    create: boolean;
    name: string;
    clusterName: string;
    namespace: string;
    mode: string;
    registrationConfiguration: NonNullable<Spec['registrationConfiguration']>;
    workConfiguration: NonNullable<Spec['workConfiguration']>;
  };
}

/** Whether the agents run on another cluster than the one that they manage. */
export const isHosted = (mode: string | undefined): boolean =>
  mode === 'Hosted' || mode === 'SingletonHosted';

/** The names of a new Klusterlet and of its namespace on the managed cluster (cli.md 5.4). */
export const namesFor = (mode: string): { name: string; namespace: string } => {
  if (!isHosted(mode)) return { name: KLUSTERLET, namespace: AGENT_NAMESPACE };
  const name = `klusterlet-hosted-${randomText(6)}`;
  return { name, namespace: `open-cluster-management-${name}` };
};

/** Where the bootstrap Secrets of a Klusterlet are: on the cluster that its agents run on (cli.md 5.4). */
export const agentNamespace = (klusterlet: { name: string; namespace?: string; mode?: string }): string =>
  isHosted(klusterlet.mode) ? klusterlet.name : klusterlet.namespace || AGENT_NAMESPACE;

/** Whether the operator is installed too; a hosting cluster has to have one already (cli.md 5.4). */
export const installsOperator = ({ noOperator, klusterlet }: KlusterletValues): boolean =>
  !noOperator && !isHosted(klusterlet.mode);

/** All objects of a joining cluster (cli.md 5.6). */
export const spokeObjects = (values: KlusterletValues): UnknownObject[] => {
  const namespace = agentNamespace(values.klusterlet);
  const operator = operatorObjects('klusterlet', values);
  const { priorityClassName: priority } = values;
  return [
    ...(installsOperator(values) ? operator : operator.filter(isCrd)),
    ...(installsOperator(values) && priority ? [priorityClass(priority)] : []),
    ...(values.createNamespace ? [operatorNamespace] : []),
    ...(namespace === OPERATOR_NAMESPACE ? [] : [agentNamespaceObject(namespace)]),
    ...bootstrapSecrets(namespace, values),
    ...(values.externalManagedKubeConfig
      ? [
          secretObject(namespace, MANAGED_KUBECONFIG_SECRET, 'Opaque', {
            kubeconfig: values.externalManagedKubeConfig,
          }),
        ]
      : []),
    ...pullSecret(values.images, KLUSTERLET),
    ...(values.klusterlet.create ? [klusterletObject(values)] : []),
  ];
};

const agentNamespaceObject = (name: string): UnknownObject => ({
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name, annotations: { 'workload.openshift.io/allowed': 'management' } },
});

const bootstrapSecrets = (namespace: string, values: KlusterletValues): UnknownObject[] => {
  const { multiHubBootstrapHubKubeConfigs: several, bootstrapHubKubeConfig: kubeconfig, grpcConfig } = values;
  if (several && several.length > 0) {
    return several.map(({ name, kubeConfig }) =>
      secretObject(namespace, name, 'Opaque', { kubeconfig: kubeConfig }),
    );
  }
  return [
    secretObject(namespace, BOOTSTRAP_SECRET, 'Opaque', {
      kubeconfig,
      ...(grpcConfig && { 'config.yaml': grpcConfig }),
    }),
  ];
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

/** The custom resource that the values stand for. */
export const klusterletObject = ({
  images,
  klusterlet,
  priorityClassName,
}: KlusterletValues): UnknownObject => {
  const spec: Spec = {
    deployOption: { mode: klusterlet.mode },
    registrationImagePullSpec: imageOf(images, 'registration'),
    workImagePullSpec: imageOf(images, 'work'),
    imagePullSpec: imageOf(images, 'registration-operator'),
    // One that names none has the usual one; the API server takes no empty text for it.
    clusterName: klusterlet.clusterName || undefined,
    namespace: klusterlet.namespace || undefined,
    externalServerURLs: klusterlet.externalServerURLs,
    resourceRequirement: klusterlet.resourceRequirement,
    registrationConfiguration: klusterlet.registrationConfiguration,
    workConfiguration: klusterlet.workConfiguration,
    ...(klusterlet.nodePlacement && { nodePlacement: klusterlet.nodePlacement }),
    ...(priorityClassName && { priorityClassName }),
  };
  return {
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'Klusterlet',
    metadata: { name: klusterlet.name },
    spec,
  };
};
