import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { exactNumber, isSameNumber, parseJson } from './json.ts';

describe('parseJson', () => {
  test.each([
    '9007199254740991',
    '9007199254740992',
    '9007199254740993',
    '-9007199254740993',
    '1234567890123456789',
    '9223372036854775807',
    '-9223372036854775808',
  ])('%s arrives and leaves exactly', (written) => {
    const text = `{"a":{"b":[${written},"${written}"]}}`;
    expect(JSON.stringify(parseJson(text))).toBe(text);
  });

  test.each([
    ['beyond 64 bits', '9223372036854775808', 9223372036854775808],
    ['with a fraction', '1234567890123456.5', 1234567890123456.5],
    ['with an exponent', '1234567890123456e10', 1234567890123456e10],
    ['that a number holds', '1234567890123456', 1234567890123456],
  ])('a number %s is a number', (_, written, value) => {
    expect(parseJson(`[${written}]`)).toEqual([value]);
  });

  test('every integer of 64 bits', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }), (value) => {
        expect(JSON.stringify(parseJson(`{"value":${value}}`))).toBe(`{"value":${value}}`);
        expect(isSameNumber(exactNumber(String(value)), value)).toBe(true);
      }),
    );
  });

  test('whatever JavaScript reads without loss, this does too', () => {
    fc.assert(
      fc.property(fc.json(), (text) => {
        const parsed = parseJson(`{"long":"1234567890123456789","value":${text}}`);
        const expected = { long: '1234567890123456789', value: JSON.parse(text) as unknown };
        expect(JSON.stringify(parsed)).toBe(JSON.stringify(expected));
      }),
    );
  });

  test('a key named __proto__ is a key like any other', () => {
    const parsed = parseJson('{"__proto__":{"a":1234567890123456789}}') as object;
    expect(Object.keys(parsed)).toEqual(['__proto__']);
    expect(Object.getPrototypeOf(parsed)).toBe(Object.prototype);
  });
});
