import { describe, expect, test } from '@jest/globals';
import type {
  ManagedCluster,
  PlacementSpec,
  PrioritizerPolicyConfiguration,
} from '../../api/generated/cluster.ts';
import { type Decided, type Situation, decide } from './decide.ts';
import { decisionChanges } from './decisions/changes.ts';
import { cluster, clusters, foreign, namesOf, now, own, placement, score, situation } from './fixture.ts';
import { filterClusters } from './filters/pipeline.ts';
import { misconfigured } from './problem.ts';
import { rank } from './selection.ts';
import { placementConditions } from './status/conditions.ts';

const builtIn = (name: string, weight?: number): PrioritizerPolicyConfiguration => ({
  scoreCoordinate: { type: 'BuiltIn', builtIn: name },
  weight,
});
const decidedNames = ({ desired }: Decided): string[] =>
  desired.decisions.flatMap(({ status }) => status!.decisions.map(({ clusterName }) => clusterName));
const scoresOf = ({ results }: Decided) =>
  Object.fromEntries(results.map(({ name, scores }) => [name, [...scores.values()]]));
const conditionsOf = (spec: PlacementSpec, { outcome }: Decided) =>
  placementConditions(placement(spec), outcome).map(({ status, reason, message }) => [
    status,
    reason,
    message,
  ]);

const wrongTaint = misconfigured('If the key is empty, operator must be Exists.', 'TaintToleration');

