import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type {
  GroupStrategy,
  ManagedCluster,
  PlacementDecision,
  PlacementSpec,
  PrioritizerPolicy,
  SpreadConstraint,
} from '../../api/generated/cluster.ts';
import { label } from '../../api/names.ts';
import { type Decided, type Situation, decide } from './decide.ts';
import { type DecisionChanges, decisionChanges } from './decisions/changes.ts';
import { countDecisions } from './prioritizers/balance.ts';
import { rank } from './selection.ts';
import { cluster, foreign, score, seed, situation } from './fixture.ts';

const zones = ['a', 'b', 'c'] as const;
const coordinates = [
  { type: 'BuiltIn', builtIn: 'Balance' },
  { type: 'BuiltIn', builtIn: 'ResourceAllocatableCPU' },
  { type: 'BuiltIn', builtIn: 'ResourceAllocatableMemory' },
  { type: 'AddOn', addOn: { resourceName: 'demo', scoreName: 'demo' } },
] as const;

/** A fleet in an order of its own; a few hundred clusters are more than one PlacementDecision holds. */
const fleet: fc.Arbitrary<ManagedCluster[]> = fc
  .oneof({ weight: 9, arbitrary: fc.nat({ max: 12 }) }, fc.nat({ max: 320 }))
  .chain((size) =>
    fc
      .array(
        fc.record({
          labels: fc.record({ zone: fc.constantFrom(...zones) }, { requiredKeys: [] }),
          cpu: fc.option(fc.nat({ max: 9 }), { nil: undefined }),
          memory: fc.option(fc.nat({ max: 9 }), { nil: undefined }),
        }),
        { minLength: size, maxLength: size },
      )
      .map((traits) => traits.map((each, at) => cluster(`c${at}`, each))),
  );

