import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { AddOnPlacementScore, PlacementDecision } from '../../../api/generated/cluster.ts';
import { label } from '../../../api/names.ts';
import { type ClusterTraits, cluster, clusters, foreign, now, own, score, seed } from '../fixture.ts';
import { addOnScores } from './addon.ts';
import { balance, countDecisions } from './balance.ts';
import { prioritize } from './prioritize.ts';
import { allocatable } from './resources.ts';
import { steady } from './steady.ts';

const three = ['cluster1', 'cluster2', 'cluster3'];
const valuesOf = (scores: ReadonlyMap<string, number>) => three.map((name) => scores.get(name));

describe('Steady', () => {
  test.each<[row: string, decided: string[], wanted: number[]]>([
    ['none', [], [0, 0, 0]],
    ['one', ['cluster1'], [100, 0, 0]],
    ['two', ['cluster1', 'cluster3'], [100, 0, 100]],
  ])('placement.md 58: %s', (_, decided, wanted) => {
    expect(valuesOf(steady(three, new Set(decided)))).toEqual(wanted);
  });
});

describe('Balance', () => {
  test.each<[row: string, present: PlacementDecision[], others: PlacementDecision[], wanted: number[]]>([
    ['placement.md 59: no decisions', [], [], [100, 100, 100]],
    ['placement.md 59: only those of its own', [own('cluster1')], [], [100, 100, 100]],
    ['placement.md 59: of another', [], [foreign(['cluster1'])], [-100, 100, 100]],
    [
      'placement.md 59: of two others',
      [],
      [foreign(['cluster1', 'cluster2']), foreign(['cluster1', 'cluster3'])],
      [-100, 0, 0],
    ],
    [
      'placement.md 59: one of three, two of three',
      [],
      [
        foreign(['cluster1']),
        foreign(['cluster1', 'cluster2']),
        foreign(['cluster1', 'cluster2', 'cluster3']),
      ],
      [-100, -32, 32],
    ],
    [
      'placement.md 60: the label of its name in another namespace',
      [own('cluster2')],
      [foreign(['cluster1'], { [label.placement]: 'place' })],
      [-100, 100, 100],
    ],
    [
      '7.2: a cluster that is no candidate has most',
      [],
      [foreign(['other']), foreign(['other', 'cluster1'])],
      [0, 100, 100],
    ],
    [
      '7.2: what is left of a division is cut off',
      [],
      [
        ...Array.from({ length: 7 }, () => foreign(['cluster1'])),
        ...Array.from({ length: 4 }, () => foreign(['cluster2'])),
      ],
      [-100, -14, 100],
    ],
  ])('%s', (_, present, others, wanted) => {
    const [all, mine] = [countDecisions([...present, ...others]), countDecisions(present)];
    expect(valuesOf(balance(three, all, mine))).toEqual(wanted);
  });

  test('7.2: stays within its bounds and falls with the number of decisions', () => {
    const counts = fc.uniqueArray(fc.tuple(fc.stringMatching(/^[a-z]{1,3}$/), fc.nat({ max: 50 })), {
      selector: ([name]) => name,
      minLength: 1,
    });
    fc.assert(
      fc.property(counts, (entries) => {
        const all = new Map(entries.filter(([, count]) => count > 0));
        const scores = balance(
          entries.map(([name]) => name),
          all,
          new Map(),
        );
        for (const [name, count] of entries) {
          expect(Math.abs(scores.get(name)!)).toBeLessThanOrEqual(100);
          for (const [other, more] of entries)
            if (more > count) expect(scores.get(name)!).toBeGreaterThanOrEqual(scores.get(other)!);
        }
      }),
      { seed },
    );
  });
});

