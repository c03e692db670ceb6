import type { ManagedCluster, ManagedClusterSet } from '../../api/generated/cluster.ts';
import { label } from '../../api/names.ts';
import { matchesLabels } from '../label-selector.ts';

/** Whether a cluster belongs to a set (registration.md 4.8). Throws when the set's selector makes no sense. */
export const isMember = (cluster: ManagedCluster, set: ManagedClusterSet): boolean => {
  const { selectorType, labelSelector } = set.spec?.clusterSelector ?? {};
  const labels = cluster.metadata.labels ?? {};
  switch (selectorType) {
    case undefined:
    case 'ExclusiveClusterSetLabel':
      return labels[label.clusterSet] === set.metadata.name;
    case 'LabelSelector':
      return labelSelector !== undefined && matchesLabels(labelSelector, labels);
    default:
      if (selectorType === '') return labels[label.clusterSet] === set.metadata.name;
      throw new Error(`selectorType is not right: ${String(selectorType)}`);
  }
};

export const membersOf = (set: ManagedClusterSet, clusters: readonly ManagedCluster[]): ManagedCluster[] =>
  clusters.filter((cluster) => isMember(cluster, set));

/** The sets that a cluster belongs to; a set whose selector makes no sense holds up none of the others (D9). */
export const setsOf = (
  cluster: ManagedCluster,
  sets: readonly ManagedClusterSet[],
  onInvalid: (set: ManagedClusterSet, error: Error) => void = () => {},
): ManagedClusterSet[] =>
  sets.filter((set) => {
    try {
      return isMember(cluster, set);
    } catch (error) {
      onInvalid(set, error as Error);
      return false;
    }
  });
