import {
  awsClusterGroup,
  clusterGroup,
  clusterRoleOf,
  commonClusterRole,
  registrationRoleBindingOf,
  workRoleBindingOf,
} from '../../../api/identities.ts';
import { finalizer, group, label } from '../../../api/names.ts';
import type {
  ClusterRole,
  ClusterRoleBinding,
  Namespace,
  PolicyRule,
  RoleBinding,
} from '../../../runtime/client/kubernetes.ts';

/** The permissions that the hub gives to agents: what, not how (registration.md 4.2 and 4.3). */

const rule = (
  groups: string[],
  resources: string[],
  verbs: string[],
  resourceNames?: string[],
): PolicyRule => ({
  apiGroups: groups,
  resources,
  ...(resourceNames ? { resourceNames } : {}),
  verbs,
});

/** Rules of one cluster's agents while it is accepted. */
const acceptedRules = (cluster: string): PolicyRule[] => [
  rule(['certificates.k8s.io'], ['certificatesigningrequests'], ['create', 'get', 'list', 'watch']),
  rule([group.register], ['managedclusters/clientcertificates'], ['renew']),
  rule([group.cluster], ['managedclusters'], ['get', 'list', 'update', 'watch'], [cluster]),
  rule([group.cluster], ['managedclusters/status'], ['patch', 'update'], [cluster]),
];

/** Rules of agents that were denied: they may see that they are. */
const deniedRules = (cluster: string): PolicyRule[] => [
  rule([group.cluster], ['managedclusters'], ['get', 'list', 'watch'], [cluster]),
];

const commonRules = {
  registration: [
    rule(['coordination.k8s.io'], ['leases'], ['get', 'list', 'watch', 'update']),
    rule([group.addon], ['managedclusteraddons'], ['get', 'list', 'watch']),
    rule([group.addon], ['managedclusteraddons/status'], ['patch', 'update']),
    rule(['events.k8s.io'], ['events'], ['create']),
  ],
  work: [
    rule(['', 'events.k8s.io'], ['events'], ['create', 'patch', 'update']),
    rule([group.work], ['manifestworks'], ['get', 'list', 'watch', 'update', 'patch']),
    rule([group.work], ['manifestworks/status'], ['patch', 'update']),
  ],
};

export type Labels = Readonly<Record<string, string>>;

const subjects = (cluster: string) =>
  [clusterGroup(cluster), awsClusterGroup(cluster)].map((name) => ({
    apiGroup: 'rbac.authorization.k8s.io',
    kind: 'Group',
    name,
  }));

const refersTo = (name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', name });

const labelled = (cluster: string, extra: Labels): Record<string, string> => ({
  ...extra,
  [label.clusterName]: cluster,
});

export const namespaceOf = (cluster: string, extra: Labels): Namespace => ({
  metadata: { name: cluster, labels: labelled(cluster, extra) },
});

export const clusterRoleFor = (cluster: string, accepted: boolean, extra: Labels): ClusterRole => ({
  metadata: { name: clusterRoleOf(cluster), labels: labelled(cluster, extra) },
  rules: accepted ? acceptedRules(cluster) : deniedRules(cluster),
});

export const clusterRoleBindingFor = (cluster: string, extra: Labels): ClusterRoleBinding => ({
  metadata: { name: clusterRoleOf(cluster), labels: labelled(cluster, extra) },
  roleRef: refersTo(clusterRoleOf(cluster)),
  subjects: subjects(cluster),
});

export const registrationRoleBindingFor = (cluster: string, extra: Labels): RoleBinding => ({
  metadata: {
    name: registrationRoleBindingOf(cluster),
    namespace: cluster,
    labels: labelled(cluster, extra),
  },
  roleRef: refersTo(commonClusterRole.registration),
  subjects: subjects(cluster),
});

/** Its finalizer keeps the work agent's permissions until the last ManifestWork is gone. */
export const workRoleBindingFor = (cluster: string, extra: Labels): RoleBinding => ({
  metadata: {
    name: workRoleBindingOf(cluster),
    namespace: cluster,
    labels: labelled(cluster, extra),
    finalizers: [finalizer.manifestWork],
  },
  roleRef: refersTo(commonClusterRole.work),
  subjects: subjects(cluster),
});

/** The ClusterRoles that all clusters' RoleBindings refer to; the empty label makes them ours. */
export const commonClusterRolesFor = (extra: Labels): ClusterRole[] =>
  (['registration', 'work'] as const).map((which) => ({
    metadata: { name: commonClusterRole[which], labels: labelled('', extra) },
    rules: commonRules[which],
  }));