const strategy: fc.Arbitrary<GroupStrategy> = fc.record(
  {
    clustersPerDecisionGroup: fc.oneof(
      fc.integer({ min: -1, max: 150 }),
      fc.integer({ min: 1, max: 100 }).map((percent) => `${percent}%`),
    ),
    decisionGroups: fc.array(
      fc.constantFrom(...zones).map((zone) => ({
        groupName: `zone-${zone}`,
        groupClusterSelector: { labelSelector: { matchLabels: { zone } } },
      })),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: [] },
);

const constraint: fc.Arbitrary<SpreadConstraint> = fc.record({
  topologyKey: fc.constantFrom('zone', 'none'),
  topologyKeyType: fc.constantFrom('Label', 'Claim'),
  maxSkew: fc.integer({ min: 1, max: 3 }),
  whenUnsatisfiable: fc.constantFrom('DoNotSchedule', 'ScheduleAnyway'),
});

/** Weights without one of Steady, which counts with 1. */
const policy: fc.Arbitrary<PrioritizerPolicy> = fc.record({
  mode: fc.constant('Additive'),
  configurations: fc.array(
    fc.record({
      scoreCoordinate: fc.constantFrom(...coordinates),
      weight: fc.integer({ min: -10, max: 10 }),
    }),
    { maxLength: 3 },
  ),
});

const specs: fc.Arbitrary<PlacementSpec> = fc.record(
  {
    numberOfClusters: fc.nat({ max: 250 }),
    prioritizerPolicy: policy,
    decisionStrategy: fc.record({ groupStrategy: strategy }),
    spreadPolicy: fc.record({ spreadConstraints: fc.array(constraint, { maxLength: 2 }) }),
    sortBy: fc.constantFrom('ClusterName', 'Score'),
  },
  { requiredKeys: [] },
);

interface World {
  fleet: ManagedCluster[];
  spec: PlacementSpec;
  /** Decisions of others, by number of the cluster. */
  others: number[];
  hasStableGroups: boolean;
}
const worlds: fc.Arbitrary<World> = fc.record({
  fleet,
  spec: specs,
  others: fc.array(fc.nat({ max: 12 }), { maxLength: 20 }),
  hasStableGroups: fc.boolean(),
});

const situationOf = (world: World, present: readonly PlacementDecision[] = []): Situation =>
  situation(world.spec, world.fleet, {
    present,
    others: world.others.map((at) => foreign([`c${at}`])),
    scoresOf: (name) => (name.endsWith('3') ? undefined : score({ demo: name.length * 30 - 80 })),
    hasStableGroups: world.hasStableGroups,
  });

const entries = (decisions: readonly PlacementDecision[]): string[] =>
  decisions.flatMap(({ status }) => status!.decisions.map(({ clusterName }) => clusterName));
const decidedNames = ({ desired }: Decided): string[] => entries(desired.decisions).toSorted();
const nothing: DecisionChanges = { create: [], update: [], remove: [] };

/** What the objects of a placement are after its writes. */
const written = (present: readonly PlacementDecision[], changes: DecisionChanges): PlacementDecision[] => {
  const objects = new Map(present.map((decision) => [decision.metadata.name, decision]));
  for (const decision of changes.create) objects.set(decision.metadata.name, decision);
  for (const {
    present: { metadata, ...rest },
    decisions,
    labels,
  } of changes.update)
    objects.set(metadata.name, {
      ...rest,
      metadata: { ...metadata, labels: { ...metadata.labels, ...labels } },
      ...(decisions && { status: { decisions } }),
    });
  for (const { metadata } of changes.remove) objects.delete(metadata.name);
  return [...objects.values()];
};

describe('whatever is asked for', () => {
  test('the order in which things are listed does not matter', () => {
    fc.assert(
      fc.property(worlds, fc.infiniteStream(fc.nat()), (world, keys) => {
        const first = decide(situationOf(world));
        const order = new Map(world.fleet.map((each) => [each, keys.next().value!]));
        const shuffled = world.fleet.toSorted((a, b) => order.get(a)! - order.get(b)!);
        const again = decide(situationOf({ ...world, fleet: shuffled, others: world.others.toReversed() }));
        expect(again.desired).toEqual(first.desired);
        expect(again.outcome).toEqual(first.outcome);
        expect(rank(again.candidates, again.totals)).toEqual(rank(first.candidates, first.totals));

        const second = decide(situationOf(world, first.desired.decisions));
        const backwards = first.desired.decisions.toReversed();
        expect(decide(situationOf({ ...world, fleet: shuffled }, backwards)).desired).toEqual(second.desired);
      }),
      { seed },
    );
  });

  test('groups partition the decisions, and no object holds more than 100', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { desired, outcome } = decide(situationOf(world));
        const names = entries(desired.decisions);
        expect(new Set(names).size).toBe(names.length);
        expect(names).toHaveLength(outcome.selected);
        const known = new Set(world.fleet.map(({ metadata }) => metadata.name));
        for (const name of names) expect(known).toContain(name);

        const { numberOfClusters } = world.spec;
        if (numberOfClusters !== undefined)
          expect(outcome.selected + outcome.unscheduled).toBe(numberOfClusters);
        else expect(outcome.unscheduled).toBe(0);

        expect(desired.decisions.map(({ metadata }) => metadata.name)).toEqual(
          desired.decisions.map((_, at) => `place-decision-${at + 1}`),
        );
        expect(desired.groups.flatMap(({ decisions }) => decisions)).toEqual(
          desired.decisions.map(({ metadata }) => metadata.name),
        );
        for (const [index, group] of desired.groups.entries()) {
          expect(group.decisionGroupIndex).toBe(index);
          const objects = desired.decisions.filter(
            ({ metadata }) => metadata.labels![label.decisionGroupIndex] === String(index),
          );
          expect(objects.map(({ metadata }) => metadata.name)).toEqual(group.decisions);
          expect(entries(objects)).toHaveLength(group.clusterCount!);
          for (const { metadata, status } of objects) {
            expect(metadata.labels![label.decisionGroupName]).toBe(group.decisionGroupName);
            expect(status!.decisions.length).toBeLessThanOrEqual(100);
          }
        }
      }),
      { seed },
    );
  });

  test('Steady: what is decided stays while nothing changes, and nothing is written', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const first = decide(situationOf(world));
        const second = decide(situationOf(world, first.desired.decisions));
        expect(decidedNames(second)).toEqual(decidedNames(first));
        const third = decide(situationOf(world, second.desired.decisions));
        expect(decisionChanges('place', second.desired.decisions, third.desired.decisions)).toEqual(nothing);
        // The score of Steady itself is shown, from the second time on.
        if (world.spec.sortBy !== 'Score') expect(second.desired).toEqual(first.desired);
      }),
      { seed },
    );
  });

  test('Steady: with a weight above that of others no cluster leaves that may stay', () => {
    const steady = { scoreCoordinate: { type: 'BuiltIn', builtIn: 'Steady' }, weight: 7 } as const;
    const others = coordinates.slice(0, 3).map((scoreCoordinate) => ({ scoreCoordinate, weight: 1 }));
    fc.assert(
      fc.property(worlds, worlds, (before, after) => {
        const spec: PlacementSpec = {
          numberOfClusters: before.spec.numberOfClusters ?? 3,
          prioritizerPolicy: { configurations: [steady, ...others] },
        };
        const first = decide(situationOf({ ...before, spec }));
        const second = decide(situationOf({ ...after, spec }, first.desired.decisions));
        const present = new Set(after.fleet.map(({ metadata }) => metadata.name));
        const stayed = new Set(decidedNames(second));
        for (const name of decidedNames(first)) if (present.has(name)) expect(stayed).toContain(name);
      }),
      { seed },
    );
  });

  test('writes lead from any decisions to the wanted ones, and then there are none', () => {
    fc.assert(
      fc.property(worlds, worlds, (before, after) => {
        const present = decide(situationOf(before)).desired.decisions;
        const { desired } = decide(situationOf(after, present));
        const objects = written(present, decisionChanges('place', present, desired.decisions));
        expect(objects.toSorted(byNumber)).toEqual(desired.decisions);
        expect(decisionChanges('place', objects, desired.decisions)).toEqual(nothing);
      }),
      { seed },
    );
  });

  test('P3: a mistake and its correction change nothing', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const first = decide(situationOf(world)).desired;
        const second = decide(situationOf(world, first.decisions)).desired;
        const mistaken = { ...world, spec: { ...world.spec, prioritizerPolicy: { mode: 'Foo' } } };
        const wrong = decide(situationOf(mistaken, second.decisions)).desired;
        if (world.spec.numberOfClusters === 0) expect(entries(wrong.decisions)).toEqual([]);
        else expect(decisionChanges('place', second.decisions, wrong.decisions)).toEqual(nothing);
        expect(decide(situationOf(world, wrong.decisions)).desired).toEqual(second);
      }),
      { seed },
    );
  });

  test('Balance: what is kept by cluster equals what is counted anew', () => {
    fc.assert(
      fc.property(worlds, (world) => {
        const { desired } = decide(situationOf(world));
        const given = situationOf(world, desired.decisions);
        const counts = countDecisions(world.others.map((at) => foreign([`c${at}`])));
        for (const name of entries(desired.decisions)) counts.set(name, (counts.get(name) ?? 0) + 1);
        expect(decide({ ...given, allDecisions: counts }).desired).toEqual(decide(given).desired);
      }),
      { seed },
    );
  });
});

const byNumber = (a: PlacementDecision, b: PlacementDecision): number =>
  Number(a.metadata.name.split('-').at(-1)) - Number(b.metadata.name.split('-').at(-1));
