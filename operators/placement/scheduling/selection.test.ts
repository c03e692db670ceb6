import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { SpreadConstraint } from '../../api/generated/cluster.ts';
import { cluster, clusters, namesOf, seed } from './fixture.ts';
import { misconfigured } from './problem.ts';
import { countProblem, rank, select } from './selection.ts';

describe('selection', () => {
  test('placement.md 20: equal scores are in the order of names, bytes that is', () => {
    const list = ['b', 'a-1', 'a', 'a10', 'a2'].map((name) => cluster(name));
    expect(namesOf(rank(list, new Map([['b', -1]])))).toEqual(['a', 'a-1', 'a10', 'a2', 'b']);
    expect(namesOf(rank(list, new Map([['b', 1]])))).toEqual(['b', 'a', 'a-1', 'a10', 'a2']);
  });

  test('placement.md 20: the first few are those that all would begin with', () => {
    const totals = fc.array(fc.nat({ max: 3 }), { maxLength: 60 });
    fc.assert(
      fc.property(totals, fc.nat({ max: 12 }), (drawn, wanted) => {
        const list = drawn.map((_, at) => cluster(`c${(at * 37) % 64}`));
        const scores = new Map(drawn.map((total, at) => [`c${(at * 37) % 64}`, total]));
        expect(rank(list, scores, wanted)).toEqual(rank(list, scores).slice(0, wanted));
      }),
      { seed },
    );
  });

  test.each<
    [row: string, numberOfClusters: number | undefined, there: number, selected: number, missing: number]
  >([
    ['placement.md 2', 3, 1, 1, 2],
    ['placement.md 9', 4, 2, 2, 2],
    ['placement.md 18', 0, 3, 0, 0],
    ['placement.md 19', undefined, 3, 3, 0],
    ['fewer than there are', 2, 3, 2, 0],
    ['none are there', 2, 0, 0, 2],
  ])('%s: how many', (_, numberOfClusters, there, selected, missing) => {
    const selection = select(clusters(there), numberOfClusters);
    expect(namesOf(selection.selected)).toEqual(namesOf(clusters(selected)));
    expect(selection.unscheduled).toBe(missing);
  });

  test('placement.md 21: a negative number is a misconfiguration', () => {
    expect(countProblem(-1)).toEqual(misconfigured('numberOfClusters must not be negative, it is -1'));
    expect(countProblem(0)).toBeUndefined();
    expect(countProblem(undefined)).toBeUndefined();
  });
});

