import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { Interner } from './intern.ts';

test('sharing strings changes nothing that can be seen', () => {
  const interner = new Interner();
  fc.assert(
    fc.property(fc.json(), (text) => {
      expect(interner.share(JSON.parse(text) as unknown)).toEqual(JSON.parse(text));
    }),
  );
});

test('an own field called __proto__ stays a field', () => {
  const text =
    '{"__proto__":"a string that is long enough","b":{"__proto__":{"c":"a string that is long enough"}}}';
  expect(JSON.stringify(new Interner().share(JSON.parse(text) as unknown))).toBe(text);
  expect(({} as { c?: string }).c).toBeUndefined();
});

test('it forgets what it has not met for long', () => {
  const interner = new Interner();
  for (let count = 0; count < 10_000; count++) interner.share({ name: `a unique string ${count}` });
  expect(interner.size).toBeLessThanOrEqual(2_048);
});
