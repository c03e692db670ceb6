/**
 * Condition types and, for each, its reasons (operator.md 2.2, 3.3, 5.8; registration.md 8; work.md 3, 4 and 6;
 * placement.md 10; addon.md 10).
 */

/** A condition type together with the reasons that its writers give. */
export interface ConditionNames<Type extends string, Reason extends string> {
  readonly type: Type;
  readonly reason: { readonly [R in Reason]: R };
}

const condition = <Type extends string, Reason extends string>(
  type: Type,
  ...reasons: readonly Reason[]
): ConditionNames<Type, Reason> => ({
  type,
  reason: Object.fromEntries(reasons.map((reason) => [reason, reason])) as { readonly [R in Reason]: R },
});

/** Of a ClusterManager and of a Klusterlet. */
const validFeatureGates = condition(
  'ValidFeatureGates',
  'FeatureGatesAllValid',
  'InvalidFeatureGatesExisting',
);

/** Of both, and only when something of the spec is or was left out. */
const validConfiguration = condition('ValidConfiguration', 'ConfigurationAllValid', 'InvalidValuesIgnored');

/** Why the images of a ClusterManager or Klusterlet cannot be installed with the bundles that an operator has. */
export const versionRefusals = [
  'UnknownBundleVersion',
  'ComponentVersionsTooFarApart',
  'KubernetesVersionUnsupported',
  'DowngradeRefused',
  'UpgradeUnsupported',
] as const;
export type VersionRefusal = (typeof versionRefusals)[number];

/** Conditions of a ClusterManager (operator.md 2.2 and 4.8). */
export const clusterManagerCondition = {
  applied: condition(
    'Applied',
    'ClusterManagerApplied',
    'CRDApplyFailed',
    'HubResourceApplyFailed',
    'ServiceAccountSyncFailed',
    'RuntimeResourceApplyFailed',
    'WebhookApplyFailed',
    'RegistrationDriverInvalid',
    ...versionRefusals,
  ),
  progressing: condition(
    'Progressing',
    'ClusterManagerDeploymentRolling',
    'ClusterManagerUpToDate',
    'ClusterManagerDeleting',
  ),
  registrationDegraded: condition(
    'HubRegistrationDegraded',
    'GetRegistrationDeploymentFailed',
    'UnavailableRegistrationPod',
    'RegistrationFunctional',
  ),
  placementDegraded: condition(
    'HubPlacementDegraded',
    'GetPlacementDeploymentFailed',
    'UnavailablePlacementPod',
    'PlacementFunctional',
    'PlacementNotInBundle',
  ),
  /** Not a condition of the published operator, which says nothing of the add-on manager. */
  addOnManagerDegraded: condition(
    'HubAddOnManagerDegraded',
    'GetAddOnManagerDeploymentFailed',
    'UnavailableAddOnManagerPod',
    'AddOnManagerFunctional',
    'AddOnManagerNotInBundle',
    'AddOnManagementDisabled',
  ),
  validFeatureGates,
  validConfiguration,
  migrationSucceeded: condition(
    'MigrationSucceeded',
    'StorageVersionMigrationSucceed',
    'StorageVersionMigrationFailed',
    'StorageVersionMigrationProcessing',
  ),
} as const;

/** Conditions of a Klusterlet (operator.md 3.3 and 5.8). */
export const klusterletCondition = {
  readyToApply: condition('ReadyToApply', 'KlusterletPrepared', 'KlusterletPrepareFailed'),
  applied: condition(
    'Applied',
    'KlusterletApplied',
    'CRDApplyFailed',
    'ManagedClusterResourceApplyFailed',
    'ManagementClusterResourceApplyFailed',
    'KlusterletApplyFailed',
    'TLSProfileInvalid',
    ...versionRefusals,
  ),
  progressing: condition('Progressing', 'KlusterletDeploymentRolling', 'KlusterletUpToDate'),
  available: condition('Available', 'KlusterletAvailable', 'GetDeploymentFailed', 'NoAvailablePods'),
  registrationDegraded: condition(
    'RegistrationDesiredDegraded',
    'GetDeploymentFailed',
    'UnavailablePods',
    'DeploymentsFunctional',
  ),
  workDegraded: condition(
    'WorkDesiredDegraded',
    'GetDeploymentFailed',
    'UnavailablePods',
    'DeploymentsFunctional',
  ),
  /** When True its reason is `<bootstrap reason>,<hub reason>`. */
  hubConnectionDegraded: condition(
    'HubConnectionDegraded',
    'HubConnectionFunctional',
    'HubKubeConfigSecretMissing',
    'HubKubeConfigMissing',
    'HubKubeConfigError',
    'ClusterNameMissing',
    'HubKubeConfigUnauthorized',
    'BootstrapSecretMissing',
    'BootstrapSecretError',
    'BootstrapSecretUnauthorized',
    'BootstrapSecretFunctional',
  ),
  /** Of a Klusterlet that leaves, and only while its managed cluster keeps it from that; not of the published operator. */
  deleting: condition('Deleting', 'ManagedClusterUnreachable', 'ManagedClusterRefused'),
  validFeatureGates,
  validConfiguration,
} as const;