describe('ResourceAllocatableCPU and ResourceAllocatableMemory', () => {
  const scored = (resource: 'cpu' | 'memory', amounts: (number | string | undefined)[]) =>
    allocatable(
      amounts.map((amount, at) => cluster(three[at]!, { [resource]: amount } satisfies ClusterTraits)),
      resource,
      'Plugin',
    );
  test.each<[row: string, amounts: (number | string | undefined)[], wanted: (number | undefined)[]]>([
    ['placement.md 61: apart', [20, 60, 100], [-100, 0, 100]],
    ['placement.md 61: equal', [50, 50, 50], [100, 100, 100]],
    ['placement.md 61: zero', [0, '0', '0Gi'], [100, 100, 100]],
    ['placement.md 61: no data', [undefined, undefined, undefined], [undefined, undefined, undefined]],
    ['placement.md 62: one without data', [undefined, 20, 100], [undefined, -100, 100]],
    ['7.2: the same in several notations', ['1Gi', 1073741824, '1048576Ki'], [100, 100, 100]],
    ['7.2: thousandths', ['1500m', '2', '2500m'], [-100, 0, 100]],
    ['7.2: what is left of a division is cut off', ['0', '1', '3'], [-100, -33, 100]],
    [
      '7.2: more than floats can tell apart',
      ['9007199254740992', '9007199254740993', '9007199254740994'],
      [-100, 0, 100],
    ],
  ])('%s', (_, amounts, wanted) => {
    for (const resource of ['cpu', 'memory'] as const) {
      const { scores, warning } = scored(resource, amounts);
      expect(valuesOf(scores)).toEqual(wanted);
      expect(warning).toBeUndefined();
    }
  });

  test('placement.md 61: no data is an empty map', () => {
    expect(scored('cpu', [undefined, undefined]).scores.size).toBe(0);
  });

  test('placement.md 63: no entry without capacity', () => {
    const [first, ...rest] = [
      cluster('cluster1', { cpu: 1 }),
      cluster('cluster2', { cpu: 2 }),
      cluster('cluster3', { cpu: 3 }),
    ];
    const partly = { ...first!, status: { ...first!.status, capacity: {} } };
    expect(valuesOf(allocatable([partly, ...rest], 'cpu', 'Plugin').scores)).toEqual([undefined, -100, 100]);
  });

  test('a quantity that cannot be read is a warning, and no data', () => {
    const { scores, warning } = scored('cpu', ['1e1.5', 1, 2]);
    expect(valuesOf(scores)).toEqual([undefined, -100, 100]);
    expect(warning).toMatchObject({ code: 'Warning', plugin: 'Plugin' });
    expect(warning?.message).toMatch(
      /^allocatable cpu of ManagedCluster cluster1 cannot be read: "1e1.5" is not/,
    );
  });
});

