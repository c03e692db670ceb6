import { describe, expect, test } from '@jest/globals';
import type {
  ManagedCluster,
  ManagedClusterTaint,
  PlacementToleration,
} from '../../../api/generated/cluster.ts';
import { allOf } from './filtered.ts';
import { nextEndOfToleration, taintSteps } from './taint-toleration.ts';

type Effect = ManagedClusterTaint['effect'];

const added = Date.parse('2026-01-01T00:00:00Z');
const timeAdded = '2026-01-01T00:00:00Z';
const taint = (effect: Effect, key = 'key1', value: string | undefined = 'value1'): ManagedClusterTaint => ({
  key,
  value,
  effect,
  timeAdded,
});
const equal = (key = 'key1', value = 'value1', more: PlacementToleration = {}): PlacementToleration => ({
  key,
  operator: 'Equal',
  value,
  ...more,
});
const exists = (key?: string, more: PlacementToleration = {}): PlacementToleration => ({
  ...(key !== undefined && { key }),
  operator: 'Exists',
  ...more,
});
const cluster = (name: string, ...taints: ManagedClusterTaint[]): ManagedCluster => ({
  metadata: { name },
  spec: { taints },
});

/** A minute after the taints came. */
const now = added + 60_000;
const filter = (
  taints: ManagedClusterTaint[],
  tolerations: PlacementToleration[],
  decided: readonly string[] = [],
) => allOf(taintSteps([cluster('cluster1', ...taints)], { tolerations, decided: new Set(decided), now }));
const isKept = (...args: Parameters<typeof filter>): boolean => {
  const { clusters, problem } = filter(...args);
  expect(problem).toBeUndefined();
  return clusters.length === 1;
};

const decided = ['cluster1'];
const other = ['cluster2'];

describe('NoSelect', () => {
  test.each<[string, PlacementToleration[], boolean]>([
    ['placement.md 39: no tolerations', [], false],
    ['placement.md 40: Equal, key and value', [equal()], true],
    ['placement.md 40: Equal is the default', [{ key: 'key1', value: 'value1' }], true],
    ['placement.md 42: Equal without a value', [{ key: 'key1', operator: 'Equal' }], false],
    ['placement.md 43: Equal, another key', [equal('key2')], false],
    ['placement.md 43: Equal, another value', [equal('key1', 'value2')], false],
    ['placement.md 44: Exists, the key', [exists('key1')], true],
    ['placement.md 45: Exists without a key', [exists()], true],
    ['placement.md 45: Exists with an empty key', [exists('')], true],
    ['placement.md 47: Exists, another key', [exists('key2')], false],
    [
      'placement.md, section 6.2: an operator that nobody knows',
      [{ key: 'key1', operator: 'Foo', value: 'value1' }],
      false,
    ],
  ])('%s', (_, tolerations, kept) => {
    expect(isKept([taint('NoSelect')], tolerations)).toBe(kept);
    // Only NoSelectIfNew asks who is selected already.
    expect(isKept([taint('NoSelect')], tolerations, decided)).toBe(kept);
  });

  test('placement.md 42: no value on either side is the same', () => {
    const bare: ManagedClusterTaint = { key: 'key1', effect: 'NoSelect' };
    expect(isKept([bare], [{ key: 'key1' }])).toBe(true);
    expect(isKept([bare], [equal('key1', '')])).toBe(true);
    expect(isKept([bare], [equal()])).toBe(false);
  });
});

describe('tolerations that make no sense', () => {
  const needsExists = 'If the key is empty, operator must be Exists.';
  const noValue = 'If the operator is Exists, the value should be empty.';
  test.each<[string, PlacementToleration, string]>([
    ['placement.md 41: Equal with an empty key', equal(''), needsExists],
    ['placement.md 41: no key and no operator', { value: 'value1' }, needsExists],
    ['placement.md 46: Exists with a value', exists('key1', { value: 'value1' }), noValue],
    ['placement.md 46: Exists with a value and no key', exists(undefined, { value: 'value1' }), noValue],
  ])('%s', (_, toleration, message) => {
    const problem = { code: 'Misconfigured', plugin: 'TaintToleration', message };
    expect(filter([taint('NoSelect')], [exists(), toleration])).toEqual({ clusters: [], problem });
    // Whether there are taints and clusters or not (P12).
    expect(filter([], [toleration]).problem).toEqual(problem);
    const without = allOf(taintSteps([], { tolerations: [toleration], decided: new Set(), now }));
    expect(without).toEqual({ clusters: [], problem });
  });
});

test.each<[string, PlacementToleration[], string[], boolean]>([
  ['placement.md 48: no tolerations, not decided', [], other, false],
  ['placement.md 48: no tolerations, decided', [], decided, true],
  ['placement.md 49: a toleration that matches, not decided', [equal()], other, true],
  ['placement.md 49: a toleration that matches, decided', [equal()], decided, true],
  ['placement.md 50: a toleration of another, not decided', [equal('key2')], other, false],
  ['placement.md 50: a toleration of another, decided', [equal('key2')], decided, true],
  [
    'placement.md 54: a toleration whose time is over, decided',
    [equal('key1', 'value1', { tolerationSeconds: 1 })],
    decided,
    true,
  ],
])('%s: NoSelectIfNew', (_, tolerations, named, kept) => {
  expect(isKept([taint('NoSelectIfNew')], tolerations, named)).toBe(kept);
});

test.each<[string, PlacementToleration[]]>([
  ['none', []],
  ['one that matches', [equal()]],
  ['one of another', [equal('key2')]],
])('placement.md 51: PreferNoSelect, tolerations: %s', (_, tolerations) => {
  expect(isKept([taint('PreferNoSelect')], tolerations)).toBe(true);
});

