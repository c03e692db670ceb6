import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { type Outcome, nextWave, wavesOf } from './waves.ts';

const failed: Outcome = { failed: 'no' };

describe('cli.md 9, 21: waves', () => {
  test.each<[string, string[][], string[], string[][]]>([
    [
      'one first, then quarters',
      [['a', 'b', 'c', 'd', 'e', 'f']],
      ['1', '25%'],
      [['a'], ['b', 'c'], ['d', 'e'], ['f']],
    ],
    ['all at once', [['a', 'b', 'c']], ['100%'], [['a', 'b', 'c']]],
    ['more than there are', [['a', 'b']], ['1', '9'], [['a'], ['b']]],
    [
      'no wave of two groups',
      [
        ['a', 'b', 'c'],
        ['d', 'e'],
      ],
      ['2'],
      [['a', 'b'], ['c'], ['d', 'e']],
    ],
    ['a group without clusters', [[], ['a']], ['1'], [['a']]],
    ['a percentage rounds up', [['a', 'b', 'c']], ['34%'], [['a', 'b'], ['c']]],
  ])('%s', (_, groups, sizes, expected) => expect(wavesOf(groups, sizes)).toEqual(expected));

  test.each(['0', '-1', '1.5', 'x', '0%', '%', ''])('%j is no size', (size) => {
    expect(() => wavesOf([['a']], [size])).toThrow('--waves takes numbers and percentages');
  });

  test.each<[string, Record<string, Outcome>, ReturnType<typeof nextWave>]>([
    ['the first', {}, { wave: 0, clusters: ['a'] }],
    ['the second', { a: 'done' }, { wave: 1, clusters: ['b', 'c'] }],
    ['what is left of it', { a: 'done', c: 'done' }, { wave: 1, clusters: ['b'] }],
    [
      'nothing after a failure',
      { a: failed },
      { stoppedAt: 0, failed: [{ cluster: 'a', why: 'no' }], left: ['b', 'c', 'd'] },
    ],
    [
      'of a wave with one that fails, the rest is named',
      { a: 'done', b: failed },
      { stoppedAt: 1, failed: [{ cluster: 'b', why: 'no' }], left: ['c', 'd'] },
    ],
    ['the end', { a: 'done', b: 'done', c: 'done', d: 'done' }, 'done'],
  ])('%s', (_, outcomes, expected) => {
    expect(nextWave([['a'], ['b', 'c'], ['d']], new Map(Object.entries(outcomes)))).toEqual(expected);
  });

  test('each cluster has one turn, in the order of groups, and none comes after a failure', () => {
    const sizes = fc.array(
      fc.oneof(
        fc.integer({ min: 1, max: 9 }).map(String),
        fc.integer({ min: 1, max: 99 }).map((n) => `${n}%`),
      ),
      { minLength: 1, maxLength: 3 },
    );
    const groups = fc
      .array(fc.integer({ min: 0, max: 6 }), { maxLength: 4 })
      .map((counts) =>
        counts.map((count, group) => Array.from({ length: count }, (_, index) => `c${group}-${index}`)),
      );
    fc.assert(
      fc.property(groups, sizes, fc.nat({ max: 30 }), (clusters, written, sick) => {
        const waves = wavesOf(clusters, written);
        expect(waves.flat()).toEqual(clusters.flat());
        expect(waves.every((wave) => wave.length > 0)).toBe(true);
        const outcomes = new Map<string, Outcome>();
        const turns: string[] = [];
        for (;;) {
          const next = nextWave(waves, outcomes);
          if (next === 'done' || 'stoppedAt' in next) break;
          turns.push(...next.clusters);
          for (const cluster of next.clusters)
            outcomes.set(cluster, cluster === clusters.flat()[sick] ? failed : 'done');
        }
        const until = waves.findIndex((wave) => wave.includes(clusters.flat()[sick] ?? ''));
        expect(turns).toEqual(waves.slice(0, until < 0 ? waves.length : until + 1).flat());
      }),
    );
  });
});
