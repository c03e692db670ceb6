import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { PlacementDecision } from '../../api/generated/cluster.ts';
import type { RolloutStrategy } from '../../api/generated/work.ts';
import { label } from '../../api/names.ts';
import type { ClusterStatus, RolloutState } from './cluster-status.ts';
import { groupsOf } from './groups.ts';
import { rollOut } from './rollout.ts';
import { parseDeadline, sizeOf } from './settings.ts';

const now = Date.parse('2026-01-01T01:00:00Z');
const group = (index: number, ...clusters: string[]) => ({ name: `g${index}`, index, clusters });
const six = [group(0, 'c1', 'c2', 'c3', 'c4', 'c5', 'c6')];
const three = [group(0, 'c1', 'c2'), group(1, 'c3', 'c4'), group(2, 'c5', 'c6')];
const states = (written: Record<string, RolloutState | [RolloutState, number]>): ClusterStatus[] =>
  Object.entries(written).map(([cluster, value]) => {
    const [state, secondsAgo] = Array.isArray(value) ? value : [value, 3600];
    return { cluster, state, since: now - secondsAgo * 1000 };
  });
const turn = (strategy: RolloutStrategy, statuses: ClusterStatus[], groups = six) => {
  const { turn: found, timedOut, recheckMs } = rollOut({ strategy, groups, statuses, now });
  return { turn: found.map(({ cluster }) => cluster), timedOut, recheckMs };
};
const progressive = (rest: RolloutStrategy['progressive']): RolloutStrategy => ({
  type: 'Progressive',
  progressive: rest,
});
const perGroup = (rest: RolloutStrategy['progressivePerGroup'] = {}): RolloutStrategy => ({
  type: 'ProgressivePerGroup',
  progressivePerGroup: rest,
});

describe('All', () => {
  test('work.md 106: every cluster at once', () => {
    expect(turn({}, []).turn).toEqual(['c1', 'c2', 'c3', 'c4', 'c5', 'c6']);
    expect(turn({ type: 'All' }, states({ c1: 'Succeeded', c2: 'Failed', c3: 'Progressing' })).turn).toEqual([
      'c2',
      'c3',
      'c4',
      'c5',
      'c6',
    ]);
  });
});

describe('Progressive', () => {
  test.each<
    [
      string,
      NonNullable<RolloutStrategy['progressive']>,
      Record<string, RolloutState | [RolloutState, number]>,
      string[],
    ]
  >([
    ['work.md 111: two of six', { maxConcurrency: 2 }, {}, ['c1', 'c2']],
    ['work.md 111: the next two', { maxConcurrency: 2 }, { c1: 'Succeeded', c2: 'Succeeded' }, ['c3', 'c4']],
    [
      'work.md 111: one takes the place of one',
      { maxConcurrency: 2 },
      { c1: 'Progressing', c2: 'Succeeded' },
      ['c1', 'c3'],
    ],
    [
      'work.md 111: the last',
      { maxConcurrency: 2 },
      {
        c1: 'Succeeded',
        c2: 'Succeeded',
        c3: 'Succeeded',
        c4: 'Succeeded',
        c5: 'Succeeded',
        c6: 'Succeeded',
      },
      [],
    ],
    ['work.md 111: a third of six', { maxConcurrency: '33%' }, {}, ['c1', 'c2']],
    [
      'work.md 112: one failure more than allowed stops it',
      { maxConcurrency: 3, maxFailures: 1 },
      { c1: 'Failed', c2: 'Failed' },
      ['c1', 'c2'],
    ],
    [
      'work.md 112: with room for the failures it goes on',
      { maxConcurrency: 3, maxFailures: 2 },
      { c1: 'Failed', c2: 'Failed' },
      ['c1', 'c2', 'c3'],
    ],
    [
      'work.md 112: more failures allowed than clusters',
      { maxConcurrency: 3, maxFailures: 50 },
      { c1: 'Failed', c2: 'Failed' },
      ['c1', 'c2', 'c3'],
    ],
    [
      'work.md 113: the next waits for the soak',
      { maxConcurrency: 1, minSuccessTime: '5m' },
      { c1: ['Succeeded', 60] },
      ['c1'],
    ],
    [
      'work.md 113: and follows it',
      { maxConcurrency: 1, minSuccessTime: '5m' },
      { c1: ['Succeeded', 301] },
      ['c2'],
    ],
    [
      'work.md 114: a cluster out of time counts as failed',
      { maxConcurrency: 1, progressDeadline: '5s' },
      { c1: ['Progressing', 6] },
      [],
    ],
    [
      'work.md 114: and with one failure allowed the next follows',
      { maxConcurrency: 1, progressDeadline: '5s', maxFailures: 1 },
      { c1: ['Progressing', 6] },
      ['c2'],
    ],
    [
      'work.md 112: nothing new is applied after the breach',
      { maxConcurrency: 3 },
      { c1: 'Failed', c2: 'ToApply' },
      ['c1'],
    ],
  ])('%s', (_, settings, statuses, expected) => {
    expect(turn(progressive(settings), states(statuses)).turn).toEqual(expected);
  });

  test('work.md 113, 114: it comes back when time alone changes something', () => {
    expect(
      turn(progressive({ maxConcurrency: 1, minSuccessTime: '5m' }), states({ c1: ['Succeeded', 60] }))
        .recheckMs,
    ).toBe(240_000);
    expect(
      turn(progressive({ maxConcurrency: 1, progressDeadline: '5m' }), states({ c1: ['Progressing', 60] }))
        .recheckMs,
    ).toBe(240_000);
    expect(turn(progressive({ maxConcurrency: 1 }), states({ c1: 'Progressing' })).recheckMs).toBeUndefined();
  });

  test('work.md 115: mandatory groups go first, by name or by index', () => {
    const byName = progressive({ mandatoryDecisionGroups: [{ groupName: 'g2' }] });
    const byIndex = progressive({ mandatoryDecisionGroups: [{ groupIndex: 1 }] });
    expect(turn(byName, [], three).turn).toEqual(['c5', 'c6']);
    expect(turn(byIndex, [], three).turn).toEqual(['c3', 'c4']);
    expect(turn(byIndex, states({ c3: 'Succeeded', c4: 'Succeeded' }), three).turn).toEqual([
      'c1',
      'c2',
      'c5',
      'c6',
    ]);
    expect(turn(byIndex, states({ c3: 'Succeeded', c4: 'Failed' }), three).turn).toEqual(['c4']);
  });

  test('work.md 131: a timeout outside the mandatory groups does not stop the rest', () => {
    const strategy = progressive({
      mandatoryDecisionGroups: [{ groupIndex: 0 }],
      maxConcurrency: 1,
      progressDeadline: '5s',
      maxFailures: 1,
    });
    expect(
      turn(strategy, states({ c1: 'Succeeded', c2: 'Succeeded', c3: ['Progressing', 60] }), three),
    ).toMatchObject({ turn: ['c4'], timedOut: ['c3'] });
  });

  test('work.md 13, 20: without maxConcurrency the placement decides how many', () => {
    const { turn: found } = rollOut({
      strategy: progressive({}),
      groups: six,
      statuses: [],
      clustersPerGroup: 2,
      now,
    });
    expect(found).toHaveLength(2);
    expect(turn(progressive({}), []).turn).toHaveLength(6);
  });
});

