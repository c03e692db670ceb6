/**
 * The names that hub, agents, add-ons, charts and users agree on: labels, annotations, finalizers, namespaces,
 * secrets, identities (registration.md 0.1, operator.md 2.6 and 6, work.md 2.5). All of them are contract: a peer of
 * another implementation matches them character by character.
 */

/** API groups. `register` has no kinds: it exists for RBAC rules only. */
export const group = {
  about: 'about.k8s.io',
  addon: 'addon.open-cluster-management.io',
  cluster: 'cluster.open-cluster-management.io',
  multicluster: 'multicluster.x-k8s.io',
  operator: 'operator.open-cluster-management.io',
  register: 'register.open-cluster-management.io',
  work: 'work.open-cluster-management.io',
} as const;

/** Label keys. */
export const label = {
  /** The ManagedCluster that an object on the hub belongs to. */
  clusterName: 'open-cluster-management.io/cluster-name',
  /** The add-on that an object on the hub belongs to. */
  addonName: 'open-cluster-management.io/addon-name',
  /** On a ManifestWork in another namespace than that of its add-on: the add-on's. */
  namespaceOfAddon: 'open-cluster-management.io/addon-namespace',
  /** On what the add-on manager made for an add-on of a template; empty. */
  addonTemplateName: 'open-cluster-management.io/addon-template-name',
  /** `"true"` on what the add-on manager made so that an add-on's agent can get tokens. */
  tokenInfrastructure: 'addon.open-cluster-management.io/token-infrastructure',
  /** The add-on that such an object is for. */
  tokenAddon: 'addon.open-cluster-management.io/name',
  /** The exclusive cluster set of a ManagedCluster. */
  clusterSet: 'cluster.open-cluster-management.io/clusterset',
  /** A ClusterClaim or ClusterProperty that stays on the managed cluster, whatever the value. */
  spokeOnly: 'open-cluster-management.io/spoke-only',
  /** The ClusterManager that deployed an object. */
  createdByClusterManager: 'open-cluster-management.io/created-by-clustermanager',
  /** The Klusterlet that deployed an object. */
  createdByKlusterlet: 'open-cluster-management.io/created-by-klusterlet',
  /** The Klusterlet whose agent namespace a Namespace is. */
  klusterlet: 'operator.open-cluster-management.io/klusterlet',
  /** `"true"` on a Namespace that wants the image pull secret and the TLS profile of the operator. */
  addonNamespace: 'addon.open-cluster-management.io/namespace',
  /** `"true"` on a ClusterRole whose rules the work agent receives. */
  aggregateToWork: 'open-cluster-management.io/aggregate-to-work',
  /** `<namespace>.<name>` of the ManifestWorkReplicaSet that made a ManifestWork. */
  manifestWorkReplicaSet: 'work.open-cluster-management.io/manifestworkreplicaset',
  /** The Placement through which a ManifestWorkReplicaSet made a ManifestWork. */
  placementName: 'work.open-cluster-management.io/placementname',
  /** The Placement that a PlacementDecision belongs to. */
  placement: 'cluster.open-cluster-management.io/placement',
  decisionGroupName: 'cluster.open-cluster-management.io/decision-group-name',
  decisionGroupIndex: 'cluster.open-cluster-management.io/decision-group-index',
  /** The manager of a ClusterProfile, {@link clusterProfileManager} for ours. */
  clusterProfileManager: 'x-k8s.io/cluster-manager',
  clusterProfileSet: 'multicluster.x-k8s.io/clusterset',
} as const;

/** The label by which the hub shows the health of one add-on on its ManagedCluster (registration.md 4.11). */
export const addonFeatureLabelPrefix = 'feature.open-cluster-management.io/addon-';
export const addonFeatureLabel = (addon: string) => `${addonFeatureLabelPrefix}${addon}`;

export const managedNamespaceLabelPrefix = 'clusterset.open-cluster-management.io/';
/**
 * The label of namespaces that a cluster set manages on the managed cluster. A label name holds 63 characters, hence
 * the cut.
 * @param hubHash lower-case hex SHA-256 of the hub's server URL
 */
