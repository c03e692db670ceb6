import type { ClusterSelector, ManagedCluster, ManagedClusterSet } from '../../api/generated/cluster.ts';
import { label } from '../../api/names.ts';
import { selectorOf } from '../label-selector.ts';

/** The API server takes two types today; what it stored may be older or newer. */
type Selector = Partial<Omit<ClusterSelector, 'selectorType'>> & { selectorType?: string };

/** Whether a cluster is a member. */
type Membership = (cluster: ManagedCluster) => boolean;

/**
 * Which clusters belong to a set (registration.md 4.8, placement.md 5). Throws when the set's selector makes no
 * sense.
 */
export const membershipOf = ({ metadata, spec }: ManagedClusterSet): Membership => {
  const { selectorType = '', labelSelector }: Selector = spec?.clusterSelector ?? {};
  switch (selectorType) {
    case '':
    case 'ExclusiveClusterSetLabel':
      return (cluster) => cluster.metadata.labels?.[label.clusterSet] === metadata.name;
    case 'LabelSelector': {
      if (labelSelector === undefined) return () => false;
      const selects = selectorOf(labelSelector);
      return (cluster) => selects(cluster.metadata.labels ?? {});
    }
    default:
      throw new Error(`selectorType is not right: ${selectorType}`);
  }
};

/** Whether a cluster belongs to a set. Throws when the set's selector makes no sense. */
export const isMember = (cluster: ManagedCluster, set: ManagedClusterSet): boolean =>
  membershipOf(set)(cluster);

/** The clusters that belong to a set. Throws when the set's selector makes no sense. */
export const membersOf = (set: ManagedClusterSet, clusters: readonly ManagedCluster[]): ManagedCluster[] =>
  clusters.filter(membershipOf(set));

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