const certificateRotated = condition(
  'ClusterCertificateRotated',
  'ClientCertificateUpdated',
  'ClientCertificateUpdateFailed',
);

/** Conditions of a ManagedCluster (registration.md 8 and 4.14). */
export const managedClusterCondition = {
  hubAccepted: condition(
    'HubAcceptedManagedCluster',
    'HubClusterAdminAccepted',
    'HubClusterAdminDenied',
    'Error',
  ),
  joined: condition('ManagedClusterJoined', 'ManagedClusterJoined'),
  available: condition(
    'ManagedClusterConditionAvailable',
    'ManagedClusterAvailable',
    'ManagedClusterKubeAPIServerUnavailable',
    'ManagedClusterLeaseUpdateStopped',
  ),
  clockSynced: condition(
    'ManagedClusterConditionClockSynced',
    'ManagedClusterClockSynced',
    'ManagedClusterClockOutOfSync',
  ),
  certificateRotated,
  deleting: condition('Deleting', 'ResourceRemaining', 'DeletingError', 'NoResource'),
  importSucceeded: condition(
    'ManagedClusterImportSucceeded',
    'ImportSucceed',
    'ImportFailed',
    'ConfigRendererFailed',
    'KubeConfigNotFound',
    'KubeConfigGetFailed',
  ),
} as const;

/** Condition of one entry of a ManagedCluster's `status.managedNamespaces`. */
export const managedNamespaceCondition = {
  available: condition('NamespaceAvailable', 'NamespaceApplied', 'NamespaceApplyFailed'),
} as const;

export const managedClusterSetCondition = {
  empty: condition('ClusterSetEmpty', 'NoClusterMatched', 'ClustersSelected'),
} as const;

export const managedClusterSetBindingCondition = {
  bound: condition('Bound', 'ClusterSetBound', 'ClusterSetNotFound'),
} as const;

/** Conditions of one progression of a ClusterManagementAddOn's status, which is that of one placement (addon.md 10). */
export const clusterManagementAddOnCondition = {
  progressing: condition('Progressing', 'Progressing', 'Completed'),
  /** Only while a placement cannot be relied on, and add-ons stay therefore; not of the published add-on manager. */
  placementUsable: condition(
    'PlacementUsable',
    'PlacementNotFound',
    'PlacementMisconfigured',
    'PlacementEmpty',
    'RolloutStrategyInvalid',
  ),
} as const;

const manifestAppliedReasons = [
  'AddonManifestApplied',
  'AddonManifestAppliedFailed',
  'ManifestWorkApplyFailed',
] as const;

/** Conditions of a ManagedClusterAddOn (addon.md 10; registration.md 3.13, 4.11 and 5.4). */
export const managedClusterAddOnCondition = {
  configured: condition('Configured', 'ConfigurationsConfigured', 'ConfigurationsNotConfigured'),
  progressing: condition(
    'Progressing',
    'Progressing',
    'Completed',
    'WaitingForManifestApplied',
    'WaitingForHostingManifestApplied',
    'ConfigurationUnsupported',
    'Failed',
  ),
  registrationApplied: condition(
    'RegistrationApplied',
    'SetPermissionApplied',
    'NilRegistration',
    'SetPermissionFailed',
    'PermissionConfigPending',
  ),
  manifestApplied: condition('ManifestApplied', ...manifestAppliedReasons),
  hostingManifestApplied: condition('HostingManifestApplied', ...manifestAppliedReasons),
  hostingClusterValidity: condition('HostingClusterValidity', 'HostingClusterValid', 'HostingClusterInvalid'),
  hookCompleted: condition('HookManifestCompleted', 'HookManifestIsCompleted', 'HookManifestIsNotCompleted'),
  available: condition(
    'Available',
    'ManagedClusterAddOnLeaseUpdated',
    'ManagedClusterAddOnLeaseUpdateStopped',
    'ManagedClusterAddOnLeaseNotFound',
    'WorkApplied',
    'WorkNotFound',
    'WorkNotApplied',
    'NoProbeResult',
    'ProbeUnavailable',
    'ProbeAvailable',
  ),
  certificateRotated,
  tokenRefreshed: condition('TokenRefreshed', 'AddonTokenRefreshed', 'TokenCreationFailed'),
  /** Written by the add-on manager; its message carries the UID of the ServiceAccount. */
  tokenInfrastructureReady: condition(
    'TokenInfrastructureReady',
    'TokenInfrastructureReady',
    'TokenInfrastructureApplyFailed',
  ),
} as const;