describe('AddOn', () => {
  const scored = (scores: (AddOnPlacementScore | undefined)[]) => {
    const lookup = new Map(scores.map((each, at) => [three[at]!, each]));
    const scoreOf = (name: string, resource: string) => (resource === 'test' ? lookup.get(name) : undefined);
    return addOnScores(three, { resourceName: 'test', scoreName: 'score1' }, scoreOf, now);
  };
  const before = '2025-12-31T23:59:59Z';
  const after = '2026-01-01T00:00:10Z';
  const expired = (message: string) => ({ code: 'Warning', plugin: 'AddOn/test/score1', message });

  type Case = [row: string, scores: (AddOnPlacementScore | undefined)[], wanted: number[], warning?: unknown];
  const cases: Case[] = [
    ['placement.md 64: no objects', [], [0, 0, 0]],
    ['placement.md 64: partly', [score({ score1: 30 }), undefined, score({ score1: -50 })], [30, 0, -50]],
    [
      'placement.md 64: expired',
      [score({ score1: 30 }, before), score({ score1: 40 }), score({ score1: 50 }, after)],
      [0, 40, 50],
      expired('AddOnPlacementScores cluster1/test expired'),
    ],
    [
      'placement.md 64: two expired',
      [score({ score1: 30 }, before), score({ score1: 40 }, before)],
      [0, 0, 0],
      expired('AddOnPlacementScores cluster1/test cluster2/test expired'),
    ],
    [
      'placement.md 64: all',
      [score({ score1: 30 }), score({ score1: 40 }), score({ score1: 50 })],
      [30, 40, 50],
    ],
    [
      'placement.md 65: no score of the name',
      [score({ other: 30 }), score({}), { metadata: { name: 'test' } }],
      [0, 0, 0],
    ],
    [
      'placement.md 66: the last of two',
      [
        {
          metadata: { name: 'test' },
          status: {
            scores: [
              { name: 'score1', value: 1 },
              { name: 'score1', value: 2 },
            ],
          },
        },
      ],
      [2, 0, 0],
    ],
    ['7.2: valid until the moment itself', [score({ score1: 30 }, '2026-01-01T00:00:00Z')], [30, 0, 0]],
    [
      '7.2: a moment that nobody can read has passed',
      [score({ score1: 30 }, 'tomorrow')],
      [0, 0, 0],
      expired('AddOnPlacementScores cluster1/test expired'),
    ],
  ];
  test.each(cases.map(([row, ...rest]) => ({ row, rest })))('$row', ({ rest }) => {
    const [scores, wanted, warning] = rest;
    const result = scored(scores);
    expect(valuesOf(result.scores)).toEqual(wanted);
    expect(result.warning).toEqual(warning);
  });

  test('P6: scores are looked at again when the first of them has expired', () => {
    const later = '2026-01-01T01:00:00Z';
    const lives = [score({ score1: 1 }, later), score({ score1: 1 }, after), score({ score1: 1 }, before)];
    const { rescoreAt } = scored(lives);
    expect(rescoreAt).toBe(Date.parse(after) + 1);
    expect(scored([score({ score1: 1 })]).rescoreAt).toBeUndefined();
    const then = addOnScores(
      ['cluster2'],
      { resourceName: 'test', scoreName: 'score1' },
      () => lives[1],
      rescoreAt!,
    );
    expect(then.scores.get('cluster2')).toBe(0);
  });
});

test('placement.md 67: a cluster that a scorer does not know keeps its other scores', () => {
  const { totals, results } = prioritize(
    [cluster('cluster1', { cpu: 1 }), cluster('cluster2'), cluster('cluster3', { cpu: 3 })],
    [
      { name: 'ResourceAllocatableCPU', builtIn: 'ResourceAllocatableCPU', weight: 2 },
      { name: 'Steady', builtIn: 'Steady', weight: 3 },
    ],
    {
      allDecisions: new Map(),
      ownDecisions: countDecisions([own('cluster2')]),
      scoresOf: () => undefined,
      now,
    },
  );
  expect(valuesOf(totals)).toEqual([-200, 300, 200]);
  expect(results.map(({ name, weight, scores }) => [name, weight, scores.size])).toEqual([
    ['ResourceAllocatableCPU', 2, 2],
    ['Steady', 3, 3],
  ]);
});

test('7.1, P15: of several warnings the last counts, and the earliest expiry', () => {
  const until = (validUntil: string) => score({ s: 1 }, validUntil);
  const objects: Record<string, AddOnPlacementScore> = {
    a: until('2025-01-01T00:00:00Z'),
    b: until('2025-01-01T00:00:00Z'),
    c: until('2027-01-01T00:00:00Z'),
    d: until('2026-06-01T00:00:00Z'),
  };
  const scorers = Object.keys(objects).map((resourceName) => ({
    name: `AddOn/${resourceName}/s`,
    addOn: { resourceName, scoreName: 's' },
    weight: 1,
  }));
  const inputs = {
    allDecisions: new Map(),
    ownDecisions: new Map(),
    scoresOf: (_: string, resource: string) => objects[resource],
    now,
  };
  const { warning, rescoreAt } = prioritize(clusters(1), scorers, inputs);
  expect(warning?.message).toBe('AddOnPlacementScores cluster1/b expired');
  expect(rescoreAt).toBe(Date.parse('2026-06-01T00:00:00Z') + 1);
});
