import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type {
  ManagedCluster,
  ManagedClusterTaint,
  PlacementSpec,
  PrioritizerPolicy,
} from '../../../api/generated/cluster.ts';
import { annotation, label } from '../../../api/names.ts';
import { keyOf } from '../../../runtime/client/object.ts';
import { decide } from '../../scheduling/decide.ts';
import { filterClusters } from '../../scheduling/filters/pipeline.ts';
import { nextEndOfToleration } from '../../scheduling/filters/taint-toleration.ts';
import { foreign, now as start, placement, score, seed } from '../../scheduling/fixture.ts';
import { countDecisions } from '../../scheduling/prioritizers/balance.ts';
import { scoresIn } from '../caches.ts';
import { FedHub, nextVersion } from '../fixture.ts';
import { choiceFor } from '../supply.ts';
import { placementsOfCluster } from './cluster-changes.ts';

const zones = ['a', 'b'] as const;
const sets = ['set1', 'set2'] as const;
const names = ['c0', 'c1', 'c2', 'c3'] as const;

interface State {
  set?: string;
  /** Members of the second set have it. */
  more?: string;
  zone?: string;
  claim?: string;
  cpu?: number | string;
  taints: ManagedClusterTaint[];
  isLeaving: boolean;
  /** Decides nothing. */
  noise: number;
}

const taint: fc.Arbitrary<ManagedClusterTaint> = fc.record({
  key: fc.constantFrom('x', 'y'),
  value: fc.constant('v'),
  effect: fc.constantFrom('NoSelect', 'NoSelectIfNew', 'PreferNoSelect'),
  timeAdded: fc.constantFrom(...[0, 40, 80].map((at) => new Date(start + at * 1000).toISOString())),
});

const state: fc.Arbitrary<State> = fc.record(
  {
    set: fc.constantFrom('set1', 'elsewhere'),
    more: fc.constant('yes'),
    zone: fc.constantFrom(...zones),
    claim: fc.constantFrom(...zones),
    cpu: fc.constantFrom(1, 2, '3', 'many'),
    taints: fc.oneof(
      { weight: 2, arbitrary: fc.constant<ManagedClusterTaint[]>([]) },
      fc.array(taint, { minLength: 1, maxLength: 2 }),
    ),
    isLeaving: fc.integer({ min: 0, max: 5 }).map((draw) => draw === 0),
    noise: fc.nat({ max: 2 }),
  },
  { requiredKeys: ['taints', 'isLeaving', 'noise'] },
);

interface Step {
  name: (typeof names)[number];
  /** Absent: it is deleted. */
  state: State | undefined;
  /** That pass before. */
  seconds: number;
}
const step: fc.Arbitrary<Step> = fc.record({
  name: fc.constantFrom(...names),
  state: fc.option(state, { nil: undefined, freq: 4 }),
  seconds: fc.constantFrom(0, 0, 30),
});

const byZone = { labelSelector: { matchLabels: { zone: 'a' } } };
const byClaim = { claimSelector: { matchExpressions: [{ key: 'zone', operator: 'In', values: ['a'] }] } };
const nonsense = { labelSelector: { matchExpressions: [{ key: 'zone', operator: 'Near', values: ['a'] }] } };
const byExpression = {
  celSelector: { celExpressions: ['managedCluster.metadata.labels.exists(l, l == "zone")'] },
};
type Selector = NonNullable<NonNullable<PlacementSpec['predicates']>[number]['requiredClusterSelector']>;

/** What is compiled holds for as long as the very object does. */
const predicates = [byZone, byClaim, nonsense as Selector, byExpression].map((requiredClusterSelector) => [
  { requiredClusterSelector },
]);

const policy: fc.Arbitrary<PrioritizerPolicy> = fc.record({
  mode: fc.constantFrom('Additive', 'Additive', 'Exact', 'Foo'),
  configurations: fc.array(
    fc.record({
      scoreCoordinate: fc.constantFrom(
        { type: 'BuiltIn', builtIn: 'ResourceAllocatableCPU' } as const,
        { type: 'BuiltIn', builtIn: 'Balance' } as const,
        { type: 'AddOn', addOn: { resourceName: 'demo', scoreName: 'demo' } } as const,
      ),
      weight: fc.constantFrom(-1, 0, 2),
    }),
    { maxLength: 2 },
  ),
});

const spec: fc.Arbitrary<PlacementSpec> = fc.record(
  {
    numberOfClusters: fc.constantFrom(0, 1, 2, 2, 4, -1),
    clusterSets: fc.constantFrom([], ['set1'], ['set2'], [...sets]),
    predicates: fc.constantFrom(...predicates),
    tolerations: fc.array(
      fc.record(
        {
          key: fc.constantFrom('x', 'y'),
          operator: fc.constantFrom('Exists', 'Exists', 'Equal'),
          tolerationSeconds: fc.constantFrom(20, 60),
        },
        { requiredKeys: ['operator'] },
      ),
      { maxLength: 2 },
    ),
    prioritizerPolicy: policy,
    spreadPolicy: fc.constantFrom({
      spreadConstraints: [
        { topologyKey: 'zone', topologyKeyType: 'Label', maxSkew: 1, whenUnsatisfiable: 'DoNotSchedule' },
      ],
    } as const),
    decisionStrategy: fc.record({
      groupStrategy: fc.record({
        clustersPerDecisionGroup: fc.constantFrom(1, '50%', 'wrong'),
        decisionGroups: fc
          .constantFrom<Selector[]>(byZone, byClaim, nonsense as Selector)
          .map((selector) => [{ groupName: 'canary', groupClusterSelector: selector }]),
      }),
    }),
    sortBy: fc.constantFrom('ClusterName', 'Score'),
  },
  { requiredKeys: [] },
) as fc.Arbitrary<PlacementSpec>;