describe('pipeline', () => {
  test('placement.md 1: the scores of the default policy', () => {
    const decided = decide(situation({}, clusters(1)));
    expect(decidedNames(decided)).toEqual(['cluster1']);
    expect(scoresOf(decided)).toEqual({ Balance: [100], Steady: [0] });
    expect(decided.outcome).toMatchObject({ problem: undefined, selected: 1, unscheduled: 0 });
  });

  test.each<
    [
      row: string,
      spec: PlacementSpec,
      number: number,
      rest: Parameters<typeof situation>[2],
      wanted: string[],
      unscheduled: number,
    ]
  >([
    ['placement.md 2', { numberOfClusters: 3 }, 1, {}, ['cluster1'], 2],
    [
      'placement.md 4',
      { numberOfClusters: 2 },
      3,
      { present: [own('cluster1', 'cluster2')] },
      ['cluster1', 'cluster2'],
      0,
    ],
    [
      'placement.md 5',
      { numberOfClusters: 1, prioritizerPolicy: { mode: '' } },
      3,
      { present: [own('cluster2')] },
      ['cluster2'],
      0,
    ],
    [
      'placement.md 9',
      { numberOfClusters: 4 },
      2,
      { present: [own('cluster1')] },
      ['cluster1', 'cluster2'],
      2,
    ],
    [
      'placement.md 10',
      { numberOfClusters: 1 },
      3,
      { others: [foreign(['cluster1', 'cluster2'])] },
      ['cluster3'],
      0,
    ],
    [
      'placement.md 11',
      { numberOfClusters: 1 },
      3,
      {
        present: [own('cluster3')],
        others: [foreign(['cluster2', 'cluster3']), foreign(['cluster1', 'cluster2'])],
      },
      ['cluster3'],
      0,
    ],
    [
      'placement.md 16',
      {
        numberOfClusters: 1,
        prioritizerPolicy: { configurations: [builtIn('Steady', 0), builtIn('Balance', 0)] },
      },
      3,
      { present: [own('cluster3')], others: [foreign(['cluster1'])] },
      ['cluster1'],
      0,
    ],
    ['placement.md 18', { numberOfClusters: 0 }, 3, { present: [own('cluster3')] }, [], 0],
    ['placement.md 19', {}, 3, {}, ['cluster1', 'cluster2', 'cluster3'], 0],
    ['placement.md 20', { numberOfClusters: 2 }, 3, {}, ['cluster1', 'cluster2'], 0],
    [
      '8: placements that balance',
      { numberOfClusters: 1 },
      2,
      { others: [foreign(['cluster1'])] },
      ['cluster2'],
      0,
    ],
  ])('%s', (_, spec, number, rest, wanted, unscheduled) => {
    const decided = decide(situation(spec, clusters(number), rest));
    expect(decidedNames(decided)).toEqual(wanted);
    expect(decided.outcome).toMatchObject({ problem: undefined, unscheduled });
    expect(decided.outcome.kept).toBeUndefined();
  });

  test('placement.md 4, 10, 11: their scores and ranks', () => {
    const scored = (number: number, rest: Parameters<typeof situation>[2]) =>
      decide(situation({ numberOfClusters: number }, clusters(3), rest));
    expect(scoresOf(scored(2, { present: [own('cluster1', 'cluster2')] }))).toEqual({
      Balance: [100, 100, 100],
      Steady: [100, 100, 0],
    });
    const tenth = scored(1, { others: [foreign(['cluster1', 'cluster2'])] });
    expect(scoresOf(tenth)['Balance']).toEqual([-100, -100, 100]);
    expect(namesOf(rank(tenth.candidates, tenth.totals))).toEqual(['cluster3', 'cluster1', 'cluster2']);
    const eleventh = scored(1, {
      present: [own('cluster3')],
      others: [foreign(['cluster2', 'cluster3']), foreign(['cluster1', 'cluster2'])],
    });
    expect(scoresOf(eleventh)).toEqual({ Balance: [0, -100, 0], Steady: [0, 0, 100] });
  });

  const sized: ManagedCluster[] = [
    cluster('cluster1', { memory: 100, cpu: 3 }),
    cluster('cluster2', { memory: 50, cpu: 2 }),
    cluster('cluster3', { memory: 0, cpu: 1 }),
  ];
  test('placement.md 7: scorers of all kinds are added to the defaults', () => {
    const values: Record<string, number> = { cluster1: 30, cluster2: 40, cluster3: 50 };
    const configurations = [
      builtIn('Balance', 3),
      builtIn('ResourceAllocatableMemory', 1),
      {
        scoreCoordinate: { type: 'AddOn', addOn: { resourceName: 'demo', scoreName: 'demo' } },
        weight: 1,
      } as const,
    ];
    const decided = decide(
      situation({ numberOfClusters: 2, prioritizerPolicy: { mode: 'Additive', configurations } }, sized, {
        scoresOf: (name) => score({ demo: values[name]! }),
      }),
    );
    expect(decidedNames(decided)).toEqual(['cluster1', 'cluster2']);
    expect(Object.fromEntries(decided.totals)).toEqual({ cluster1: 430, cluster2: 340, cluster3: 250 });
    expect(decided.results.map(({ name, weight }) => [name, weight])).toEqual([
      ['AddOn/demo/demo', 1],
      ['Balance', 3],
      ['ResourceAllocatableMemory', 1],
      ['Steady', 1],
    ]);
  });

  test('placement.md 8: Exact knows no other scorers', () => {
    const configurations = [builtIn('Balance', 3), builtIn('ResourceAllocatableMemory', 1)];
    const decided = decide(
      situation({ numberOfClusters: 2, prioritizerPolicy: { mode: 'Exact', configurations } }, sized),
    );
    expect(decidedNames(decided)).toEqual(['cluster1', 'cluster2']);
    expect(Object.keys(scoresOf(decided))).toEqual(['Balance', 'ResourceAllocatableMemory']);
  });

  test('placement.md 17: a negative weight prefers the least', () => {
    const configurations = [builtIn('ResourceAllocatableCPU', -1)];
    const decided = decide(situation({ prioritizerPolicy: { mode: 'Exact', configurations } }, sized));
    expect(namesOf(rank(decided.candidates, decided.totals))).toEqual(['cluster3', 'cluster2', 'cluster1']);
  });

  test('placement.md 18: one empty object, and why', () => {
    const spec = { numberOfClusters: 0 };
    const decided = decide(situation(spec, clusters(3), { present: [own('cluster1')] }));
    expect(decided.desired.decisions.map(({ metadata, status }) => [metadata.name, status])).toEqual([
      ['place-decision-1', { decisions: [] }],
    ]);
    expect(conditionsOf(spec, decided)[0]![1]).toBe('NoManagedClusterMatched');
  });

  test('17: sorted by score, decisions show it', () => {
    const configurations = [builtIn('ResourceAllocatableCPU', -1)];
    const spec: PlacementSpec = { sortBy: 'Score', prioritizerPolicy: { mode: 'Exact', configurations } };
    expect(decide(situation(spec, sized)).desired.decisions[0]!.status!.decisions).toEqual([
      { clusterName: 'cluster3', reason: '', score: 100 },
      { clusterName: 'cluster2', reason: '' },
      { clusterName: 'cluster1', reason: '', score: -100 },
    ]);
  });

  test('placement.md 64: an expired score is a warning, and the decisions are made', () => {
    const configurations: PrioritizerPolicyConfiguration[] = [
      { scoreCoordinate: { type: 'AddOn', addOn: { resourceName: 'demo', scoreName: 'demo' } } },
    ];
    const given = situation({ prioritizerPolicy: { mode: 'Exact', configurations } }, clusters(1), {
      scoresOf: () => score({ demo: 1 }, '2025-01-01T00:00:00Z'),
      filtered: {
        clusters: clusters(1),
        problem: { code: 'Warning', plugin: 'Predicate', message: 'of a filter' },
      },
    });
    const { outcome, desired } = decide(given);
    expect(outcome.problem?.message).toBe('AddOnPlacementScores cluster1/demo expired');
    expect(outcome.kept).toBeUndefined();
    expect(desired.groups[0]!.clusterCount).toBe(1);
    expect(decide({ ...given, scoresOf: () => undefined }).outcome.problem?.plugin).toBe('Predicate');
  });
});

