/** Kinds that others depend on come first; the group does not matter (work.md 3.3.1). */
const ranks: readonly (readonly string[])[] = [
  [
    'PriorityClass',
    'Namespace',
    'CustomResourceDefinition',
    'StorageClass',
    'PersistentVolume',
    'PodSecurityPolicy',
  ],
  ['ClusterRole', 'ClusterRoleBinding', 'Role', 'RoleBinding'],
  ['NetworkPolicy', 'ResourceQuota', 'LimitRange', 'PodDisruptionBudget', 'ServiceAccount'],
  ['Secret', 'ConfigMap', 'PersistentVolumeClaim'],
  ['Service'],
  [
    'DaemonSet',
    'Pod',
    'ReplicationController',
    'ReplicaSet',
    'Deployment',
    'HorizontalPodAutoscaler',
    'StatefulSet',
    'Job',
    'CronJob',
  ],
  [
    'APIService',
    'MutatingWebhookConfiguration',
    'ValidatingWebhookConfiguration',
    'ValidatingAdmissionPolicy',
    'ValidatingAdmissionPolicyBinding',
  ],
];

const rankOfKind = new Map(ranks.flatMap((kinds, rank) => kinds.map((kind) => [kind, rank] as const)));
const unknownKind = 1000;
const unparseable = 1001;

/** The place of a kind in the order of application; undefined stands for a manifest that could not be parsed. */
export const rankOf = (kind: string | undefined): number =>
  kind === undefined ? unparseable : (rankOfKind.get(kind) ?? unknownKind);

/** The same items in the order of application; equals keep their order. */
export const inApplyOrder = <T extends { meta: { kind?: string } }>(manifests: readonly T[]): T[] =>
  manifests.toSorted((a, b) => rankOf(a.meta.kind) - rankOf(b.meta.kind));