/** Conditions of a ClusterProfile, copied from its ManagedCluster. */
export const clusterProfileCondition = {
  controlPlaneHealthy: condition('ControlPlaneHealthy'),
  joined: condition('Joined'),
} as const;

/** Conditions of a ManifestWork as a whole (work.md 3.3.2, 4.4 and 5.1); rules may add types of their own. */
export const manifestWorkCondition = {
  applied: condition('Applied', 'AppliedManifestWorkComplete', 'AppliedManifestWorkFailed'),
  available: condition('Available', 'ResourcesAvailable', 'ResourcesNotAvailable', 'ResourcesStatusUnknown'),
  complete: condition('Complete', 'ConditionRulesAggregated'),
  progressing: condition('Progressing', 'ConditionRulesAggregated'),
  degraded: condition('Degraded', 'ConditionRulesAggregated'),
  deleting: condition('Deleting', 'WorkDeleting'),
  /** Never stored: by it an agent tells a gRPC server that nothing is left of a work (work.md 9). */
  deleted: condition('Deleted', 'ManifestsDeleted'),
} as const;

/** Conditions of one manifest of a ManifestWork (work.md 3.3.2, 4.1 and 4.2). */
export const manifestCondition = {
  applied: condition(
    'Applied',
    'AppliedManifestComplete',
    'AppliedManifestSSAIgnoreFieldError',
    'AppliedManifestFailed',
  ),
  available: condition(
    'Available',
    'ResourceAvailable',
    'ResourceNotAvailable',
    'FetchingResourceFailed',
    'IncompleteResourceMeta',
  ),
  statusFeedbackSynced: condition(
    'StatusFeedbackSynced',
    'NoStatusFeedbackSynced',
    'StatusFeedbackSynced',
    'StatusFeedbackSyncFailed',
  ),
} as const;

/** Every reason that comes from a condition rule starts with this; that is how outdated ones are found. */
export const conditionRulePrefix = 'ConditionRule';

/** Reasons of conditions that rules define (work.md 4.3 and 4.4). */
export const conditionRuleReason = {
  evaluated: 'ConditionRuleEvaluated',
  expressionError: 'ConditionRuleExpressionError',
  internalError: 'ConditionRuleInternalError',
  invalid: 'ConditionRuleInvalid',
  aggregated: 'ConditionRulesAggregated',
} as const;

/** Conditions of a ManifestWorkReplicaSet (work.md 6.3 and 6.5). */
export const manifestWorkReplicaSetCondition = {
  placementVerified: condition(
    'PlacementVerified',
    'AsExpected',
    'NotAsExpected',
    'PlacementDecisionNotFound',
    'PlacementDecisionEmpty',
  ),
  placementRolledOut: condition('PlacementRolledOut', 'Complete', 'Progressing'),
  manifestWorkApplied: condition(
    'ManifestworkApplied',
    'AsExpected',
    'NotAsExpected',
    'Processing',
    'PlacementDecisionEmpty',
  ),
} as const;

/** Conditions of a Placement (placement.md 10). */
export const placementCondition = {
  /** Reason Misconfigured is not of the published scheduler, which can be satisfied with what is misconfigured. */
  satisfied: condition(
    'PlacementSatisfied',
    'NoManagedClusterSetBindings',
    'NoIntersection',
    'AllManagedClusterSetsEmpty',
    'NoManagedClusterMatched',
    'NotAllDecisionsScheduled',
    'AllDecisionsScheduled',
    'Misconfigured',
  ),
  misconfigured: condition('PlacementMisconfigured', 'Misconfigured', 'Succeedconfigured'),
} as const;