describe('filters and what follows', () => {
  const filter = (spec: PlacementSpec, available: readonly ManagedCluster[]) =>
    filterClusters(spec, available, { scoresOf: () => undefined, decided: new Set(), now });

  test('placement.md 6: untolerated clusters are missing', () => {
    const tainted = (name: string, key: string): ManagedCluster => ({
      ...cluster(name),
      spec: { taints: [{ key, value: 'value1', effect: 'NoSelect', timeAdded: '2025-12-31T00:00:00Z' }] },
    });
    const available = [tainted('cluster1', 'key1'), tainted('cluster2', 'key2'), cluster('cluster3')];
    const spec: PlacementSpec = {
      numberOfClusters: 3,
      tolerations: [{ key: 'key1', operator: 'Equal', value: 'value1' }],
    };
    const decided = decide(situation(spec, available, { filtered: filter(spec, available) }));
    expect(decidedNames(decided)).toEqual(['cluster1', 'cluster3']);
    expect(decided.outcome).toMatchObject({ problem: undefined, unscheduled: 1 });
  });

  test('placement.md 3: a wrong toleration leaves no scores, and of the filters the first', () => {
    const spec: PlacementSpec = { numberOfClusters: 2, tolerations: [{ operator: 'Equal', value: 'v' }] };
    const filtered = filter(spec, clusters(1));
    expect(filtered.stages.map(({ name }) => name)).toEqual(['Predicate']);
    const decided = decide(situation(spec, clusters(1), { filtered }));
    expect(decided).toMatchObject({
      results: [],
      candidates: [],
      outcome: { problem: wrongTaint, selected: 0, unscheduled: 0, kept: 0 },
    });
    expect(decidedNames(decided)).toEqual([]);
  });
});

const wrongGroup = {
  groupName: 'wrong',
  groupClusterSelector: { labelSelector: { matchExpressions: [{ key: 'a', operator: 'Near' }] } },
};
const mistakes: [row: string, spec: PlacementSpec, rest: Partial<Situation>, message: string][] = [
  [
    'placement.md 3',
    { numberOfClusters: 2 },
    { filtered: { clusters: [], problem: wrongTaint } },
    'TaintToleration:If the key is empty, operator must be Exists.',
  ],
  ['placement.md 12', { prioritizerPolicy: { mode: 'Foo' } }, {}, ':incorrect prioritizer policy mode: Foo'],
  [
    'placement.md 14',
    { prioritizerPolicy: { configurations: [builtIn('Spread', 1)] } },
    {},
    ':incorrect builtin prioritizer: Spread',
  ],
  ['placement.md 21', { numberOfClusters: -1 }, {}, ':numberOfClusters must not be negative, it is -1'],
  [
    'placement.md 89',
    { decisionStrategy: { groupStrategy: { clustersPerDecisionGroup: '5' } } },
    {},
    ':5 invalid type: string is not a percentage',
  ],
  [
    '9.2',
    { decisionStrategy: { groupStrategy: { decisionGroups: [wrongGroup] } } },
    {},
    ':"Near" is not a valid label selector operator',
  ],
];

