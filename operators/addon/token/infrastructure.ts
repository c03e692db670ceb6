import { managedClusterAddOnCondition } from '../../api/conditions.ts';
import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import { awsClusterGroup, clusterGroup } from '../../api/identities.ts';
import { authType, label, serviceAccount } from '../../api/names.ts';
import type { Role, RoleBinding, ServiceAccount } from '../../runtime/client/kubernetes.ts';
import { labelValue, objectName } from '../../runtime/client/legal-name.ts';
import { type NextCondition, findCondition } from '../../runtime/controller/conditions.ts';

const { tokenInfrastructureReady } = managedClusterAddOnCondition;

/** What an add-on's agent needs on the hub to get tokens there. */
export interface TokenInfrastructure {
  serviceAccount: ServiceAccount;
  role: Role;
  roleBinding: RoleBinding;
}

/**
 * The objects of an add-on in the namespace of its cluster (addon.md 4.7). The hub's gRPC server is bound as well: it asks
 * for the token of a cluster that comes by it (docs/decisions/041-agents-over-grpc.md).
 * @param hubNamespace of that server's account
 */
export const tokenInfrastructure = (
  addon: string,
  cluster: string,
  hubNamespace: string,
): TokenInfrastructure => {
  const labels = { [label.tokenAddon]: labelValue(addon), [label.tokenInfrastructure]: 'true' };
  const account = objectName(`${addon}-agent`);
  const role = objectName(`${addon}-token-role`);
  const metadata = (name: string) => ({ name, namespace: cluster, labels });
  const apiGroup = 'rbac.authorization.k8s.io';
  return {
    serviceAccount: { metadata: metadata(account) },
    role: {
      metadata: metadata(role),
      rules: [
        {
          apiGroups: [''],
          resources: ['serviceaccounts/token'],
          resourceNames: [account],
          verbs: ['create'],
        },
        // Asked about without a name, for a cluster that reaches the hub by gRPC.
        { apiGroups: [''], resources: ['serviceaccounts/token'], verbs: ['subscribe'] },
      ],
    },
    roleBinding: {
      metadata: metadata(role),
      roleRef: { apiGroup, kind: 'Role', name: role },
      subjects: [
        ...[clusterGroup(cluster), awsClusterGroup(cluster)].map((name) => ({
          apiGroup,
          kind: 'Group',
          name,
        })),
        { kind: 'ServiceAccount', name: serviceAccount.grpcServer, namespace: hubNamespace },
      ],
    },
  };
};

/** What is to become of the objects of an add-on. */
export type TokenTask = 'apply' | 'remove' | 'removeAndForget' | 'nothing';

/** What the state of an add-on asks for; undefined when it does not exist (addon.md 4.7). */
export const tokenTask = (addon: ManagedClusterAddOn | undefined): TokenTask => {
  if (!addon) return 'remove';
  const isTold = findCondition(addon.status?.conditions, tokenInfrastructureReady.type) !== undefined;
  if (addon.metadata.deletionTimestamp) return isTold ? 'remove' : 'nothing';
  const first = addon.status?.registrations?.find(({ type }) => type === 'kubeClient');
  if (first?.kubeClient?.driver === authType.token) return 'apply';
  return isTold ? 'removeAndForget' : 'nothing';
};

const { type, reason } = tokenInfrastructureReady;

/** Agents read the UID in the message to find out that the account was made anew. */
export const infrastructureReady = ({ metadata }: ServiceAccount): NextCondition => ({
  type,
  status: 'True',
  reason: reason.TokenInfrastructureReady,
  message: `ServiceAccount ${metadata.namespace}/${metadata.name} (UID: ${metadata.uid}) is ready`,
});

export const infrastructureFailed = (cause: string): NextCondition => ({
  type,
  status: 'False',
  reason: reason.TokenInfrastructureApplyFailed,
  message: `Failed to apply token infrastructure: ${cause}`,
});
