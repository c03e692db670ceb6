import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { changesOf, changeText } from './changes.ts';

const container = (name: string, image: string) => ({ name, image });

describe('cli.md 9, 21: what an upgrade would change', () => {
  test.each<[string, object, object, string[]]>([
    ['nothing', { spec: { a: [1, { b: 2 }] } }, { spec: { a: [1, { b: 2 }] } }, []],
    ['a field', { spec: { a: 'x' } }, { spec: { a: 'y' } }, ['spec.a: "x" -> "y"']],
    ['one that comes', { spec: {} }, { spec: { a: { b: 1 } } }, ['spec.a.b: (none) -> 1']],
    ['one that goes', { spec: { a: { b: 1, c: 2 } } }, { spec: { a: { c: 2 } } }, ['spec.a.b: 1 -> (none)']],
    ['what is empty is nothing', { spec: { a: {} } }, { spec: { b: null } }, []],
    [
      'items by their names, whatever their order',
      { c: [container('a', '1'), container('b', '1')] },
      { c: [container('b', '1'), container('a', '2'), container('n', '3')] },
      ['c[a].image: "1" -> "2"', 'c[n].image: (none) -> "3"', 'c[n].name: (none) -> "n"'],
    ],
    ['other lists as a whole', { a: [1, 2] }, { a: [1, 3] }, ['a: [1,2] -> [1,3]']],
    [
      'two items of one name are no names',
      { a: [{ name: 'x', v: 1 }] },
      {
        a: [
          { name: 'x', v: 1 },
          { name: 'x', v: 2 },
        ],
      },
      ['a: [{"name":"x","v":1}] -> [{"name":"x","v":1},{"name":"x","v":2}]'],
    ],
    [
      'a key with dots',
      { metadata: { labels: { 'a.b/c': '1' } } },
      { metadata: { labels: { 'a.b/c': '2' } } },
      ['metadata.labels["a.b/c"]: "1" -> "2"'],
    ],
    [
      'not what servers write',
      { metadata: { generation: 1, resourceVersion: '1', managedFields: [] }, status: { a: 1 } },
      { metadata: { generation: 2, resourceVersion: '2', managedFields: [1] }, status: { a: 2 } },
      [],
    ],
  ])('%s', (_, before, after, expected) => {
    expect(changesOf(before, after).map(changeText)).toEqual(expected);
  });

  test('an object does not differ from itself, and what differs from it is told', () => {
    const object = fc.dictionary(fc.constantFrom('spec', 'data', 'rules'), fc.jsonValue());
    fc.assert(
      fc.property(object, object, (a, b) => {
        expect(changesOf(a, structuredClone(a))).toEqual([]);
        const same = changesOf(a, b).length === 0;
        expect(changesOf(b, a).length === 0).toBe(same);
      }),
    );
  });
});