export const managedNamespaceLabel = (hubHash: string) =>
  `${managedNamespaceLabelPrefix}${hubHash.slice(0, 63)}`;

/** Value of {@link label.clusterProfileManager} and `spec.clusterManager.name` of our ClusterProfiles. */
export const clusterProfileManager = 'open-cluster-management';

/** Labels whose keys start with this are ours: never copied from a CR to its operands (operator.md 2.6). */
export const reservedLabelPrefix = 'open-cluster-management.io';

/** Annotation keys. */
export const annotation = {
  /** RFC 3339 time at which the hub accepted the cluster by itself; present means: never do it again. */
  automaticallyAccepted: 'open-cluster-management.io/automatically-accepted-on',
  /** `"true"` on a ManagedCluster: its clock is taken for synced, whatever it shows. */
  skipClockSyncCheck: 'registration.open-cluster-management.io/skip-clock-sync-check',
  /**
   * On an AppliedManifestWork: `held` where the hub lost its work by being set back, `confirmed` once somebody says that what
   * the hub does not know any more is to go.
   */
  eviction: 'work.open-cluster-management.io/eviction',
  /** On an AppliedManifestWork: the resource version of its work, on the hub, when it was made. */
  hubVersion: 'work.open-cluster-management.io/hub-version',
  /** Integer 0 to 100: objects of a removed cluster with the lowest number are deleted first. */
  cleanupPriority: 'open-cluster-management.io/cleanup-priority',
  /** `"false"`: the controllers leave the default and global cluster sets as edited. */
  autoUpdate: 'cluster.open-cluster-management.io/autoupdate',
  /** `"true"` on a Placement: its decisions and status are left as they are. */
  /** `"true"` on a Placement: clusters stay in their decision groups as far as the lengths of these allow. */
  stableDecisionGroups: 'cluster.open-cluster-management.io/stable-decision-groups',
  schedulingDisabled: 'cluster.open-cluster-management.io/experimental-scheduling-disable',
  managedClusterArn: 'agent.open-cluster-management.io/managed-cluster-arn',
  managedClusterRoleSuffix: 'agent.open-cluster-management.io/managed-cluster-iam-role-suffix',
  /** The managed cluster on which a hosted add-on agent runs. */
  hostingCluster: 'addon.open-cluster-management.io/hosting-cluster-name',
  /** On manifests of a hosted add-on: `managed`, `hosting` or `none`, where they are applied. */
  hostedManifestLocation: 'addon.open-cluster-management.io/hosted-manifest-location',
  /** On Jobs and Pods among the manifests of an add-on: they run before it is removed, and not before. */
  addonPreDelete: 'addon.open-cluster-management.io/addon-pre-delete',
  /** On an add-on of a cluster, or on the cluster: for how long after its deletion its hooks are waited for, as in `10m`. */
  addonPreDeleteTimeout: 'addon.open-cluster-management.io/pre-delete-timeout',
  /** On manifests of an add-on: their objects stay when it goes. */
  deletionOrphan: 'addon.open-cluster-management.io/deletion-orphan',
  /** JSON object of values for the manifests of an add-on. */
  addonValues: 'addon.open-cluster-management.io/values',
  /** Where v1beta1 add-ons keep the `spec.installNamespace` of v1alpha1. */
  addonInstallNamespace: 'addon.open-cluster-management.io/v1alpha1-install-namespace',
  /** Where v1beta1 add-ons keep what only v1alpha1 has of `status.registrations`, as JSON. */
  addonRegistrations: 'conversion.open-cluster-management.io/v1alpha1-registrations',
  /** Who manages a ClusterManagementAddOn beside the add-on's own manager: `addon-manager`, or `self`. */
  addonLifecycle: 'addon.open-cluster-management.io/lifecycle',
  /** On a ManagedCluster: JSON that says where images are pulled from instead. */
  imageRegistries: 'open-cluster-management.io/image-registries',
  /** On a ManagedCluster: no add-on is installed there because a placement selects it. */
  disableAddonInstallation: 'addon.open-cluster-management.io/disable-automatic-installation',
  /** `<namespace>/<name>` of the Cluster API object behind a ManagedCluster. */
  capiCluster: 'cluster.x-k8s.io/cluster',
  /** The caller on whose behalf the gRPC server created a CSR. */
  csrUser: 'open-cluster-management.io/csr-user',
  /** Numeric version of the operator that last wrote a CRD. */
  operatorVersion: 'operator.open-cluster-management.io/version',
  /** RFC 3339 time since when a leaving Klusterlet's managed cluster has been out of reach. */
  evictionTimestamp: 'operator.open-cluster-management.io/managed-resources-eviction-timestamp',
  /** RFC 3339 time since when a leaving Klusterlet's managed cluster has refused its credential. */
  refusedSince: 'operator.open-cluster-management.io/managed-cluster-refused-since',
  /** On CRDs that go: when they were last changed so that the API server goes on removing them. */
  deletionRetriedAt: 'operator.open-cluster-management.io/deletion-retried-at',
  /** Hex SHA-256 of the JSON of the spec that was last applied. */
  specHash: 'operator.openshift.io/spec-hash',
  /** On Pod templates: uid of the ServiceAccount whose tokens the Pods use. */
  serviceAccountUid: 'operator.open-cluster-management.io/service-account-uid',
  eksRoleArn: 'eks.amazonaws.com/role-arn',
  workloadAllowed: 'workload.openshift.io/allowed',
  workloadManagement: 'target.workload.openshift.io/management',
  /** On applied objects: hash of what `ignoreFields` leaves of them (work.md 3.5.4). On works: of what configures an add-on. */
  configSpecHash: 'open-cluster-management.io/config-spec-hash',
} as const;

