/** Which clusters a Placement may choose from (placement.md 4 and 5). */
import type {
  ManagedCluster,
  ManagedClusterSet,
  ManagedClusterSetBinding,
} from '../../../api/generated/cluster.ts';
import { membershipOf } from '../../../fleet/cluster-sets/membership.ts';

/**
 * The bindings of a namespace whose sets exist. It is the name of the binding that counts, not what its status
 * says.
 */
export const validBindings = (
  bindings: readonly ManagedClusterSetBinding[],
  exists: (set: string) => boolean,
): ManagedClusterSetBinding[] => bindings.filter(({ metadata }) => exists(metadata.name));

/**
 * The names of the sets that a Placement chooses from: of those bound, all or the ones that it lists; ascending.
 */
export const eligibleSets = (
  valid: readonly ManagedClusterSetBinding[],
  clusterSets: readonly string[] = [],
): string[] => {
  const isEligible = (name: string): boolean => clusterSets.length === 0 || clusterSets.includes(name);
  const names = new Set(valid.map(({ metadata }) => metadata.name).filter(isEligible));
  return [...names].toSorted((left, right) => (left < right ? -1 : 1));
};

/**
 * The members of the sets, each once and in the order given, without clusters that are being deleted. Throws when
 * the selector of a set makes no sense: which clusters were meant cannot be told, and fewer would be a decision
 * nobody made.
 */
export const availableClusters = (
  sets: readonly ManagedClusterSet[],
  clusters: readonly ManagedCluster[],
): ManagedCluster[] => {
  const memberships = sets.map(membershipOfSet);
  return clusters.filter(
    (cluster) =>
      cluster.metadata.deletionTimestamp === undefined && memberships.some((isMember) => isMember(cluster)),
  );
};

const membershipOfSet = (set: ManagedClusterSet): ReturnType<typeof membershipOf> => {
  try {
    return membershipOf(set);
  } catch (cause) {
    throw new Error(
      `ManagedClusterSet "${set.metadata.name}" has an invalid selector: ${(cause as Error).message}; correct it`,
      { cause },
    );
  }
};
