/** Which placements are decided on anew when something changes (placement.md 3). */
import type {
  AddOnPlacementScore,
  ManagedCluster,
  ManagedClusterSet,
  ManagedClusterSetBinding,
  Placement,
} from '../../api/generated/cluster.ts';
import type { Change, Informer } from '../../runtime/cache/informer.ts';
import { type KubeObject, keyOf } from '../../runtime/client/object.ts';
import { type Watch, from, mapped } from '../../runtime/controller/controller.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import { type Caches, areInStep, placementsAskingFor, placementsReadingAll } from './caches.ts';
import { type DecisionLedger, placementKeyOf } from './ledger.ts';
import type { Members } from './members.ts';
import { isSeenAlike, mayMatter } from './relevance.ts';
import { type ScorePace, paceOf } from './score-pace.ts';
import { setsFor } from './supply.ts';

export interface WatchDependencies {
  caches: Caches;
  members: Members;
  ledger: DecisionLedger;
  pace: ScorePace;
  /** Whether an update of a placement is nothing but the echo of a write of one's own. */
  isEcho: (update: Change<Placement> & { type: 'updated' }) => boolean;
  now: () => number;
}

/** Sets and bindings are told how they do in their status, which decides nothing. */
const isSpecChange = <T extends KubeObject & { spec?: object }>(change: Change<T>): boolean =>
  change.type !== 'updated' ||
  change.object.metadata.uid !== change.previous.metadata.uid ||
  !semanticEqual(change.object.spec, change.previous.spec);

export const watchesOf = (deps: WatchDependencies): Watch[] => {
  const { caches, ledger } = deps;
  return [
    from(caches.placements, (change) => change.type !== 'updated' || !deps.isEcho(change)),
    mapped(caches.decisions, (decision, change) =>
      ledger.isEcho(change) ? undefined : placementKeyOf(decision),
    ),
    changesOf(caches, 'bindings', (change, enqueue) => {
      if (isSpecChange(change))
        for (const placement of placementsOfBinding(caches, change.object)) enqueue(keyOf(placement));
    }),
    changesOf(caches, 'sets', (change, enqueue) => {
      if (isSpecChange(change))
        for (const placement of placementsOfSet(caches, change.object)) enqueue(keyOf(placement));
    }),
    changesOf(caches, 'clusters', (change, enqueue) => {
      for (const key of placementsOfCluster(deps, change)) enqueue(key);
    }),
    changesOf(caches, 'scores', (change, enqueue) => {
      if (change.type === 'updated' && semanticEqual(change.object.status, change.previous.status)) return;
      const now = deps.now();
      for (const placement of placementsOfScore(deps, change.object)) {
        const key = keyOf(placement);
        enqueue(key, deps.pace.wait(key, paceOf(placement.spec.scoreRateLimit), now));
      }
    }),
  ];
};

type ObjectOf<Kind extends keyof Caches> = Caches[Kind] extends Informer<infer T> ? T : never;

/**
 * Changes of what placements are decided from. None of them is told what is there when it starts, or at a resync, nor what
 * comes before all caches are filled: every placement comes by itself then, and is decided on afterwards.
 */
const changesOf = <Kind extends keyof Caches>(
  caches: Caches,
  kind: Kind,
  heard: (change: Change<ObjectOf<Kind>>, enqueue: (key: string, afterMs?: number) => void) => void,
): Watch => {
  const informer = caches[kind] as unknown as Informer<ObjectOf<Kind>>;
  return {
    name: informer.resource.plural,
    start: (enqueue, failed) => {
      let isStarting = true;
      const stop = informer.onChange((change) => {
        if (isStarting || !areInStep(caches)) return;
        try {
          heard(change, enqueue);
        } catch (error) {
          failed?.(error);
        }
      });
      isStarting = false;
      return stop;
    },
    waitForSync: (signal) => informer.waitForSync(signal),
  };
};

/** Placements of the binding's namespace that name its set, or choose from all that are bound. */
export const placementsOfBinding = (
  { placements }: Pick<Caches, 'placements'>,
  { metadata }: ManagedClusterSetBinding,
): Placement[] =>
  placements.list(metadata.namespace).filter(({ spec: { clusterSets = [] } }) => {
    return clusterSets.length === 0 || clusterSets.includes(metadata.name);
  });

/** Placements of all namespaces that the set is bound to, as {@link placementsOfBinding}. */
export const placementsOfSet = (
  caches: Pick<Caches, 'placements' | 'bindings'>,
  { metadata }: ManagedClusterSet,
): Placement[] =>
  caches.bindings.byIndex('set', metadata.name).flatMap((binding) => placementsOfBinding(caches, binding));

/**
 * The keys of the placements that choose from a set which the cluster belongs to, or did before the change, as far as it
 * may matter to them; and of those whose decisions name a cluster that leaves.
 */
export const placementsOfCluster = (deps: WatchDependencies, change: Change<ManagedCluster>): Set<string> => {
  const { caches, members, ledger } = deps;
  const [before, after] = {
    added: [undefined, change.object],
    updated: ['previous' in change ? change.previous : undefined, change.object],
    deleted: [change.object, undefined],
  }[change.type];
  const keys = new Set<string>();
  const isLeaving = after === undefined || after.metadata.deletionTimestamp !== undefined;
  if (isLeaving && before && before.metadata.deletionTimestamp === undefined)
    for (const key of ledger.naming(before.metadata.name)) keys.add(key);

  const states = [before, after].filter((state) => state !== undefined);
  const setsOf = new Map(states.map((state) => [state, new Set(members.setsOf(state).map(nameOf))]));
  const names = new Set([...setsOf.values()].flatMap((each) => [...each]));
  const now = deps.now();
  for (const placement of before && after && isSeenAlike(before, after)
    ? placementsReadingAll(caches)
    : boundTo(caches, names)) {
    const eligible = setsFor(caches, placement).eligible;
    const key = keyOf(placement);
    const { name } = change.object.metadata;
    const matters = mayMatter(
      { before, after },
      {
        placement,
        isMember: (state) => eligible.some((set) => setsOf.get(state)?.has(nameOf(set))),
        isDecided: ledger.names(key, name),
        hasOthers: eligible.some((set) => hasOthers(members, set, name)),
        now,
      },
    );
    if (matters) keys.add(key);
  }
  return keys;
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

/**
 * Placements that ask for scores of this name and whose namespace is bound to a set with the cluster they are of. None
 * when the cluster does not exist.
 */
export const placementsOfScore = (
  { caches, members }: Pick<WatchDependencies, 'caches' | 'members'>,
  { metadata }: AddOnPlacementScore,
): Placement[] => {
  const asking = placementsAskingFor(caches, metadata.name);
  const cluster = asking.length > 0 ? caches.clusters.get(metadata.namespace ?? '') : undefined;
  if (!cluster) return [];
  const bound = new Set(
    members
      .setsOf(cluster)
      .flatMap((set) => caches.bindings.byIndex('set', set.metadata.name))
      .map((binding) => binding.metadata.namespace),
  );
  return asking.filter((placement) => bound.has(placement.metadata.namespace));
};
