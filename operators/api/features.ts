/** Feature gates per component, with their defaults (operator.md 2.4, registration.md 0.3, work.md 1.6). */

/** Gate name → whether it is on unless somebody says otherwise. */
export type FeatureDefaults<Gate extends string = string> = { readonly [G in Gate]: boolean };

/** `registration controller` and `registration webhook-server`. */
export const hubRegistrationFeatures = {
  DefaultClusterSet: true,
  V1beta1CSRAPICompatibility: false,
  ManagedClusterAutoApproval: false,
  ResourceCleanup: true,
  ClusterProfile: false,
  ClusterImporter: false,
} as const satisfies FeatureDefaults;

/** Of these, what no image of this project can do yet: it takes the gate and serves without it. */
export const unavailableRegistrationFeatures: readonly (keyof typeof hubRegistrationFeatures)[] = [
  'ClusterImporter',
];

/** Read by the operators alone, in the registration list of either kind: never a flag of an operand (since-1.3.1 2.1). */
export const operatorFeatures = { NetworkPolicies: false } as const satisfies FeatureDefaults;

/** `work manager` and `work webhook-server`. */
export const hubWorkFeatures = {
  NilExecutorValidating: false,
  ManifestWorkReplicaSet: false,
  CleanUpCompletedManifestWork: false,
  CloudEventsDrivers: false,
} as const satisfies FeatureDefaults;

/** Read by the operator alone: never a flag of the add-on manager. */
export const hubAddonFeatures = { AddonManagement: true } as const satisfies FeatureDefaults;

/** Read by the operator alone: never a flag of the placement controller. */
export const hubPlacementFeatures = { PlacementDebugServer: false } as const satisfies FeatureDefaults;

/** `registration agent`. */
export const spokeRegistrationFeatures = {
  ClusterClaim: true,
  ClusterProperty: false,
  AddonManagement: true,
  V1beta1CSRAPICompatibility: false,
  MultipleHubs: false,
} as const satisfies FeatureDefaults;

/** `work agent`. */
export const spokeWorkFeatures = {
  ExecutorValidatingCaches: false,
  RawFeedbackJsonString: false,
} as const satisfies FeatureDefaults;
