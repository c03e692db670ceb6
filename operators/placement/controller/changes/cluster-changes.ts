/** Which placements are decided on anew when a cluster changes (placement.md 3). */
import type { ManagedCluster, ManagedClusterSet, Placement } from '../../../api/generated/cluster.ts';
import type { Change } from '../../../runtime/cache/informer.ts';
import { type KubeObject, keyOf } from '../../../runtime/client/object.ts';
import { type Caches, placementsOfBinding, placementsReading } from '../caches.ts';
import type { DecisionLedger } from '../ledger.ts';
import type { Members } from '../members.ts';
import { setsFor } from '../supply.ts';
import { aspectsChanged, taints } from './aspects.ts';
import { type ClusterChange, mayMatter } from './relevance.ts';

/** What is known of the hub, and what time it is in milliseconds since 1970. */
export interface HubKnowledge {
  caches: Caches;
  members: Members;
  ledger: DecisionLedger;
  now: () => number;
}

const statesOf = (change: Change<ManagedCluster>): ClusterChange => {
  switch (change.type) {
    case 'added':
      return { after: change.object };
    case 'updated':
      return { before: change.previous, after: change.object };
    case 'deleted':
      return { before: change.object };
  }
};

/**
 * The keys of the placements that choose from a set which the cluster belongs to, or did before the change, as far as it
 * may matter to them; and of those whose decisions name a cluster that leaves.
 */
export const placementsOfCluster = (deps: HubKnowledge, change: Change<ManagedCluster>): Set<string> => {
  const { caches, members, ledger } = deps;
  const { before, after } = statesOf(change);
  const { name } = change.object.metadata;
  const keys = new Set<string>();
  const isLeaving = after === undefined || after.metadata.deletionTimestamp !== undefined;
  if (isLeaving && before && before.metadata.deletionTimestamp === undefined)
    for (const key of ledger.naming(name)) keys.add(key);

  const states = [before, after].filter((state) => state !== undefined);
  const setsOf = new Map(states.map((state) => [state, new Set(members.setsOf(state).map(nameOf))]));
  const eligibleFor = eligibility(caches);
  const now = deps.now();
  for (const placement of concerned(caches, { before, after }, setsOf)) {
    const eligible = eligibleFor(placement);
    const key = keyOf(placement);
    const matters = mayMatter(
      { before, after },
      {
        placement,
        isMember: (state) => eligible.some((set) => setsOf.get(state)?.has(nameOf(set))),
        isDecided: () => ledger.names(key, name),
        hasOthers: () => eligible.some((set) => hasOthers(members, set, name)),
        now,
      },
    );
    if (matters) keys.add(key);
  }
  return keys;
};

/** The placements that may notice a change of a cluster, whose states are in these sets. */
const concerned = (
  caches: Caches,
  { before, after }: ClusterChange,
  setsOf: ReadonlyMap<ManagedCluster, ReadonlySet<string>>,
): Iterable<Placement> => {
  const isSame =
    before?.metadata.uid === after?.metadata.uid &&
    before?.metadata.deletionTimestamp === after?.metadata.deletionTimestamp;
  if (before && after && isSame && areEqual(setsOf.get(before)!, setsOf.get(after)!)) {
    const aspects = aspectsChanged(before, after);
    if (!aspects.includes(taints)) return placementsReading(caches, aspects);
  }
  return boundTo(caches, new Set([...setsOf.values()].flatMap((names) => [...names])));
};

const areEqual = (a: ReadonlySet<string>, b: ReadonlySet<string>): boolean =>
  a.size === b.size && [...a].every((each) => b.has(each));

/** The sets that placements choose from; many placements of a namespace choose from the same. */
const eligibility = (caches: Caches): ((placement: Placement) => readonly ManagedClusterSet[]) => {
  const known = new Map<string, readonly ManagedClusterSet[]>();
  return (placement) => {
    const key = JSON.stringify([placement.metadata.namespace, placement.spec.clusterSets]);
    let sets = known.get(key);
    if (!sets) {
      sets = setsFor(caches, placement).eligible;
      known.set(key, sets);
    }
    return sets;
  };
};

const nameOf = ({ metadata }: KubeObject): string => metadata.name;

/** Placements that may choose from one of the sets of these names, each once. */
const boundTo = (caches: Caches, sets: ReadonlySet<string>): Iterable<Placement> =>
  new Set(
    [...sets]
      .flatMap((name) => caches.bindings.byIndex('set', name))
      .flatMap((binding) => placementsOfBinding(caches, binding)),
  );

const hasOthers = (members: Members, set: ManagedClusterSet, cluster: string): boolean => {
  try {
    return members.availableOf(set).some(({ metadata }) => metadata.name !== cluster);
  } catch {
    // A set that makes no sense: the placement says so itself when it is decided on.
    return false;
  }
};
