import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { IgnoreField } from '../../../api/generated/work.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { IgnoreFieldError, configSpecHash, withoutIgnored } from './ignore-fields.ts';
import { JqError } from './jq-parser.ts';
import { deleteByJq } from './jq.ts';
import { withoutNullCreationTimes } from './server-side-apply.ts';

const warnings: string[] = [];
const log = { warn: (message: string) => void warnings.push(message) };
const ignore = (object: object, field: Partial<IgnoreField>): object =>
  withoutIgnored(
    { metadata: { name: 'x' }, ...object } as UnknownObject,
    [{ condition: 'OnSpokePresent', ...field }],
    log,
  );
const deployment = {
  metadata: { name: 'x', annotations: { 'a.io/b': '1', keep: '2' } },
  spec: {
    replicas: 1,
    containers: [
      { name: 'a', image: '1' },
      { name: 'b', image: '2' },
    ],
  },
};

describe('ignored fields', () => {
  test.each<[string, Partial<IgnoreField>, object]>([
    [
      'work.md 41: a path',
      { jsonPaths: ['.spec.replicas'] },
      { ...deployment, spec: { containers: deployment.spec.containers } },
    ],
    [
      'work.md 42: a path with a filter',
      { jsonPaths: ['.spec.containers[?(@.name=="a")].image'] },
      { ...deployment, spec: { replicas: 1, containers: [{ name: 'a' }, { name: 'b', image: '2' }] } },
    ],
    ['work.md 42: a path that ends at an element', { jsonPaths: ['.spec.containers[0]'] }, deployment],
    ['work.md 42: a path to nothing', { jsonPaths: ['.spec.nothing.there'] }, deployment],
    [
      'work.md 13, 7: a key with dots',
      { jsonPaths: [".metadata.annotations['a.io/b']"] },
      { ...deployment, metadata: { name: 'x', annotations: { keep: '2' } } },
    ],
    [
      'work.md 41: a pointer',
      { jsonPointers: ['/spec/replicas'] },
      { ...deployment, spec: { containers: deployment.spec.containers } },
    ],
    [
      'work.md 43: a pointer with escapes',
      { jsonPointers: ['/metadata/annotations/a.io~1b'] },
      { ...deployment, metadata: { name: 'x', annotations: { keep: '2' } } },
    ],
    ['work.md 43: a pointer to nothing', { jsonPointers: ['/spec/nothing/there'] }, deployment],
    [
      'work.md 41: a jq expression',
      { jqPathExpressions: ['.spec.containers[] | select(.name == "b") | .image'] },
      { ...deployment, spec: { replicas: 1, containers: [{ name: 'a', image: '1' }, { name: 'b' }] } },
    ],
    [
      'work.md 40: fields that are pushed with the manifest',
      { condition: 'OnSpokeChange', jsonPaths: ['.spec.replicas'] },
      deployment,
    ],
  ])('%s', (_, field, expected) => {
    const original = structuredClone(deployment);
    expect(ignore(deployment, field)).toEqual(expected);
    expect(deployment).toEqual(original);
  });

  test.each<[string, Partial<IgnoreField>, string]>([
    [
      'a jq expression that cannot be read',
      { jqPathExpressions: ['.spec['] },
      "JQ expression error in '.spec['",
    ],
    ['a jq expression over nothing', { jqPathExpressions: ['.spec.nothing[]'] }, 'cannot iterate over: null'],
    [
      'an index beyond the end',
      { jsonPointers: ['/spec/containers/7'] },
      "JSON Pointer error in '/spec/containers/7'",
    ],
    ['no pointer', { jsonPointers: ['spec'] }, 'a pointer starts with /'],
  ])('work.md 44: %s', (_, field, message) => {
    expect(() => ignore(deployment, field)).toThrow(IgnoreFieldError);
    expect(() => ignore(deployment, field)).toThrow(message);
  });

  test('work.md 3.5.4: a path that cannot be read is logged only', () => {
    expect(ignore(deployment, { jsonPaths: ['.spec['] })).toEqual(deployment);
    expect(warnings).toHaveLength(1);
  });

  test('work.md 3.5.4: the hash is that of Go agents, so that a change of agents applies nothing anew', () => {
    // printf '&{map[a:1 b:map[c:[x true <nil>]] d:0.5]}' | md5sum
    const object = { b: { c: ['x', true, null] }, d: 0.5, a: 1 } as unknown as UnknownObject;
    expect(configSpecHash(object)).toBe('3923530cff24c45797051d6b6f4f9b29');
  });
});