/** Annotations with this prefix pass from Klusterlet and agent to the ManagedCluster: a plain `startsWith`. */
export const agentAnnotationPrefix = 'agent.open-cluster-management.io';
/** `logging.open-cluster-management.io/<key>` on a ManifestWork adds its value to log records as `<key>`. */
export const loggingAnnotationPrefix = 'logging.open-cluster-management.io/';

/** Finalizers. */
export const finalizer = {
  clusterManager: 'operator.open-cluster-management.io/cluster-manager-cleanup',
  klusterlet: 'operator.open-cluster-management.io/klusterlet-cleanup',
  /** Something of a hosted Klusterlet may exist on the managed cluster. */
  klusterletHosted: 'operator.open-cluster-management.io/klusterlet-hosted-cleanup',
  /** On a ManagedCluster: its permissions on the hub still exist. */
  managedCluster: 'cluster.open-cluster-management.io/api-resource-cleanup',
  /** On a ManagedCluster: add-ons and works in its namespace still exist. */
  managedClusterResources: 'cluster.open-cluster-management.io/resource-cleanup',
  /** On a ManifestWork, by its agent; on the work RoleBinding of a cluster, by the hub. */
  manifestWork: 'cluster.open-cluster-management.io/manifest-work-cleanup',
  appliedManifestWork: 'cluster.open-cluster-management.io/applied-manifest-work-cleanup',
  manifestWorkReplicaSet: 'work.open-cluster-management.io/manifest-work-cleanup',
  /** On a ManagedClusterAddOn: its hooks are to run on the managed cluster before it goes. */
  addonPreDelete: 'addon.open-cluster-management.io/addon-pre-delete',
  /** The same for hooks on the hosting cluster. */
  addonHostedPreDelete: 'addon.open-cluster-management.io/hosting-addon-pre-delete',
  /** It has works on a hosting cluster. */
  addonHostedWorks: 'addon.open-cluster-management.io/hosting-manifests-cleanup',
} as const;