test.each<[string, PlacementToleration[], boolean]>([
  ['one for each', [equal('key1'), equal('key2')], true],
  ['one for all', [exists()], true],
  ['one of them not', [equal('key2')], false],
  ['the other not', [equal('key1'), equal('key3')], false],
])('placement.md 52: several taints: %s', (_, tolerations, kept) => {
  expect(isKept([taint('NoSelect', 'key1'), taint('NoSelect', 'key2')], tolerations)).toBe(kept);
});

const effects: Effect[] = ['NoSelect', 'NoSelectIfNew', 'PreferNoSelect'];
test.each(
  (['NoSelect', 'NoSelectIfNew'] as const).flatMap((effect) =>
    [undefined, ...effects].map((tolerated) => [effect, tolerated] as const),
  ),
)('placement.md 53: a taint of effect %s, a toleration of effect %s', (effect, tolerated) => {
  const tolerations = [equal('key1', 'value1', tolerated && { effect: tolerated })];
  const matches = tolerated === undefined || tolerated === effect;
  expect(isKept([taint(effect)], tolerations)).toBe(matches);
  expect(isKept([taint(effect)], tolerations, decided)).toBe(matches || effect === 'NoSelectIfNew');
});

describe('tolerations with an end', () => {
  const lasting = (tolerationSeconds: number | bigint, key = 'key1') =>
    equal(key, 'value1', { tolerationSeconds });

  test.each<[string, PlacementToleration[], boolean]>([
    ['placement.md 54: not over', [lasting(61)], true],
    ['placement.md 54: over at the very end', [lasting(60)], false],
    ['placement.md 54: over', [lasting(59)], false],
    ['placement.md 54: none', [equal()], true],
    ['placement.md 54: zero seconds', [lasting(0)], false],
    ['placement.md 54: longer than times can be', [lasting(9_223_372_036_854_775_807n)], true],
    ['placement.md 57: the first is over, the second has no end', [lasting(10), exists('key1')], true],
    ['placement.md 57: both are over', [lasting(10), lasting(20)], false],
  ])('%s', (_, tolerations, kept) => {
    expect(isKept([taint('NoSelect')], tolerations)).toBe(kept);
    expect(isKept([taint('NoSelectIfNew')], tolerations)).toBe(kept);
  });

  test.each([undefined, null, '', 'yesterday'])('placement.md, section 6.2: a taint since %s', (since) => {
    const timeless = { ...taint('NoSelect'), timeAdded: since } as ManagedClusterTaint;
    expect(isKept([timeless], [lasting(9_223_372_036_854_775_807n)])).toBe(false);
    expect(isKept([timeless], [equal()])).toBe(true);
  });

  const next = (
    clusters: ManagedCluster[],
    tolerations: PlacementToleration[],
    named = clusters.map(({ metadata }) => metadata.name),
  ): number | undefined => {
    const end = nextEndOfToleration((name) => clusters.find(({ metadata }) => metadata.name === name), {
      tolerations,
      decided: new Set(named),
      now,
    });
    return end === undefined ? undefined : (end - added) / 1000;
  };
  const tainted = (name: string, ...taints: ManagedClusterTaint[]) => cluster(name, ...taints);

  test.each<[string, ManagedCluster[], PlacementToleration[], string[] | undefined, number | undefined]>([
    [
      'placement.md 55: the earlier of two clusters',
      [tainted('cluster1', taint('NoSelect', 'key2')), tainted('cluster2', taint('NoSelect'))],
      [lasting(80), lasting(90, 'key2')],
      undefined,
      80,
    ],
    [
      'placement.md 55: the earlier of two taints',
      [tainted('cluster1', taint('NoSelect'), taint('NoSelect', 'key2'))],
      [lasting(90), lasting(80, 'key2')],
      undefined,
      80,
    ],
    [
      'placement.md 55: what is over already ends no more',
      [tainted('cluster1', taint('NoSelect'))],
      [lasting(10), lasting(70)],
      undefined,
      70,
    ],
    ['placement.md 56: no decisions', [tainted('cluster1', taint('NoSelect'))], [lasting(80)], [], undefined],
    ['placement.md, section 6.2: a decided cluster that is gone', [], [lasting(80)], ['cluster1'], undefined],
    [
      'placement.md, section 6.2: a cluster that is not tolerated',
      [tainted('cluster1', taint('NoSelect'), taint('NoSelect', 'key2'))],
      [lasting(80)],
      undefined,
      undefined,
    ],
    [
      'placement.md, section 6.2: no end',
      [tainted('cluster1', taint('NoSelect'))],
      [equal()],
      undefined,
      undefined,
    ],
    [
      'placement.md, section 6.2: NoSelectIfNew and PreferNoSelect end for nobody who is decided',
      [tainted('cluster1', taint('NoSelectIfNew'), taint('PreferNoSelect'))],
      [lasting(80)],
      undefined,
      undefined,
    ],
  ])('%s', (_, clusters, tolerations, named, expected) => {
    expect(next(clusters, tolerations, named)).toBe(expected);
  });
});

test('others go first every few thousand tolerations', () => {
  const tolerations = Array.from({ length: 1000 }, (_, at) => exists(`no${at}`));
  const tainted = Array.from({ length: 10 }, (_, at) => cluster(`c${at}`, taint('NoSelect')));
  const steps = taintSteps(tainted, { tolerations, decided: new Set(), now });
  let stops = 0;
  for (; ; stops++) {
    const { done, value } = steps.next();
    if (!done) continue;
    expect(value.clusters).toEqual([]);
    break;
  }
  expect(stops).toBe(5);
});
