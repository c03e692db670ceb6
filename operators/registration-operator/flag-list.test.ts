import { expect, test } from '@jest/globals';
import type { FlagSpecs } from '../runtime/process/command.ts';
import { parseFlags } from '../runtime/process/flags/flags.ts';
import { joinList, joinPairs } from './flag-list.ts';

const specs = {
  list: { type: 'list', help: '' },
  map: { type: 'map', help: '' },
} satisfies FlagSpecs;

test.each<[string[]]>([
  [['user1', 'user2']],
  [['CN=a,O=b', 'system:serviceaccount:ns:name']],
  [['says "so"', 'a"b']],
  [['two\nlines', ' blank ']],
  [['only,one']],
])('the values %j of a list arrive as they are', (values) => {
  expect(parseFlags(specs, [`--list=${joinList(values)}`]).flags.list).toEqual(values);
});

test.each<[Record<string, string>]>([
  [{ a: '1' }],
  [{ a: '1', b: '2' }],
  [{ a: 'x,y' }],
  [{ a: 'x,y', b: '"z"' }],
  [{ a: 'x=y' }],
  [{ a: 'x=y,z' }],
  [{ a: 'ends in "quotes"' }],
  [{ a: '{"json":["x","y"]}' }],
  [{ a: '' }],
])('the pairs %j of a map arrive as they are', (pairs) => {
  expect(parseFlags(specs, [`--map=${joinPairs(Object.entries(pairs))}`]).flags.map).toEqual(pairs);
});

test('nothing is no argument', () => {
  expect([joinList([]), joinList(undefined), joinPairs([])]).toEqual([undefined, undefined, undefined]);
});
