import { describe, expect, test } from '@jest/globals';
import { readYaml } from './read.ts';

/** What kubectl makes of each was looked up with kubectl; test/integration/cli-yaml.test.ts asks it again for many more. */
describe('scalars as Go reads them', () => {
  test.each<[string, unknown]>([
    ['0400', 256],
    ['0o400', 256],
    ['0755', 493],
    ['08', 8],
    ['0x1F', 31],
    ['0b101', 5],
    ['1_000', 1000],
    ['_1', '_1'],
    ['9007199254740993', 9007199254740993n],
    ['9223372036854775807', 9223372036854775807n],
    ['9223372036854775808', 9223372036854775808],
    ['1.5', 1.5],
    ['1e3', 1000],
    ['1e400', '1e400'],
    ['.5', 0.5],
    ['1.2.3', '1.2.3'],
    ['no', false],
    ['On', true],
    ['y', true],
    ['nO', 'nO'],
    ['~', null],
    ['12:30:45', '12:30:45'],
    ['2001-01-01', '2001-01-01'],
    ['2001-12-14t21:59:43.10-05:00', '2001-12-14t21:59:43.10-05:00'],
    ['"0400"', '0400'],
    ["'no'", 'no'],
    ['!!str 0400', '0400'],
    ['!!int "0400"', 256],
    ['!!float 1', 1],
    ['!!binary aGVsbG8=', 'hello'],
    ['! 12', '12'],
    ['!local 12', '12'],
  ])('%s', (text, value) => {
    expect(readYaml(`x: ${text}`)).toEqual({ x: value });
  });

  test.each<[string, string]>([
    ['0400', '256'],
    ['no', 'false'],
    ['1.5', '1.5'],
    ['1e7', '1e+07'],
    ['0.1', '0.1'],
    ['.inf', '.inf'],
    ['2001-01-01', '2001-01-01'],
    ['9007199254740993', '9007199254740993'],
    ['__proto__', '__proto__'],
  ])('%s as a key', (text, key) => {
    expect(Object.entries(readYaml(`${text}: 1`) as object)).toEqual([[key, 1]]);
  });

  test.each([
    ['x: .nan', 'line 1: .nan is no number that JSON has'],
    ['x: 1\n~: 1', 'line 2: null cannot be a key'],
    ['x: !!int no', 'line 1: cannot decode !!bool `no` as a !!int'],
    ['x: !!binary x', 'line 1: !!binary value contains invalid base64 data'],
    ['18446744073709551615: 1', 'line 1: 18446744073709551615 cannot be a key'],
  ])('%s is refused', (text, message) => {
    expect(() => readYaml(text)).toThrow(message);
  });
});

describe('maps and lists', () => {
  test.each<[string, string, unknown]>([
    ['a merge is overridden by what follows it', '{<<: {a: 1, b: 1}, a: 2}', { a: 2, b: 1 }],
    ['and overrides what precedes it', '{a: 2, <<: {a: 1}}', { a: 1 }],
    ['the first of several merged maps counts', '{<<: [{a: 1}, {a: 2, b: 2}]}', { a: 1, b: 2 }],
    ['a quoted merge is a key', '{"<<": {a: 1}}', { '<<': { a: 1 } }],
    ['the last of equal keys counts', '{a: 1, a: 2}', { a: 2 }],
    ['an alias', '[&a no, *a]', [false, false]],
    ['brackets at the beginning of lines', '[\n1,\n{\na: 1\n}\n]', [1, { a: 1 }]],
    ['quotes over lines', '"a\nb"', 'a b'],
  ])('%s', (_what, text, value) => {
    expect(readYaml(`x: ${text}`)).toEqual({ x: value });
  });

  test.each([
    ['x: *a', "line 1: unknown anchor 'a' referenced"],
    ['x: &a [*a]', "line 1: anchor 'a' value contains itself"],
    // Go's parser reads an anchor `0` of the text `?a`
    ['x: &0?a', "line 1: the name of an anchor has letters, digits, - and _ only, unlike '0?a'"],
    ['x: [&a 1, *a.b]', "unlike 'a.b'"],
    ['x: {<<: 1}', 'line 1: map merge requires map or sequence of maps as the value'],
    ['x: {[a]: 1}', 'line 1: a map or a list cannot be a key'],
    ['x: [a, b :]', 'line 1: put quotes around b, or a space behind the colon'],
    ['x: [a:]', 'line 1: put quotes around a, or a space behind the colon'],
    ['x: [\n', 'line'],
    ['%YAML 1.2\n---\nx: 1', 'found incompatible YAML document'],
    [`x: ${'['.repeat(2000)}`, 'line 1:'],
    [
      `a: &a [${'1,'.repeat(10)}]\n${'bcdefghi'
        .split('')
        .map((name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefgh'[at]}`).join()}]`)
        .join('\n')}`,
      'document contains excessive aliasing',
    ],
  ])('%s is refused', (text, message) => {
    expect(() => readYaml(text)).toThrow(message);
  });
});
