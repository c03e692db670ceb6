import { randomInt } from 'node:crypto';
import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import type { ResourceRequirement } from '../resources.ts';
import { imageOf, namespaceObject, operatorObjects, OPERATOR_NAMESPACE, pullSecret } from './operator.ts';

/** The values of the cluster-manager chart, as far as the command line sets them (cli.md 4.5, packaging.md 2.1). */
export interface ClusterManagerValues {
  createNamespace: boolean;
  replicaCount: number;
  images: {
    registry: string;
    tag: string;
    overrides?: Record<string, string>;
    imageCredentials: { dockerConfigJson: string };
  };
  enableSyncLabels: boolean;
  createBootstrapSA: boolean;
  createBootstrapToken: boolean;
  clusterManager: {
    create: boolean;
    mode: string;
    resourceRequirement: ResourceRequirement;
    registrationConfiguration: { featureGates: object[]; registrationDrivers: object[] };
    workConfiguration: Record<string, unknown>;
    addOnManagerConfiguration: Record<string, unknown>;
    placementConfiguration: Record<string, unknown>;
    serverConfiguration?: Record<string, unknown>;
    nodePlacement?: Record<string, unknown>;
  };
}

export const BOOTSTRAP_SERVICE_ACCOUNT = 'agent-registration-bootstrap';
export const BOOTSTRAP_TOKEN_ID = 'ocmhub';
export const CLUSTER_MANAGER = 'cluster-manager';

const BOOTSTRAP_ROLE = 'open-cluster-management:bootstrap';
const RBAC = 'rbac.authorization.k8s.io';

/** All objects of a hub, in the order in which they are applied. */
export const hubObjects = (values: ClusterManagerValues, tokenSecret?: string): UnknownObject[] => [
  ...operatorObjects({
    operator: 'cluster-manager',
    image: imageOf(values.images, 'registration-operator'),
    replicas: values.replicaCount,
    syncLabels: values.enableSyncLabels,
  }),
  ...(values.createNamespace ? [namespaceObject(OPERATOR_NAMESPACE)] : []),
  pullSecret(values.images.imageCredentials.dockerConfigJson, CLUSTER_MANAGER),
  ...bootstrapObjects(values, tokenSecret),
  ...(values.clusterManager.create ? [clusterManagerObject(values)] : []),
];

const clusterManagerObject = ({ images, clusterManager, ...values }: ClusterManagerValues): UnknownObject => {
  const { registrationConfiguration, mode, create: _, ...blocks } = clusterManager;
  return {
    apiVersion: 'operator.open-cluster-management.io/v1',
    kind: 'ClusterManager',
    metadata: { name: CLUSTER_MANAGER },
    spec: {
      deployOption: { mode },
      registrationImagePullSpec: imageOf(images, 'registration'),
      workImagePullSpec: imageOf(images, 'work'),
      placementImagePullSpec: imageOf(images, 'placement'),
      addOnManagerImagePullSpec: imageOf(images, 'addon-manager'),
      registrationConfiguration: { ...registrationConfiguration, autoApproveUsers: autoApproveUsers(values) },
      ...blocks,
    },
  };
};

/** The identities that join with what this command hands out; the API server names a bootstrap token by its id. */
const autoApproveUsers = (
  values: Pick<ClusterManagerValues, 'createBootstrapSA' | 'createBootstrapToken'>,
) => [
  ...(values.createBootstrapToken ? [`system:bootstrap:${BOOTSTRAP_TOKEN_ID}`] : []),
  ...(values.createBootstrapSA
    ? [`system:serviceaccount:${OPERATOR_NAMESPACE}:${BOOTSTRAP_SERVICE_ACCOUNT}`]
    : []),
];

const bootstrapObjects = (values: ClusterManagerValues, tokenSecret?: string): UnknownObject[] => {
  if (!values.createBootstrapSA && !values.createBootstrapToken) return [];
  return [
    bootstrapRole,
    ...(values.createBootstrapSA
      ? [
          {
            apiVersion: 'v1',
            kind: 'ServiceAccount',
            metadata: { name: BOOTSTRAP_SERVICE_ACCOUNT, namespace: OPERATOR_NAMESPACE },
          },
          bootstrapBinding('agent-registration', {
            kind: 'ServiceAccount',
            name: BOOTSTRAP_SERVICE_ACCOUNT,
            namespace: OPERATOR_NAMESPACE,
          }),
        ]
      : []),
    ...(values.createBootstrapToken
      ? [
          bootstrapTokenSecret(tokenSecret ?? randomTokenSecret()),
          bootstrapBinding('managedcluster', {
            apiGroup: RBAC,
            kind: 'Group',
            name: 'system:bootstrappers:managedcluster',
          }),
        ]
      : []),
  ];
};

const bootstrapRole: UnknownObject = {
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRole',
  metadata: { name: BOOTSTRAP_ROLE },
  rules: [
    { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] },
    {
      apiGroups: ['certificates.k8s.io'],
      resources: ['certificatesigningrequests'],
      verbs: ['create', 'get', 'list', 'watch'],
    },
    {
      apiGroups: ['cluster.open-cluster-management.io'],
      resources: ['managedclusters'],
      verbs: ['get', 'create', 'list', 'watch'],
    },
    {
      apiGroups: ['cluster.open-cluster-management.io'],
      resources: ['managedclustersets/join'],
      verbs: ['create'],
    },
  ],
};

const bootstrapBinding = (name: string, subject: object): UnknownObject => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name: `${BOOTSTRAP_ROLE}:${name}` },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: BOOTSTRAP_ROLE },
  subjects: [subject],
});

const bootstrapTokenSecret = (secret: string): UnknownObject => ({
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: {
    name: `bootstrap-token-${BOOTSTRAP_TOKEN_ID}`,
    namespace: 'kube-system',
    labels: { app: CLUSTER_MANAGER },
  },
  type: 'bootstrap.kubernetes.io/token',
  stringData: {
    'token-id': BOOTSTRAP_TOKEN_ID,
    'token-secret': secret,
    'usage-bootstrap-authentication': 'true',
    'auth-extra-groups': 'system:bootstrappers:managedcluster',
  },
});

const ALPHABET = 'abcdefghijklmnopqrstuvwxyz0123456789';

/** Sixteen characters of a bootstrap token's secret half. */
const randomTokenSecret = (): string =>
  Array.from({ length: 16 }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
