import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { JsonMap } from '../client/json.ts';
import { mergePatch, semanticEqual } from './equality.ts';

describe('semanticEqual', () => {
  test.each<[string, unknown, unknown, boolean]>([
    ['absent and empty list', undefined, [], true],
    ['null and empty map', null, {}, true],
    ['an absent field and an empty one', { a: 1, b: [] }, { a: 1 }, true],
    ['a map of nothing but empty fields, and none', { b: [], c: { d: null } }, undefined, true],
    ['empty string and absent', { a: '' }, {}, false],
    ['zero and absent', { a: 0 }, {}, false],
    ['false and absent', { a: false }, {}, false],
    ['order of keys', { a: 1, b: 2 }, { b: 2, a: 1 }, true],
    ['order of lists', [1, 2], [2, 1], false],
    ['a list of one empty map and none', [{}], [], false],
    ['list and map', [1], { 0: 1 }, false],
    ['text and number', '1', 1, false],
    ['integers that differ beyond 2^53', 9007199254740993n, 9007199254740992n, false],
    ['one integer, held in two ways', 10n ** 18n, 1e18, true],
    ['an integer and its text', 10n ** 18n, '1000000000000000000', false],
    ['deep difference', { a: { b: [{ c: 1 }] } }, { a: { b: [{ c: 2 }] } }, false],
  ])('%s', (_name, a, b, equal) => {
    expect(semanticEqual(a, b)).toBe(equal);
    expect(semanticEqual(b, a)).toBe(equal);
  });
});

/** RFC 7386, written down from its pseudo code. */
const applyMergePatch = (target: unknown, patch: unknown): unknown => {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch;
  const result: JsonMap =
    typeof target === 'object' && target !== null && !Array.isArray(target) ? { ...(target as JsonMap) } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = applyMergePatch(result[key], value);
  }
  return result;
};

describe('mergePatch', () => {
  const json = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.constantFrom(1, 2, 'x', true),
      fc.array(fc.constantFrom(1, 'y'), { maxLength: 2 }),
      tie('map'),
    ),
    map: fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('value'), { maxKeys: 3 }),
  })).map as fc.Arbitrary<JsonMap>;

  test('applied to the one it gives the other', () => {
    fc.assert(
      fc.property(json, json, (from, to) => {
        const patch = mergePatch(from, to);
        expect(semanticEqual(patch ? applyMergePatch(from, patch) : from, to)).toBe(true);
      }),
    );
  });

  test('is undefined exactly when both are equal', () => {
    fc.assert(fc.property(json, json, (a, b) => (mergePatch(a, b) === undefined) === semanticEqual(a, b)));
  });

  test('holds only what differs; a field that goes is null, a list is whole', () => {
    const from = { kept: 1, changed: 1, gone: 'x', list: [1, 2], deep: { kept: 1, gone: 1 } };
    const to = { kept: 1, changed: 2, list: [1, 3], deep: { kept: 1 }, added: { x: 1 } };
    expect(mergePatch(from, to)).toEqual({
      changed: 2,
      gone: null,
      list: [1, 3],
      deep: { gone: null },
      added: { x: 1 },
    });
  });
});
