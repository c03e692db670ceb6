import type { UnknownObject } from '../../operators/runtime/client/object.ts';
import {
  BOOTSTRAP_ROLE,
  BOOTSTRAP_SERVICE_ACCOUNT,
  BOOTSTRAP_TOKEN_ID,
  BOOTSTRAP_TOKEN_SECRET,
  CLUSTER_MANAGER,
  OPERATOR_NAMESPACE,
} from '../names.ts';
import { secretObject } from './operator.ts';
import { randomText } from './random.ts';

const RBAC = 'rbac.authorization.k8s.io';
const TOKEN_GROUP = 'system:bootstrappers:managedcluster';

/** Which of the two ways to join a hub offers (packaging.md 2.1). */
export interface BootstrapValues {
  createBootstrapSA: boolean;
  createBootstrapToken: boolean;
}

/** The identities that join with what init hands out; the API server names a bootstrap token by its id. */
export const bootstrapUsers = ({ createBootstrapSA, createBootstrapToken }: BootstrapValues): string[] => [
  ...(createBootstrapToken ? [`system:bootstrap:${BOOTSTRAP_TOKEN_ID}`] : []),
  ...(createBootstrapSA ? [`system:serviceaccount:${OPERATOR_NAMESPACE}:${BOOTSTRAP_SERVICE_ACCOUNT}`] : []),
];

/**
 * What clusters need to ask for admission (packaging.md 2.2).
 * @param tokenSecret the secret half of the bootstrap token; a new one is drawn without it
 */
export const bootstrapObjects = (values: BootstrapValues, tokenSecret?: string): UnknownObject[] => [
  ...(values.createBootstrapSA || values.createBootstrapToken ? [role] : []),
  ...(values.createBootstrapSA ? [serviceAccount, serviceAccountBinding] : []),
  ...(values.createBootstrapToken ? [tokenObject(tokenSecret ?? randomText(16)), tokenBinding] : []),
];

const rule = (apiGroup: string, resource: string, verbs: string[]) => ({
  apiGroups: [apiGroup],
  resources: [resource],
  verbs,
});

const role: UnknownObject = {
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRole',
  metadata: { name: BOOTSTRAP_ROLE },
  rules: [
    rule('', 'configmaps', ['get']),
    rule('certificates.k8s.io', 'certificatesigningrequests', ['create', 'get', 'list', 'watch']),
    rule('cluster.open-cluster-management.io', 'managedclusters', ['get', 'create', 'list', 'watch']),
    rule('cluster.open-cluster-management.io', 'managedclustersets/join', ['create']),
  ],
};

const serviceAccount: UnknownObject = {
  apiVersion: 'v1',
  kind: 'ServiceAccount',
  metadata: { name: BOOTSTRAP_SERVICE_ACCOUNT, namespace: OPERATOR_NAMESPACE },
};

const binding = (name: string, subject: object): UnknownObject => ({
  apiVersion: `${RBAC}/v1`,
  kind: 'ClusterRoleBinding',
  metadata: { name: `${BOOTSTRAP_ROLE}:${name}` },
  roleRef: { apiGroup: RBAC, kind: 'ClusterRole', name: BOOTSTRAP_ROLE },
  subjects: [subject],
});

const serviceAccountBinding = binding('agent-registration', {
  kind: 'ServiceAccount',
  name: BOOTSTRAP_SERVICE_ACCOUNT,
  namespace: OPERATOR_NAMESPACE,
});

const tokenBinding = binding('managedcluster', { apiGroup: RBAC, kind: 'Group', name: TOKEN_GROUP });

const tokenObject = (secret: string): UnknownObject => {
  const { name, namespace } = BOOTSTRAP_TOKEN_SECRET;
  return {
    ...secretObject(namespace, name, 'bootstrap.kubernetes.io/token', {
      'token-id': BOOTSTRAP_TOKEN_ID,
      'token-secret': secret,
      'usage-bootstrap-authentication': 'true',
      'auth-extra-groups': TOKEN_GROUP,
    }),
    metadata: { name, namespace, labels: { app: CLUSTER_MANAGER } },
  };
};
