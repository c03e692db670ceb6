import type { ManagedCluster, ManagedClusterSet, Placement } from '../../api/generated/cluster.ts';
import { eligibleSets, validBindings } from '../scheduling/filters/cluster-sets.ts';
import type { Supply } from '../scheduling/status/conditions.ts';
import type { Caches } from './caches.ts';
import { type Members, byNameOfCluster, isThere } from './members.ts';

/** What a placement may choose from, and what it may keep. */
export interface Choice {
  supply: Supply;
  /** Members of the eligible sets that are not being deleted, each once, in the order of their names. */
  available: readonly ManagedCluster[];
  /**
   * The cluster of a name that may stay in decisions that are kept (P3): one of the eligible sets, or one that is there at
   * all while no set is eligible; never one that is being deleted.
   */
  mayStay: (cluster: string) => ManagedCluster | undefined;
}

/** The ManagedClusterSets that a placement chooses from (placement.md 4, steps 3 and 4), ascending by name. */
export const setsFor = (
  { bindings, sets }: Pick<Caches, 'bindings' | 'sets'>,
  { metadata, spec }: Placement,
): { hasBindings: boolean; eligible: ManagedClusterSet[] } => {
  const valid = validBindings(bindings.list(metadata.namespace), (name) => sets.get(name) !== undefined);
  const eligible = eligibleSets(valid, spec.clusterSets).flatMap((name) => sets.get(name) ?? []);
  return { hasBindings: valid.length > 0, eligible };
};

/**
 * What a placement chooses from (placement.md 4 and 5).
 * @throws when the selector of an eligible set makes no sense
 */
export const choiceFor = (caches: Caches, members: Members, placement: Placement): Choice => {
  const { hasBindings, eligible } = setsFor(caches, placement);
  const memberships = eligible.map((set) => members.of(set));
  const available = unionOf(eligible.map((set) => members.availableOf(set)));
  const isEligible = (name: string): boolean =>
    memberships.length === 0 || memberships.some((membership) => membership.has(name));
  return {
    supply: {
      hasBindings,
      eligibleSets: eligible.map(({ metadata }) => metadata.name),
      availableClusters: available.length,
    },
    available,
    mayStay: (name) => {
      const cluster = caches.clusters.get(name);
      return cluster && isThere(cluster) && isEligible(name) ? cluster : undefined;
    },
  };
};

/** The same array for one set: what is found out about it holds for all placements that choose from it. */
const unionOf = (sets: readonly (readonly ManagedCluster[])[]): readonly ManagedCluster[] =>
  sets.length === 1
    ? sets[0]!
    : [...new Map(sets.flat().map((cluster) => [cluster.metadata.name, cluster])).values()].toSorted(
        byNameOfCluster,
      );
