import type { ManagedCluster, ManagedClusterSet } from '../../api/generated/cluster.ts';
import { membershipOf, setsOf } from '../../fleet/cluster-sets/membership.ts';
import type { Change, Informer } from '../../runtime/cache/informer.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { byName } from '../scheduling/problem.ts';

interface Known {
  set: ManagedClusterSet;
  isMember: (cluster: ManagedCluster) => boolean;
  members: Map<string, ManagedCluster>;
  /** Those that are not being deleted, by name, when somebody last asked. */
  available?: readonly ManagedCluster[];
  /** The clusters that have changed since. */
  changed: Set<string>;
}

/** The members of ManagedClusterSets, kept up to date cluster by cluster instead of being looked for at each decision. */
export class Members {
  readonly #clusters: Informer<ManagedCluster>;
  readonly #sets: Informer<ManagedClusterSet>;
  readonly #log: Logger;
  readonly #known = new Map<string, Known>();

  constructor(clusters: Informer<ManagedCluster>, sets: Informer<ManagedClusterSet>, log: Logger) {
    this.#clusters = clusters;
    this.#sets = sets;
    this.#log = log;
    clusters.onChange((change) => this.#follow(change));
    sets.onChange(({ type, object }) => {
      if (type === 'deleted') this.#known.delete(object.metadata.name);
    });
  }

  /**
   * The clusters that belong to a set, by name; those that are being deleted are among them.
   * @throws when the selector of the set makes no sense: which clusters were meant cannot be told, and fewer would be a
   *   decision nobody made. The message names the set.
   */
  of(set: ManagedClusterSet): ReadonlyMap<string, ManagedCluster> {
    return this.#know(set).members;
  }

  /**
   * Those among them that are not being deleted, in the order of their names, which spares each placement that chooses
   * from them the sorting: the very same array for as long as none of them changes.
   * @throws as {@link of}
   */
  availableOf(set: ManagedClusterSet): readonly ManagedCluster[] {
    const known = this.#know(set);
    const { members, changed } = known;
    if (!known.available || changed.size > mostReplaced)
      known.available = [...members.values()].filter(isThere).toSorted(byNameOfCluster);
    else for (const name of changed) known.available = replaced(known.available, name, members.get(name));
    changed.clear();
    return known.available;
  }

  #know(set: ManagedClusterSet): Known {
    const { name } = set.metadata;
    const present = this.#known.get(name);
    if (present && sameSelector(present.set, set)) return present;
    const isMember = membershipOfSet(set);
    const members = new Map(
      this.#clusters
        .list()
        .filter(isMember)
        .map((cluster) => [cluster.metadata.name, cluster]),
    );
    const known = { set, isMember, members, changed: new Set<string>() };
    this.#known.set(name, known);
    return known;
  }

  /** The sets that a cluster belongs to. One whose selector makes no sense is left out and logged (P11). */
  setsOf(cluster: ManagedCluster): ManagedClusterSet[] {
    return setsOf(cluster, this.#sets.list(), ({ metadata }, error) =>
      this.#log.debug(4, 'a ManagedClusterSet has an invalid selector', { set: metadata.name, error }),
    );
  }

  #follow({ type, object }: Change<ManagedCluster>): void {
    const { name } = object.metadata;
    for (const known of this.#known.values()) {
      const wasMember = known.members.delete(name);
      const isMember = type !== 'deleted' && known.isMember(object);
      if (isMember) known.members.set(name, object);
      if (wasMember || isMember) known.changed.add(name);
    }
  }
}

/** How many changes are put in place one by one; more are as well sorted anew. */
const mostReplaced = 10;

export const isThere = ({ metadata }: ManagedCluster): boolean => metadata.deletionTimestamp === undefined;

/** Clusters in the order of their names, with the present state of one of them. */
const replaced = (
  clusters: readonly ManagedCluster[],
  name: string,
  present: ManagedCluster | undefined,
): readonly ManagedCluster[] => {
  let [low, high] = [0, clusters.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (byName(clusters[middle]!.metadata.name, name) < 0) low = middle + 1;
    else high = middle;
  }
  const isKnown = clusters[low]?.metadata.name === name;
  if (present && isThere(present))
    return isKnown ? clusters.with(low, present) : clusters.toSpliced(low, 0, present);
  return isKnown ? clusters.toSpliced(low, 1) : clusters;
};

export const byNameOfCluster = (a: ManagedCluster, b: ManagedCluster): number =>
  byName(a.metadata.name, b.metadata.name);

/** Sets change their status with every cluster; that changes none of their members. */
const sameSelector = (a: ManagedClusterSet, b: ManagedClusterSet): boolean =>
  a.spec === b.spec ||
  (a.metadata.uid === b.metadata.uid &&
    a.metadata.generation !== undefined &&
    a.metadata.generation === b.metadata.generation);

const membershipOfSet = (set: ManagedClusterSet): ((cluster: ManagedCluster) => boolean) => {
  try {
    return membershipOf(set);
  } catch (cause) {
    throw new Error(
      `ManagedClusterSet "${set.metadata.name}" has an invalid selector: ${(cause as Error).message}; correct it`,
      { cause },
    );
  }
};
