/** Users and groups by which hub RBAC knows agents (registration.md 0.1), and the names of that RBAC (4.2). */

/** Prefix of users and groups that the csr and grpc drivers issue. */
export const subjectPrefix = 'system:open-cluster-management:';

/** The group of every agent of every cluster. */
export const managedClustersGroup = `${subjectPrefix}managed-clusters`;

/** The group of the agents of one cluster. */
export const clusterGroup = (cluster: string) => `${subjectPrefix}${cluster}`;

/** The same for the awsirsa driver, since EKS forbids names that start with `system:`. */
export const awsClusterGroup = (cluster: string) => `open-cluster-management:${cluster}`;

/** Whether these groups are those of an agent of this cluster. */
export const isAgentOf = (cluster: string, groups: readonly string[] = []): boolean =>
  groups.includes(clusterGroup(cluster)) || groups.includes(awsClusterGroup(cluster));

/** Common name in the certificate of one agent. */
export const agentUser = (cluster: string, agent: string) => `${clusterGroup(cluster)}:${agent}`;

/** Default group of the agents of an add-on on one cluster. */
export const addonGroup = (cluster: string, addon: string) =>
  `${subjectPrefix}cluster:${cluster}:addon:${addon}`;

/** Default user of an add-on's agent; the last part is the add-on's name, whatever agent asks. */
export const addonUser = (cluster: string, addon: string) => addonAgentUser(cluster, addon, addon);

/** User of one of the agents of an add-on, where its manager tells several apart. */
export const addonAgentUser = (cluster: string, addon: string, agent: string) =>
  `${addonGroup(cluster, addon)}:agent:${agent}`;

/** Group of the agents of an add-on on all clusters. */
export const addonFleetGroup = (addon: string) => `${subjectPrefix}addon:${addon}`;

/** Group of everybody whom the API server knows. */
export const authenticatedGroup = 'system:authenticated';

/** User name of a ServiceAccount. */
export const serviceAccountUser = (namespace: string, name: string) =>
  `system:serviceaccount:${namespace}:${name}`;

/** Groups that Kubernetes gives to every token of a ServiceAccount in `namespace`. */
export const serviceAccountGroups = (namespace: string) => [
  'system:serviceaccounts',
  'system:authenticated',
  `system:serviceaccounts:${namespace}`,
];

/** ClusterRoles common to all clusters, bound in each cluster's namespace. */
export const commonClusterRole = {
  registration: 'open-cluster-management:managedcluster:registration',
  work: 'open-cluster-management:managedcluster:work',
} as const;

/** ClusterRole and ClusterRoleBinding of one cluster. */
export const clusterRoleOf = (cluster: string) => `open-cluster-management:managedcluster:${cluster}`;

/** RoleBindings of one cluster, in its namespace. */
export const registrationRoleBindingOf = (cluster: string) => `${clusterRoleOf(cluster)}:registration`;
export const workRoleBindingOf = (cluster: string) => `${clusterRoleOf(cluster)}:work`;

/** Resources that exist in RBAC rules and access reviews only: no API server serves them. */
export const virtualResource = {
  /** Verb `update`: set `hubAcceptsClient`. */
  accept: {
    group: 'register.open-cluster-management.io',
    resource: 'managedclusters',
    subresource: 'accept',
    verb: 'update',
  },
  /** Verb `renew`: have a client certificate renewed without a human. */
  renew: {
    group: 'register.open-cluster-management.io',
    resource: 'managedclusters',
    subresource: 'clientcertificates',
    verb: 'renew',
  },
  /** Verb `create`: put a cluster into a cluster set. */
  join: {
    group: 'cluster.open-cluster-management.io',
    resource: 'managedclustersets',
    subresource: 'join',
    verb: 'create',
  },
  /** Verb `create`: bind a cluster set to a namespace. */
  bind: {
    group: 'cluster.open-cluster-management.io',
    resource: 'managedclustersets',
    subresource: 'bind',
    verb: 'create',
  },
  /** Verb `execute-as` on a user's name: create a ManifestWork that this user executes. */
  executeAs: {
    group: 'work.open-cluster-management.io',
    resource: 'manifestworks',
    subresource: '',
    verb: 'execute-as',
  },
} as const;