describe('jq', () => {
  const data = () => ({
    a: [1, 2, 3],
    b: { c: { d: 1 }, e: null },
    list: [
      { n: 'x', v: 1 },
      { n: 'y', v: 2 },
    ],
  });
  test.each<[string, object]>([
    ['.a', { b: data().b, list: data().list }],
    ['.a[0]', { ...data(), a: [2, 3] }],
    ['.a[-1]', { ...data(), a: [1, 2] }],
    ['.a[0,2]', { ...data(), a: [2] }],
    ['.a[]', { ...data(), a: [] }],
    ['.a[] | select(. > 1)', { ...data(), a: [1] }],
    ['.b.c.d', { ...data(), b: { c: {}, e: null } }],
    ['."b"["c"]', { ...data(), b: { e: null } }],
    ['.b.c, .a', { b: { e: null }, list: data().list }],
    ['.missing.deeper', data()],
    ['.missing[]?', data()],
    ['.list[] | select(.n == "x" or .v >= 2) | .v', { ...data(), list: [{ n: 'x' }, { n: 'y' }] }],
    ['.list[] | select(.n | startswith("x")) | .n', { ...data(), list: [{ v: 1 }, { n: 'y', v: 2 }] }],
    ['.list[] | select(has("q") | not) | .v', { ...data(), list: [{ n: 'x' }, { n: 'y' }] }],
    ['.. | .d?', { ...data(), b: { c: {}, e: null } }],
    ['(.a, .b) | .[0]?', { ...data(), a: [2, 3] }],
    ['.list[] | select(any(. == 2)) | .n', { ...data(), list: [{ n: 'x', v: 1 }, { v: 2 }] }],
    ['empty', data()],
  ])('work.md 41: del(%s)', (expression, expected) => {
    expect(deleteByJq(data(), expression)).toEqual(expected);
  });

  test.each([
    ['. == 9007199254740993', [1, 9007199254740992n]],
    ['. > 9007199254740992', [1, 9007199254740992n]],
    ['type == "number"', []],
    ['length >= 2', [1]],
  ])('exact integers: del(.a[] | select(%s))', (condition, left) => {
    const value = { a: [1, 9007199254740992n, 9007199254740993n] };
    expect(deleteByJq(value, `.a[] | select(${condition})`)).toEqual({ a: left });
  });

  test.each([
    ['.a[', 'unexpected the end'],
    ['.a | map(.x)', 'map/1 is not supported'],
    ['.a[1:2]', 'slices are not supported'],
    ['1', 'invalid path expression'],
    ['.a.b', 'cannot index array with "b"'],
    ['.b[]|.[]', 'cannot iterate over'],
    ['.a + .b', 'unexpected +'],
    ['"\\(.a)"', 'interpolation is not supported'],
    ['('.repeat(100) + '.a' + ')'.repeat(100), 'nested deeper'],
  ])('work.md 44: %s is refused', (expression, message) => {
    expect(() => deleteByJq(data(), expression)).toThrow(message);
  });

  test('any text is either followed or refused', () => {
    const pieces = fc.constantFrom(
      '.a',
      '.',
      '[',
      ']',
      '[]',
      '|',
      ',',
      '(',
      ')',
      '?',
      '..',
      'select',
      'not',
      '"x"',
      '1',
      '==',
      '//',
      'and',
      ';',
      '-',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join(' ')),
        ),
        (expression) => {
          try {
            deleteByJq(data(), expression);
          } catch (error) {
            if (!(error instanceof JqError)) throw error;
          }
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('an expression that multiplies is stopped', () => {
    const doubling = Array.from({ length: 20 }, () => '(., .)').join(' | ');
    expect(() => deleteByJq(data(), doubling)).toThrow('visits too many places');
  });
});

test('work.md 46: null creation times are dropped anywhere, others stay', () => {
  const template = (time: unknown) => ({ metadata: { creationTimestamp: time, labels: { a: '1' } } });
  expect(
    withoutNullCreationTimes({
      ...template(null),
      spec: { template: template(null), list: [template(null), template('t')] },
    }),
  ).toEqual({
    metadata: { labels: { a: '1' } },
    spec: {
      template: { metadata: { labels: { a: '1' } } },
      list: [{ metadata: { labels: { a: '1' } } }, template('t')],
    },
  });
});