describe('ProgressivePerGroup', () => {
  test.each<[string, RolloutStrategy, Record<string, RolloutState>, string[]]>([
    ['work.md 115: the first group', perGroup(), {}, ['c1', 'c2']],
    ['work.md 115: what is left of it', perGroup(), { c1: 'Succeeded' }, ['c2']],
    ['work.md 115: the next', perGroup(), { c1: 'Succeeded', c2: 'Succeeded' }, ['c3', 'c4']],
    ['work.md 115: not after a failure', perGroup(), { c1: 'Succeeded', c2: 'Failed' }, ['c2']],
    [
      'work.md 115: but after one that is allowed',
      perGroup({ maxFailures: '50%' }),
      { c1: 'Succeeded', c2: 'Failed' },
      ['c2', 'c3', 'c4'],
    ],
    [
      'work.md 115: the mandatory one first',
      perGroup({ mandatoryDecisionGroups: [{ groupName: 'g1' }] }),
      {},
      ['c3', 'c4'],
    ],
  ])('%s', (_, strategy, statuses, expected) => {
    expect(turn(strategy, states(statuses), three).turn).toEqual(expected);
  });

  test('work.md 13, 13: groups with gaps between their indexes', () => {
    expect(turn(perGroup(), states({ a: 'Succeeded' }), [group(0, 'a'), group(7, 'b')]).turn).toEqual(['b']);
  });
});

test('a rollout within its limits always ends, and never exceeds its size', () => {
  const state = fc.constantFrom<RolloutState>('Succeeded', 'Progressing');
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 8 }),
      fc.array(state, { minLength: 1, maxLength: 30 }),
      (size, later) => {
        const clusters = later.map((_, index) => `c${String(index).padStart(2, '0')}`);
        const statuses = new Map<string, ClusterStatus>();
        for (let round = 0; round < 200; round++) {
          const { turn: next } = rollOut({
            strategy: progressive({ maxConcurrency: size }),
            groups: [group(0, ...clusters)],
            statuses: [...statuses.values()],
            now,
          });
          expect(next.length).toBeLessThanOrEqual(size);
          if (next.length === 0) break;
          for (const { cluster, state: current } of next)
            statuses.set(cluster, {
              cluster,
              state: current === 'ToApply' ? later[clusters.indexOf(cluster)]! : 'Succeeded',
              since: now,
            });
        }
        expect([...statuses.values()].every((status) => status.state === 'Succeeded')).toBe(true);
        expect(statuses.size).toBe(clusters.length);
      },
    ),
  );
});

test('addon.md 46: a type that nobody knows', () => {
  expect(() => turn({ type: 'Canary' as never }, [])).toThrow('incorrect rollout strategy type Canary');
});

describe('settings', () => {
  test.each<[number | string | undefined, number, number, number]>([
    [2, 6, 6, 2],
    ['50%', 5, 5, 3],
    [0, 6, 6, 6],
    [9, 6, 6, 6],
    [undefined, 6, 0, 0],
    ['0%', 6, 6, 6],
    [50, 6, 0, 6],
  ])('work.md 6.4: %s of %i', (value, total, fallback, expected) =>
    expect(sizeOf(value, total, fallback)).toBe(expected),
  );

  test('work.md 6.4: what is no size and no time', () => {
    expect(() => sizeOf('two', 6, 0)).toThrow('"two" is neither a number nor a percentage');
    for (const text of ['5|', '5', 'x']) expect(() => parseDeadline(text)).toThrow('invalid timeout format');
    expect([parseDeadline('None'), parseDeadline(''), parseDeadline('2h')]).toEqual([
      Infinity,
      Infinity,
      7_200_000,
    ]);
  });

  test('work.md 6.3: a decision without the index of its group', () => {
    const decision = (index?: string): PlacementDecision => {
      const labels: Record<string, string> = index === undefined ? {} : { [label.decisionGroupIndex]: index };
      return { metadata: { name: 'd', labels } };
    };
    expect(() => groupsOf([decision()])).toThrow('incorrect group index: "" on PlacementDecision d');
    expect(() => groupsOf([decision('x')])).toThrow('incorrect group index: "x"');
  });
});
