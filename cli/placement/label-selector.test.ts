import { expect, test } from '@jest/globals';
import { dividedSelectors, labelRequirement } from './label-selector.ts';

test.each([
  ['a=b', { matchLabels: { a: 'b' } }],
  ['a == b', { matchLabels: { a: 'b' } }],
  ['a=', { matchLabels: { a: '' } }],
  ['example.com/a_b=1.0', { matchLabels: { 'example.com/a_b': '1.0' } }],
  ['a!=b', { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['b'] }] }],
  ['a in (b, c)', { matchExpressions: [{ key: 'a', operator: 'In', values: ['b', 'c'] }] }],
  ['a notin (b)', { matchExpressions: [{ key: 'a', operator: 'NotIn', values: ['b'] }] }],
  ['a', { matchExpressions: [{ key: 'a', operator: 'Exists' }] }],
  ['!a', { matchExpressions: [{ key: 'a', operator: 'DoesNotExist' }] }],
])('%s', (text, selector) => {
  expect(labelRequirement(text)).toEqual(selector);
});

test.each([
  '',
  '=',
  'a=b=c',
  'a=-b',
  'a > 1',
  'a in b',
  'a in (b',
  'a in (-)',
  '/a=b',
  'a b',
  'a=b c',
  '__proto__=',
])('%j is refused', (text) => {
  expect(() => labelRequirement(text)).toThrow(`failed to parse selector ${text}: `);
});

test('commas divide selectors, but not the values between brackets', () => {
  expect(dividedSelectors(['a=b', 'c in (d', 'e)', 'f'])).toEqual(['a=b', 'c in (d,e)', 'f']);
  expect(dividedSelectors(['a in (b'])).toEqual(['a in (b']);
});