const clusterOf = (name: string, uid: string, traits: State): ManagedCluster => ({
  metadata: {
    name,
    uid,
    resourceVersion: nextVersion(),
    labels: {
      ...(traits.set && { [label.clusterSet]: traits.set }),
      ...(traits.more && { more: traits.more }),
      ...(traits.zone && { zone: traits.zone }),
    },
    ...(traits.isLeaving && { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  },
  spec: { hubAcceptsClient: true, taints: traits.taints },
  status: {
    conditions: [
      {
        type: 'Noise',
        status: 'True',
        reason: `R${traits.noise}`,
        message: '',
        lastTransitionTime: '2026-01-01T00:00:00Z',
      },
    ],
    clusterClaims: traits.claim ? [{ name: 'zone', value: traits.claim }] : [],
    allocatable: traits.cpu === undefined ? {} : { cpu: traits.cpu },
    capacity: traits.cpu === undefined ? {} : { cpu: traits.cpu },
  },
});

/** A hub with one placement, and what would be decided for it there. */
class World {
  readonly hub = new FedHub();
  readonly #placement;
  /** Whether the last change of a cluster may matter to the placement. */
  matters = false;
  #now = start;
  #incarnation = 0;

  constructor(given: PlacementSpec, isStable: boolean) {
    const { caches, members, ledger } = this.hub;
    const { metadata, ...rest } = placement(given);
    const annotations = { [annotation.stableDecisionGroups]: String(isStable) };
    this.#placement = { ...rest, metadata: { ...metadata, annotations } };
    caches.placements.put(this.#placement);
    caches.sets.put(
      { metadata: { name: 'set1' }, spec: {} },
      {
        metadata: { name: 'set2' },
        spec: {
          clusterSelector: { selectorType: 'LabelSelector', labelSelector: { matchLabels: { more: 'yes' } } },
        },
      },
    );
    for (const name of sets)
      caches.bindings.put({ metadata: { name, namespace: 'tenant' }, spec: { clusterSet: name } });
    for (const namespace of ['c0', 'c2'])
      caches.scores.put({ ...score({ demo: 70 }), metadata: { name: 'demo', namespace } });
    caches.decisions.put(foreign(['c1', 'c3']), foreign(['c1']));
    this.hub.begin();
    const deps = { caches, members, ledger, now: () => this.#now };
    caches.clusters.onChange((change) => {
      this.matters ||= placementsOfCluster(deps, change).has(keyOf(this.#placement));
    });
  }

  pass(seconds: number): void {
    this.#now += seconds * 1000;
  }

  change({ name, state: next }: Step): void {
    const { clusters } = this.hub.caches;
    this.matters = false;
    const present = clusters.get(name);
    if (next) clusters.put(clusterOf(name, present?.metadata.uid ?? `${name}-${++this.#incarnation}`, next));
    else if (present) clusters.delete(present);
  }

  /** Decides from nothing but what is there. */
  decide() {
    const { caches, members, ledger } = this.hub;
    const { supply, available, mayStay } = choiceFor(caches, members, this.#placement);
    const present = ledger.of(keyOf(this.#placement));
    const circumstances = { scoresOf: scoresIn(caches.scores), now: this.#now };
    const decided = new Set(countDecisions(present).keys());
    const filtered = filterClusters(this.#placement.spec, available, { ...circumstances, decided });
    const { desired, outcome, rescoreAt } = decide({
      ...circumstances,
      placement: this.#placement,
      supply,
      filtered,
      mayStay,
      present,
      allDecisions: countDecisions(caches.decisions.list()),
      hasStableGroups: this.#placement.metadata.annotations[annotation.stableDecisionGroups] === 'true',
    });
    const { tolerations = [] } = this.#placement.spec;
    const next = new Set(countDecisions(desired.decisions).keys());
    return {
      desired,
      // How many there are to choose from is told nowhere, but for none.
      outcome: { ...outcome, supply: { ...supply, availableClusters: supply.availableClusters > 0 } },
      rescoreAt,
      endOfToleration: nextEndOfToleration((name) => caches.clusters.get(name), {
        tolerations,
        decided: next,
        now: this.#now,
      }),
    };
  }

  write({ desired }: ReturnType<World['decide']>): void {
    const { decisions } = this.hub.caches;
    const wanted = new Set(desired.decisions.map(({ metadata }) => metadata.name));
    for (const each of this.hub.ledger.of(keyOf(this.#placement)))
      if (!wanted.has(each.metadata.name)) decisions.delete(each);
    for (const { metadata, ...rest } of desired.decisions)
      decisions.put({
        ...rest,
        metadata: { ...metadata, uid: metadata.name, resourceVersion: nextVersion() },
      });
  }
}

describe('a change of one cluster', () => {
  test('that is said not to matter changes nothing that would be decided from nothing', () => {
    const seen = { mattered: 0, ignored: 0 };
    fc.assert(
      fc.property(
        spec,
        fc.boolean(),
        fc.array(step, { minLength: 3, maxLength: 6 }),
        (given, isStable, steps) => {
          const world = new World(given, isStable);
          world.write(world.decide());
          for (const each of steps) {
            world.pass(each.seconds);
            const before = world.decide();
            world.change(each);
            const after = world.decide();
            if (world.matters) {
              seen.mattered++;
              world.write(after);
            } else {
              seen.ignored++;
              if (!isDeepStrictEqual(after, before)) expect(after).toEqual(before);
            }
          }
        },
      ),
      { seed, numRuns: 5000 },
    );
    // Both happen all the time, or this says nothing.
    expect(Math.min(seen.mattered, seen.ignored)).toBeGreaterThan(5000);
  });
});