describe('spread constraints', () => {
  const byZone = (rest: Partial<SpreadConstraint> = {}): SpreadConstraint => ({
    topologyKey: 'zone',
    topologyKeyType: 'Label',
    ...rest,
  });
  const byRegion = (rest: Partial<SpreadConstraint> = {}): SpreadConstraint => ({
    topologyKey: 'region',
    topologyKeyType: 'Claim',
    ...rest,
  });
  const hard = { whenUnsatisfiable: 'DoNotSchedule' } as const;
  /** `a1` is the first cluster of zone `a`; one without a zone is `-1`. */
  const zoned = (...names: string[]) =>
    names.map((name) => cluster(name, name.startsWith('-') ? {} : { labels: { zone: name[0]! } }));
  const picked = (
    list: ReturnType<typeof zoned>,
    number: number | undefined,
    ...constraints: SpreadConstraint[]
  ) => namesOf(select(list, number, constraints).selected).join(' ');

  test.each<
    [what: string, ranked: string, number: number | undefined, constraint: SpreadConstraint, wanted: string]
  >([
    ['takes turns, the best of each first', 'a1 a2 a3 b1 b2 c1', 4, byZone(), 'a1 b1 c1 a2'],
    ['lets values differ by the skew', 'a1 a2 a3 b1 b2', 3, byZone({ maxSkew: 2 }), 'a1 a2 b1'],
    ['is uneven when nothing else is left', 'a1 a2 a3 b1', 4, byZone(), 'a1 b1 a2 a3'],
    ['or selects fewer', 'a1 a2 a3 b1', 4, byZone(hard), 'a1 b1 a2'],
    ['selects fewer of all as well', 'a1 a2 a3 b1', undefined, byZone(hard), 'a1 b1 a2'],
    ['takes clusters without a value last', '-1 a1 a2', 2, byZone(), 'a1 a2'],
    ['or not at all', '-1 a1 -2', 3, byZone(hard), 'a1'],
    ['has nothing to say when no cluster has a value', '-1 -2', 1, byZone(), '-1'],
    ['selects none when none may be', '-1 -2', 1, byZone(hard), ''],
  ])('1.1: %s', (_, ranked, number, constraint, wanted) => {
    expect(picked(zoned(...ranked.split(' ')), number, constraint)).toBe(wanted);
  });

  test('1.1: what hard constraints leave out is unscheduled', () => {
    expect(select(zoned('a1', 'a2', 'b1'), 3, [byZone(hard)]).unscheduled).toBe(0);
    expect(select(zoned('a1', 'a2', 'a3', 'b1'), 4, [byZone(hard)]).unscheduled).toBe(1);
  });

  test('1.1: claims, and the first constraint weighs most', () => {
    const list = [
      cluster('a', { labels: { zone: '1' }, claims: { region: 'x' } }),
      cluster('b', { labels: { zone: '1' }, claims: { region: 'y' } }),
      cluster('c', { labels: { zone: '2' }, claims: { region: 'x' } }),
    ];
    expect(picked(list, 2, byZone(), byRegion())).toBe('a c');
    expect(picked(list, 2, byRegion(), byZone())).toBe('a b');
    expect(picked(list, 2, byZone(), byRegion(hard))).toBe('a b');
  });

  test('1.1: no value is ahead of another by more than the skew, unless it is of a soft constraint', () => {
    const zones = fc.array(fc.constantFrom('a', 'b', 'c', '-'), { maxLength: 30 });
    fc.assert(
      fc.property(zones, fc.nat({ max: 35 }), fc.integer({ min: 1, max: 3 }), (drawn, number, maxSkew) => {
        const list = zoned(...drawn.map((zone, at) => `${zone}${at}`));
        const firm = select(list, number, [byZone({ ...hard, maxSkew })]);
        const counts = new Map<string, number>();
        for (const { metadata } of list) if (metadata.labels) counts.set(metadata.labels['zone']!, 0);
        for (const { metadata } of firm.selected) {
          const zone = metadata.labels!['zone']!;
          counts.set(zone, counts.get(zone)! + 1);
        }
        const numbers = [...counts.values()];
        if (numbers.length > 0)
          expect(Math.max(...numbers) - Math.min(...numbers)).toBeLessThanOrEqual(maxSkew);
        expect(firm.selected.length + firm.unscheduled).toBe(number);

        const soft = select(list, number, [byZone({ maxSkew })]);
        expect(soft.selected.length).toBe(Math.min(number, list.length));
        expect(new Set(soft.selected).size).toBe(soft.selected.length);
        expect(soft.selected.slice(0, firm.selected.length)).toEqual(firm.selected);
      }),
      { seed },
    );
  });

  test('1.1: each pick is the best ranked of those that break least', () => {
    const kinds = fc.record({
      zone: fc.constantFrom('a', 'b', 'c', '-'),
      region: fc.constantFrom('x', 'y', '-'),
    });
    const constraint = (make: typeof byZone) =>
      fc
        .record({
          maxSkew: fc.integer({ min: 1, max: 3 }),
          whenUnsatisfiable: fc.constantFrom('DoNotSchedule', 'ScheduleAnyway'),
        })
        .map(make);
    const drawn = fc.tuple(fc.array(kinds, { maxLength: 25 }), fc.nat({ max: 25 }));
    fc.assert(
      fc.property(drawn, constraint(byZone), constraint(byRegion), ([fleet, number], first, second) => {
        const list = fleet.map(({ zone, region }, at) =>
          cluster(`c${at}`, {
            ...(zone !== '-' && { labels: { zone } }),
            ...(region !== '-' && { claims: { region } }),
          }),
        );
        const traits = [fleet.map(({ zone }) => zone), fleet.map(({ region }) => region)];
        const chosen: number[] = [];
        const breaks = (at: number, each: number, { maxSkew }: SpreadConstraint): boolean => {
          const values = traits[each]!;
          const countOf = (value: string) => chosen.filter((one) => values[one] === value).length;
          const known = [...new Set(values)].filter((value) => value !== '-');
          const mine = values[at]!;
          return mine === '-' || countOf(mine) + 1 - Math.min(...known.map(countOf)) > maxSkew!;
        };
        while (chosen.length < number) {
          const costs = fleet.flatMap((_, at) => {
            if (chosen.includes(at)) return [];
            const broken = [first, second].map((each, index) => breaks(at, index, each));
            const isBarred = [first, second].some(
              (each, index) => broken[index] && each.whenUnsatisfiable === 'DoNotSchedule',
            );
            return isBarred ? [] : [[2 * Number(broken[0]) + Number(broken[1]), at] as const];
          });
          const [best] = costs.toSorted(([cost, at], [other, to]) => cost - other || at - to);
          if (best === undefined) break;
          chosen.push(best[1]);
        }
        expect(namesOf(select(list, number, [first, second]).selected)).toEqual(chosen.map((at) => `c${at}`));
      }),
      { seed },
    );
  });
});