/** Namespaces with fixed names. */
export const namespace = {
  /** Where both operators are installed. */
  operator: 'open-cluster-management',
  /** Hub operands in Default mode. */
  hub: 'open-cluster-management-hub',
  /** Agents of a Klusterlet that names no namespace. */
  agent: 'open-cluster-management-agent',
  /** Add-on agents that name no namespace. */
  addon: 'open-cluster-management-agent-addon',
} as const;

/** Secrets with fixed names. */
export const secret = {
  /** What the registration agent holds to speak to its hub. */
  hubKubeconfig: 'hub-kubeconfig-secret',
  /** What the user supplies to join. */
  bootstrapHubKubeconfig: 'bootstrap-hub-kubeconfig',
  externalHubKubeconfig: 'external-hub-kubeconfig',
  externalManagedKubeconfig: 'external-managed-kubeconfig',
  externalManagedKubeconfigRegistration: 'external-managed-kubeconfig-registration',
  externalManagedKubeconfigWork: 'external-managed-kubeconfig-work',
  externalManagedKubeconfigAgent: 'external-managed-kubeconfig-agent',
  imagePull: 'open-cluster-management-image-pull-credentials',
  workDriverConfig: 'work-driver-config',
  signer: 'signer-secret',
  registrationWebhookServingCert: 'registration-webhook-serving-cert',
  workWebhookServingCert: 'work-webhook-serving-cert',
  addonWebhookServingCert: 'addon-webhook-serving-cert',
  grpcServerServingCert: 'grpc-server-serving-cert',
  placementDebugServingCert: 'placement-debug-serving-cert',
  clusterImportConfig: 'cluster-import-config',
} as const;

/** ConfigMaps with fixed names. */
export const configMap = {
  /** Key `ca-bundle.crt`: the authorities behind the webhooks' serving certificates. */
  caBundle: 'ca-bundle-configmap',
  grpcServerConfig: 'grpc-server-config',
  tlsProfile: 'ocm-tls-profile',
} as const;

/** ServiceAccounts of the hub operands and of bootstrap. */
export const serviceAccount = {
  registrationController: 'registration-controller-sa',
  registrationWebhook: 'registration-webhook-sa',
  workController: 'work-controller-sa',
  workWebhook: 'work-webhook-sa',
  placementController: 'placement-controller-sa',
  addonManagerController: 'addon-manager-controller-sa',
  addonWebhook: 'addon-webhook-sa',
  grpcServer: 'grpc-server-sa',
  bootstrap: 'agent-registration-bootstrap',
} as const;

/** The Lease in a cluster's namespace on the hub that its agent renews. */
export const clusterLease = 'managed-cluster-lease';

/** Name of a default configuration in v1beta1 where v1alpha1 supports a kind without a default; no object is meant by it. */
export const noDefaultConfig = '__reserved_no_default__';

/** Certificate signers. */
export const signer = {
  kubeApiServerClient: 'kubernetes.io/kube-apiserver-client',
  grpc: 'open-cluster-management.io/grpc',
} as const;

/** Cluster sets that the hub creates by itself. */
export const clusterSet = { default: 'default', global: 'global' } as const;

/** Taints by which the hub shows a cluster's availability: no value, effect `NoSelect` (registration.md 4.7). */
export const taint = {
  unavailable: 'cluster.open-cluster-management.io/unavailable',
  unreachable: 'cluster.open-cluster-management.io/unreachable',
} as const;

/** Claims that the agent always reports, before the custom ones and outside their limit (registration.md 3.11). */
export const reservedClaims = [
  'id.k8s.io',
  'kubeversion.open-cluster-management.io',
  'platform.open-cluster-management.io',
  'product.open-cluster-management.io',
] as const;

/** Ways for a cluster, and for an add-on's kubeClient registration, to prove who it is. */
export const authType = { csr: 'csr', awsIrsa: 'awsirsa', grpc: 'grpc', token: 'token' } as const;

/**
 * The environment variable by which agents are told the labels of their ManagedCluster, as JSON. Not a flag: agents of the
 * upstream project do not start with a flag that they do not know.
 */
export const clusterLabelsVariable = 'CLUSTER_LABELS';
