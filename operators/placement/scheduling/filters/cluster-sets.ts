/** Which sets a Placement may choose from (placement.md 4). */
import type { ManagedClusterSetBinding } from '../../../api/generated/cluster.ts';

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
