import { clusterProfileCondition, managedClusterCondition } from '../../../api/conditions.ts';
import type {
  ManagedCluster,
  ManagedClusterSet,
  ManagedClusterSetBinding,
} from '../../../api/generated/cluster.ts';
import type { ClusterProfile } from '../../../api/generated/multicluster.ts';
import { clusterProfileManager, label } from '../../../api/names.ts';
import { setsOf } from '../../../fleet/cluster-sets/membership.ts';
import { findCondition, isTrue, setCondition } from '../../../runtime/controller/conditions.ts';

/** Condition of a binding whose set exists. */
const bound = 'Bound';

/** The clusters that the bindings of one namespace show there (registration.md 4.13). */
export const clustersShown = (
  bindings: readonly ManagedClusterSetBinding[],
  sets: readonly ManagedClusterSet[],
  clusters: readonly ManagedCluster[],
): string[] => {
  const shown = new Set(
    bindings.filter(({ status }) => isTrue(status?.conditions, bound)).map(({ spec }) => spec?.clusterSet),
  );
  const open = sets.filter(({ metadata }) => shown.has(metadata.name));
  return clusters
    .filter((cluster) => cluster.metadata.deletionTimestamp === undefined && setsOf(cluster, open).length > 0)
    .map(({ metadata }) => metadata.name);
};

export const profileLabels = (cluster: ManagedCluster | string): Record<string, string> => {
  const name = typeof cluster === 'string' ? cluster : cluster.metadata.name;
  const set = typeof cluster === 'string' ? undefined : (cluster.metadata.labels?.[label.clusterSet] ?? '');
  return {
    [label.clusterProfileManager]: clusterProfileManager,
    [label.clusterName]: name,
    ...(set === undefined ? {} : { [label.clusterProfileSet]: set }),
  };
};

export const newProfile = (cluster: string, namespace: string): ClusterProfile => ({
  metadata: { name: cluster, namespace, labels: profileLabels(cluster) },
  spec: { displayName: cluster, clusterManager: { name: clusterProfileManager } },
});

/** Whether a profile is this hub's to keep. */
export const isOurs = ({ spec }: ClusterProfile): boolean =>
  spec?.clusterManager?.name === clusterProfileManager;

export const clusterOfProfile = ({ metadata }: ClusterProfile): string =>
  metadata.labels?.[label.clusterName] || metadata.name;

const copied = [
  [managedClusterCondition.available.type, clusterProfileCondition.controlPlaneHealthy.type],
  [managedClusterCondition.joined.type, clusterProfileCondition.joined.type],
] as const;

/** What a profile says of its cluster. */
export const profileStatus = (
  profile: ClusterProfile,
  { status }: ManagedCluster,
): ClusterProfile['status'] => {
  let conditions = profile.status?.conditions;
  for (const [from, type] of copied) {
    const condition = findCondition(status?.conditions, from);
    if (condition) {
      const { status: value, reason, message } = condition;
      conditions = setCondition(conditions, { type, status: value, reason, message });
    }
  }
  return {
    ...profile.status,
    conditions,
    version: { ...profile.status?.version, kubernetes: status?.version?.kubernetes },
    properties: (status?.clusterClaims ?? []).map(({ name = '', value = '' }) => ({ name, value })),
  };
};