describe('P3: the last decisions stay', () => {
  const present = [own('cluster1', 'cluster3')];

  test.each(mistakes)('%s: while the placement is misconfigured', (_, spec, rest, message) => {
    const decided = decide(situation(spec, clusters(3), { present, ...rest }));
    expect(decidedNames(decided)).toEqual(['cluster1', 'cluster3']);
    expect(decisionChanges('place', present, decided.desired.decisions)).toEqual({
      create: [],
      update: [],
      remove: [],
    });
    expect(decided.outcome).toMatchObject({ kept: 2, problem: { code: 'Misconfigured' } });
    expect(decided.desired.groups[0]!.clusterCount).toBe(2);
    expect(conditionsOf(spec, decided)).toEqual([
      ['False', 'Misconfigured', 'Placement is misconfigured; the last 2 cluster decisions are kept'],
      ['True', 'Misconfigured', message],
    ]);
  });

  test.each(mistakes)('%s: as upstream does it, they are cleared', (_, spec, rest) => {
    const decided = decide(situation(spec, clusters(3), { present, ...rest, mayStay: undefined }));
    expect(decided.desired.decisions.map(({ status }) => status)).toEqual([{ decisions: [] }]);
    expect(conditionsOf(spec, decided).map(([status]) => status)).toEqual(['False', 'True']);
  });

  test.each(mistakes)('%s: P12, it is told without any cluster', (_, spec, rest, message) => {
    const decided = decide({ ...situation(spec, []), ...rest });
    expect(conditionsOf(spec, decided)[1]).toEqual(['True', 'Misconfigured', message]);
    expect(decided.outcome.kept).toBe(0);
    expect(decided.desired.decisions).toHaveLength(1);
  });

  const unbound = { hasBindings: false, eligibleSets: [], availableClusters: 0 };
  const unnamed = { hasBindings: true, eligibleSets: [], availableClusters: 0 };
  const there = (name: string) => clusters(3).find(({ metadata }) => metadata.name === name);
  test.each([
    ['the binding is gone', unbound, 'NoManagedClusterSetBindings'],
    ['placement.md 75: the set of the binding is gone', unbound, 'NoManagedClusterSetBindings'],
    ['no set that it names is bound', unnamed, 'NoIntersection'],
  ])('%s', (_, supply, reason) => {
    const decided = decide({ ...situation({}, [], { present, supply }), mayStay: there });
    expect(decidedNames(decided)).toEqual(['cluster1', 'cluster3']);
    expect(conditionsOf({}, decided)[0]).toEqual([
      'False',
      reason,
      expect.stringMatching(/; the last 2 cluster decisions are kept$/),
    ]);
    const cleared = decide(situation({}, [], { present, supply, mayStay: undefined }));
    expect(decidedNames(cleared)).toEqual([]);
    expect(cleared.desired.decisions).toHaveLength(1);
  });

  test('placement.md 73: a cluster that is removed, or leaves the sets, does not', () => {
    const spec = { numberOfClusters: -1 };
    const decided = decide(situation(spec, clusters(2), { present }));
    expect(decidedNames(decided)).toEqual(['cluster1']);
    expect(decided.outcome.kept).toBe(1);
  });

  test('sets without clusters have none, and none are wanted with numberOfClusters 0', () => {
    const empty = { hasBindings: true, eligibleSets: ['set1'], availableClusters: 0 };
    expect(
      decidedNames(decide({ ...situation({}, [], { present, supply: empty }), mayStay: there })),
    ).toEqual([]);
    const none = situation({ numberOfClusters: 0 }, [], { present, supply: unbound });
    expect(decidedNames(decide({ ...none, mayStay: there }))).toEqual([]);
  });

  test('groups, shards and scores stay as they are, and are whole when the mistake is gone', () => {
    const many = Array.from({ length: 230 }, (_, at) =>
      cluster(`c${1000 + at}`, { cpu: at, labels: { tier: at < 120 ? 'first' : 'second' } }),
    );
    const spec: PlacementSpec = {
      sortBy: 'Score',
      prioritizerPolicy: { mode: 'Exact', configurations: [builtIn('ResourceAllocatableCPU')] },
      decisionStrategy: {
        groupStrategy: {
          decisionGroups: [
            {
              groupName: 'canary',
              groupClusterSelector: { labelSelector: { matchLabels: { tier: 'first' } } },
            },
          ],
        },
      },
    };
    const good = decide(situation(spec, many)).desired;
    expect(good.decisions.map(({ status }) => status!.decisions.length)).toEqual([100, 20, 100, 10]);
    const bad = decide(
      situation({ ...spec, numberOfClusters: -1 }, many, { present: good.decisions.toReversed() }),
    );
    expect(bad.desired).toEqual(good);
    expect(decide(situation(spec, many.toReversed(), { present: bad.desired.decisions })).desired).toEqual(
      good,
    );
  });

  test('what someone wrote into labels or names does no harm', () => {
    const odd = own('cluster2', 'cluster2', 'gone', '__proto__');
    odd.metadata.labels!['cluster.open-cluster-management.io/decision-group-index'] = 'x';
    odd.metadata.name = 'place-decision-last';
    const decided = decide(
      situation({ numberOfClusters: -1 }, clusters(3), { present: [odd, own('cluster1', 'cluster2')] }),
    );
    expect(decided.desired.groups.map(({ clusterCount }) => clusterCount)).toEqual([2]);
    expect(decidedNames(decided)).toEqual(['cluster1', 'cluster2']);
  });
});

test('P9: a placement whose name is too long for a label says so, and has no objects', () => {
  const long = placement({}, 'p'.repeat(64));
  const { desired, outcome } = decide({ ...situation({}, clusters(1)), placement: long });
  expect(desired).toEqual({ decisions: [], groups: [] });
  expect(placementConditions(long, outcome)[1]).toMatchObject({
    status: 'True',
    message: expect.stringMatching(/^:the name has 64 characters/),
  });
});
