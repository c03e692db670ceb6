/** Which placements are decided on anew when something changes (placement.md 3). */
import type {
  AddOnPlacementScore,
  ManagedCluster,
  ManagedClusterSet,
  ManagedClusterSetBinding,
  Placement,
} from '../../api/generated/cluster.ts';
import type { Change } from '../../runtime/cache/informer.ts';
import { type KubeObject, keyOf } from '../../runtime/client/object.ts';
import { type Watch, from, mapped, source } from '../../runtime/controller/controller.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import { type Caches, placementsAskingFor } from './caches.ts';
import { type DecisionLedger, placementKeyOf } from './ledger.ts';
import type { Members } from './members.ts';
import { mayMatter } from './relevance.ts';
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
    mapped(caches.bindings, (binding, change) =>
      isSpecChange(change) ? placementsOfBinding(caches, binding).map(keyOf) : [],
    ),
    mapped(caches.sets, (set, change) =>
      isSpecChange(change) ? placementsOfSet(caches, set).map(keyOf) : [],
    ),
    source('managedclusters', (enqueue, failed) =>
      caches.clusters.onChange((change) => {
        try {
          for (const key of placementsOfCluster(deps, change)) enqueue(key);
        } catch (error) {
          failed?.(error);
        }
      }),
    ),
    source('addonplacementscores', (enqueue) =>
      caches.scores.onChange((change) => {
        if (change.type === 'updated' && semanticEqual(change.object.status, change.previous.status)) return;
        const now = deps.now();
        for (const placement of placementsOfScore(deps, change.object)) {
          const key = keyOf(placement);
          enqueue(key, deps.pace.wait(key, paceOf(placement.spec.scoreRateLimit), now));
        }
      }),
    ),
    inStep(caches),
  ];
};

/** Nothing is decided before all is known that decisions are made from. */
const inStep = ({ clusters, scores }: Caches): Watch => ({
  name: 'managedclusters and addonplacementscores',
  start: () => () => {},
  waitForSync: async (signal) => {
    await Promise.all([clusters.waitForSync(signal), scores.waitForSync(signal)]);
  },
});

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
  const sets = new Map(
    states.flatMap((state) => members.setsOf(state)).map((set) => [set.metadata.name, set]),
  );
  const placements = new Map(
    [...sets.values()].flatMap((set) => placementsOfSet(caches, set)).map((each) => [keyOf(each), each]),
  );
  const isOf = new Map(states.map((state) => [state, new Set(members.setsOf(state).map(nameOf))]));
  const now = deps.now();
  for (const [key, placement] of placements) {
    const eligible = setsFor(caches, placement).eligible;
    const matters = mayMatter(
      { before, after },
      {
        placement,
        isMember: (state) => eligible.some((set) => isOf.get(state)?.has(nameOf(set))),
        isDecided: isDecided(ledger, key, change.object.metadata.name),
        mostAvailable: sizeOf(eligible, members),
        now,
      },
    );
    if (matters) keys.add(key);
  }
  return keys;
};

const nameOf = ({ metadata }: KubeObject): string => metadata.name;

const isDecided = (ledger: DecisionLedger, placement: string, cluster: string): boolean =>
  ledger.counts.has(cluster) &&
  ledger
    .of(placement)
    .some(({ status }) => status?.decisions?.some(({ clusterName }) => clusterName === cluster));

const sizeOf = (eligible: readonly ManagedClusterSet[], members: Members): number => {
  try {
    return eligible.reduce((sum, set) => sum + members.of(set).size, 0);
  } catch {
    // A set that makes no sense: the placement says so itself when it is decided on.
    return 0;
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
