import { type OperatorName, renderOperator } from '../../operators/registration-operator/bundle/index.ts';
import type { Deployment } from '../../operators/runtime/client/kubernetes.ts';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import { OPERATOR_NAMESPACE, PULL_SECRET } from '../names.ts';
import { mergeValues } from './values.ts';

export interface ImageValues {
  registry: string;
  tag: string;
  overrides: Record<string, string>;
  imagePullPolicy?: string;
  /** Of the cluster-manager chart: Secrets that are there already. */
  imagePullSecrets?: { name: string }[];
  imageCredentials: {
    createImageCredentials: boolean;
    dockerConfigJson: string;
    userName: string;
    password: string;
  };
}

/** The chart values that both operators have (packaging.md 2.1, 3.1). */
export interface OperatorValues {
  createNamespace: boolean;
  replicaCount: number;
  images: ImageValues;
  enableSyncLabels: boolean;
  priorityClassName?: string;
  podSecurityContext?: Record<string, unknown>;
  securityContext?: Record<string, unknown>;
  resources?: Record<string, unknown>;
  nodeSelector?: Record<string, unknown>;
  tolerations?: unknown[];
  affinity?: Record<string, unknown>;
  /** Of the klusterlet chart. */
  extraVolumes?: Record<string, unknown>[];
  extraVolumeMounts?: Record<string, unknown>[];
  /** No chart value: what the API server takes. */
  admissionPolicies?: boolean;
}

/** CRD, admission policies, ServiceAccount, RBAC and Deployment of one operator, from the newest bundle. */
export const operatorObjects = (operator: OperatorName, values: OperatorValues): UnknownObject[] =>
  renderOperator(operator, {
    namespace: OPERATOR_NAMESPACE,
    image: imageOf(values.images, 'registration-operator'),
    imageRegistry: values.images.registry,
    replicas: values.replicaCount,
    admissionPolicies: values.admissionPolicies,
    arguments: values.enableSyncLabels ? ['--enable-sync-labels'] : [],
    ...(values.images.imagePullSecrets?.length && {
      imagePullSecrets: values.images.imagePullSecrets.map(({ name }) => name),
    }),
    ...(values.images.imagePullPolicy && { imagePullPolicy: values.images.imagePullPolicy }),
    ...(values.priorityClassName && { priorityClassName: values.priorityClassName }),
  }).map((object) => (object.kind === 'Deployment' ? withPodValues(object, values) : object));

/** Lays the values about the operator's Pods over its Deployment, as the chart does. */
const withPodValues = (deployment: UnknownObject, values: OperatorValues): UnknownObject => {
  const { podSecurityContext: securityContext, nodeSelector, tolerations, affinity } = values;
  const { template } = (deployment as unknown as Deployment).spec!;
  const [container, ...others] = template.spec!.containers;
  const given = (fields: Record<string, unknown>) =>
    Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
  const { extraVolumes = [], extraVolumeMounts = [] } = values;
  const volumes = [...(template.spec!.volumes ?? []), ...extraVolumes];
  const volumeMounts = [...(container!.volumeMounts ?? []), ...extraVolumeMounts];
  const pod = mergeValues(
    template.spec!,
    given({ securityContext, nodeSelector, tolerations, affinity, volumes }),
  );
  const { securityContext: ofContainer, resources } = values;
  const tuned = mergeValues(container!, given({ securityContext: ofContainer, resources, volumeMounts }));
  return mergeValues(deployment, {
    spec: { template: { spec: { ...pod, containers: [tuned, ...others] } } },
  });
};

export const isCrd = ({ kind }: UnknownObject): boolean => kind === 'CustomResourceDefinition';

/** The release namespace carries its name only (packaging.md 5). */
export const operatorNamespace: UnknownObject = {
  apiVersion: 'v1',
  kind: 'Namespace',
  metadata: { name: OPERATOR_NAMESPACE },
};

/** The pull secret of all images: user and password, else the docker config given, else `{}` (packaging.md 2.2). */
export const pullSecret = ({ registry, imageCredentials }: ImageValues, app: string): UnknownObject[] => {
  const { createImageCredentials, userName, password, dockerConfigJson } = imageCredentials;
  if (!createImageCredentials) return [];
  const auth = Buffer.from(`${userName}:${password}`).toString('base64');
  const generated = userName && password ? JSON.stringify({ auths: { [registry]: { auth } } }) : '';
  return [
    {
      ...secretObject(OPERATOR_NAMESPACE, PULL_SECRET, 'kubernetes.io/dockerconfigjson', {
        '.dockerconfigjson': generated || dockerConfigJson || '{}',
      }),
      metadata: { name: PULL_SECRET, namespace: OPERATOR_NAMESPACE, labels: { app } },
    },
  ];
};

/** A Secret; `values` are plain text. */
export const secretObject = (
  namespace: string,
  name: string,
  type: string,
  values: Record<string, string>,
): UnknownObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name, namespace },
  type,
  data: Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString('base64')]),
  ),
});

const OVERRIDES = {
  'registration-operator': 'operatorImage',
  registration: 'registrationImage',
  work: 'workImage',
  placement: 'placementImage',
  'addon-manager': 'addOnManagerImage',
} as const;

/** The image of a component: the override, else `<registry>/<component>:<tag>` (packaging.md 2.1). */
export const imageOf = (
  { registry, tag, overrides }: Pick<ImageValues, 'registry' | 'tag' | 'overrides'>,
  component: keyof typeof OVERRIDES,
): string => overrides[OVERRIDES[component]] || `${registry.replace(/\/+$/, '')}/${component}:${tag}`;
