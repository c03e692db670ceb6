import { describe, expect, test } from '@jest/globals';
import type {
  PrioritizerPolicy,
  PrioritizerPolicyConfiguration,
  ScoreCoordinate,
} from '../../../api/generated/cluster.ts';
import { misconfigured } from '../problem.ts';
import { scorersOf } from './weights.ts';

const builtIn = (name: string, weight?: number): PrioritizerPolicyConfiguration => ({
  scoreCoordinate: { type: 'BuiltIn', builtIn: name },
  weight,
});
const addOn = (resourceName: string, scoreName: string, weight?: number): PrioritizerPolicyConfiguration => ({
  scoreCoordinate: { type: 'AddOn', addOn: { resourceName, scoreName } },
  weight,
});
const weights = (policy?: PrioritizerPolicy): unknown => {
  const scorers = scorersOf(policy);
  return Array.isArray(scorers) ? scorers.map(({ name, weight }) => [name, weight]) : scorers;
};
const missing = undefined as unknown as ScoreCoordinate;

describe('weights', () => {
  test.each<[row: string, policy: PrioritizerPolicy | undefined, wanted: unknown]>([
    [
      'placement.md 5: no policy',
      undefined,
      [
        ['Balance', 1],
        ['Steady', 1],
      ],
    ],
    [
      'placement.md 5: an empty mode is Additive',
      { mode: '' },
      [
        ['Balance', 1],
        ['Steady', 1],
      ],
    ],
    [
      'placement.md 7: Additive sets and overwrites the defaults',
      {
        mode: 'Additive',
        configurations: [
          builtIn('Balance', 3),
          builtIn('ResourceAllocatableMemory'),
          addOn('demo', 'demo', 1),
        ],
      },
      [
        ['AddOn/demo/demo', 1],
        ['Balance', 3],
        ['ResourceAllocatableMemory', 1],
        ['Steady', 1],
      ],
    ],
    [
      'placement.md 8: Exact has nothing but the configurations',
      { mode: 'Exact', configurations: [builtIn('Balance', 3), builtIn('ResourceAllocatableMemory', 1)] },
      [
        ['Balance', 3],
        ['ResourceAllocatableMemory', 1],
      ],
    ],
    ['placement.md 8: Exact without configurations', { mode: 'Exact' }, []],
    ['placement.md 12', { mode: 'Foo' }, misconfigured('incorrect prioritizer policy mode: Foo')],
    [
      'placement.md 13',
      { configurations: [{ scoreCoordinate: missing, weight: 1 }] },
      misconfigured('scoreCoordinate field is required'),
    ],
    [
      'placement.md 14: weight 1',
      { configurations: [builtIn('Spread', 1)] },
      misconfigured('incorrect builtin prioritizer: Spread'),
    ],
    [
      'placement.md 14: weight 0',
      { configurations: [builtIn('Spread', 0)] },
      [
        ['Balance', 1],
        ['Steady', 1],
      ],
    ],
    [
      'placement.md 15',
      { configurations: [{ scoreCoordinate: { type: 'AddOn' }, weight: 1 }] },
      misconfigured('addOn should not be empty'),
    ],
    [
      'placement.md 15: weight 0',
      { mode: 'Exact', configurations: [{ scoreCoordinate: { type: 'AddOn' }, weight: 0 }] },
      [],
    ],
    [
      'placement.md 16: weight 0 takes a default away',
      { configurations: [builtIn('Steady', 0), builtIn('Balance', 0)] },
      [],
    ],
    [
      '7.1: the last weight of a built-in scorer wins',
      { mode: 'Exact', configurations: [builtIn('Steady', 3), builtIn('Steady', -2)] },
      [['Steady', -2]],
    ],
    [
      '7.1, P10: the last weight of an add-on score wins',
      { mode: 'Exact', configurations: [addOn('a', 'b', 3), addOn('a', 'c'), addOn('a', 'b', 4)] },
      [
        ['AddOn/a/b', 4],
        ['AddOn/a/c', 1],
      ],
    ],
    [
      '7.1: names that only look alike are two',
      { mode: 'Exact', configurations: [builtIn('__proto__', 1)] },
      misconfigured('incorrect builtin prioritizer: __proto__'),
    ],
    [
      '7.1, P15: in the order of names',
      {
        mode: 'Exact',
        configurations: [builtIn('Steady'), addOn('z', 'z'), builtIn('Balance'), addOn('a', 'a')],
      },
      [
        ['AddOn/a/a', 1],
        ['AddOn/z/z', 1],
        ['Balance', 1],
        ['Steady', 1],
      ],
    ],
  ])('%s', (_, policy, wanted) => {
    expect(weights(policy)).toEqual(wanted);
  });
});
