import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { dnsLabelProblem, dnsSubdomainProblem, labelValue, namePrefix, objectName } from './legal-name.ts';

/** As an API server judges them. */
const subdomain = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const value = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const x = (length: number): string => 'x'.repeat(length);

describe('names that are as long as they may be', () => {
  test.each<[string, (name: string) => string, string, string]>([
    ['a value of 63', labelValue, x(63), x(63)],
    ['a value of 64', labelValue, x(64), `${x(52)}-7ce100971f`],
    ['a value that is cut at a dot', labelValue, `${x(51)}.${x(20)}`, `${x(51)}-bb4c34123a`],
    ['a value with dots', labelValue, 'a.b', 'a.b'],
    ['a name of 253', objectName, x(253), x(253)],
    ['a name of 254', objectName, x(254), `${x(220)}-af97a1a6ca66df0bc0d0ae024383edea`],
    ['a prefix of 57', namePrefix, x(57), `${x(57)}-`],
    ['a prefix of 58', namePrefix, x(58), `${x(57)}-`],
    ['a prefix that ends with a dash', namePrefix, 'a-', 'a-'],
    ['a prefix that is cut at a dot', namePrefix, `${x(56)}.${x(9)}`, `${x(56)}-`],
  ])('%s', (_what, make, name, expected) => {
    expect(make(name)).toBe(expected);
  });

  const name = fc
    .array(fc.constantFrom(...'abcdef0123-.'.split('')), { minLength: 1, maxLength: 253, size: 'max' })
    .map((letters) => letters.join(''))
    .filter((text) => subdomain.test(text));

  test('whatever the name, what is made of it is legal, and another one for another name', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        for (const [make, legal, max] of [
          [labelValue, value, 63],
          [objectName, subdomain, 253],
        ] as const) {
          expect(make(one)).toMatch(legal);
          expect(make(one).length).toBeLessThanOrEqual(max);
          expect(make(one) === make(other)).toBe(one === other);
        }
        expect(namePrefix(one).length).toBeLessThanOrEqual(58);
        expect(`${namePrefix(one)}abcde`).toMatch(subdomain);
      }),
    );
  });
});

test.each<[string, string | undefined]>([
  [x(63), undefined],
  ['1', undefined],
  ['a-1', undefined],
  [x(64), 'must be no more than 63 characters'],
  ['', 'a lowercase RFC 1123 label must consist'],
  ['a.b', 'a lowercase RFC 1123 label must consist'],
  ['A', 'a lowercase RFC 1123 label must consist'],
  ['-a', 'a lowercase RFC 1123 label must consist'],
  ['a\n', 'a lowercase RFC 1123 label must consist'],
])('as the name of a namespace %j', (text, problem) => {
  if (problem === undefined) expect(dnsLabelProblem(text)).toBeUndefined();
  else expect(dnsLabelProblem(text)).toContain(problem);
});

test.each<[string, string | undefined]>([
  [x(253), undefined],
  ['a.b-c.1', undefined],
  [x(254), 'must be no more than 253 characters'],
  ['', 'must consist of'],
  ['a..b', 'must consist of'],
  ['a.-b', 'must consist of'],
  ['a/b', 'must consist of'],
])('as the name of an object %j', (text, problem) => {
  if (problem === undefined) expect(dnsSubdomainProblem(text)).toBeUndefined();
  else expect(dnsSubdomainProblem(text)).toContain(problem);
});
