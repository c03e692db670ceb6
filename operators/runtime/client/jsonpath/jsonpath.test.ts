import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { JsonPathError, findByJsonPath, parseJsonPath } from './jsonpath.ts';

const pod = {
  kind: 'Pod',
  metadata: {
    name: 'web',
    annotations: { 'example.com/a.b': 'dotted', plain: 'yes' },
    labels: { app: 'web' },
  },
  spec: {
    containers: [
      { name: 'one', image: 'a:1', ports: [{ port: 80 }, { port: 81 }] },
      { name: 'two', image: 'b:2', ports: [] },
      { name: 'three', image: 'c:3' },
    ],
    replicas: 3,
    hostNetwork: true,
    nothing: null,
  },
  status: {
    conditions: [
      { type: 'Ready', status: 'True' },
      { type: 'Other', status: 'False' },
    ],
  },
};

test.each([
  ['==', '9007199254740993', true],
  ['==', '9007199254740992', false],
  ['!=', '9007199254740992', true],
  ['>', '9007199254740992', true],
  ['<', '9007199254740994', true],
  ['>=', '1', true],
])('an integer beyond 2^53 %s %s is %s', (operator, written, found) => {
  const path = parseJsonPath(`.list[?(@.size ${operator} ${written})].size`);
  expect(findByJsonPath(path, { list: [{ size: 9007199254740993n }] })).toHaveLength(found ? 1 : 0);
});

const find = (path: string): unknown[] => findByJsonPath(parseJsonPath(path), pod);

describe('paths that kubectl understands', () => {
  test.each<[string, unknown[]]>([
    ['', [pod]],
    ['.kind', ['Pod']],
    ['$.kind', ['Pod']],
    ['@.kind', ['Pod']],
    ['.spec.replicas', [3]],
    ['.spec.hostNetwork', [true]],
    ['.spec.nothing', [null]],
    ['.missing.deeper', []],
    ['.metadata.labels.app', ['web']],
    [String.raw`.metadata.annotations.example\.com/a\.b`, ['dotted']],
    ["['kind']", ['Pod']],
    [".metadata.annotations['example.com/a.b']", ['dotted']],
    ['.metadata.annotations["plain"]', ['yes']],
    ['.spec.containers[0].name', ['one']],
    ['.spec.containers[-1].name', ['three']],
    ['.spec.containers[*].name', ['one', 'two', 'three']],
    ['.spec.containers[0:2].name', ['one', 'two']],
    ['.spec.containers[1:].name', ['two', 'three']],
    ['.spec.containers[:2].name', ['one', 'two']],
    ['.spec.containers[::2].name', ['one', 'three']],
    ['.spec.containers[-2:].name', ['two', 'three']],
    ['.spec.containers[0,2].name', ['one', 'three']],
    [".spec.containers[0]['name','image']", ['one', 'a:1']],
    ['.status.conditions[?(@.type=="Ready")].status', ['True']],
    [".status.conditions[?(@.type=='Ready')].status", ['True']],
    ['.status.conditions[?(@.type!="Ready")].status', ['False']],
    ['.status.conditions[?(@.type == "None")].status', []],
    ['.spec.containers[?(@.ports)].name', ['one', 'two']],
    ['.spec.containers[:1][?(@.port)]', 'error' as unknown as unknown[]],
    ['.status.conditions[?(@.type[0])].status', 'error' as unknown as unknown[]],
    ['.spec.containers[0].ports[?(@.port>80)].port', [81]],
    ['.spec.containers[0].ports[?(@.port<=80)].port', [80]],
    ['..port', [80, 81]],
    ['..ports[0].port', 'error' as unknown as unknown[]],
    ['.metadata.labels.*', ['web']],
    ['.spec.replicas.deeper', []],
    ['.spec.containers[0].ports[?(@.port=="x)")].port', 'error' as unknown as unknown[]],
  ])('work.md 64: %s', (path, expected) => {
    if ((expected as unknown) === 'error') expect(() => find(path)).toThrow(JsonPathError);
    else expect(find(path)).toEqual(expected);
  });
});

describe('paths that are refused', () => {
  test.each([
    ['.spec.containers[', 'unterminated array'],
    ['.spec.containers[x]', 'invalid array index x'],
    ['.spec.containers[]', 'invalid array index'],
    ['.spec.containers[?(@.name=="one"', 'unterminated filter'],
    ['.spec.containers[?(@.name=="one")', 'unclosed array'],
    ['.spec.containers[?(@.name=~"o")]', 'unrecognized filter operator =~'],
    ['....', 'invalid multiple recursive descent'],
    ['.a}{.b', 'unrecognized character'],
    ['{.a}', 'unrecognized character'],
    ['range .a', 'unrecognized identifier "range"'],
    ['"open', 'unterminated quoted string'],
    [`.${'a'.repeat(5000)}`, 'longer than'],
    [`${'[?('.repeat(40)}@.a${')]'.repeat(40)}`, 'nested deeper than'],
  ])('work.md 66: %s', (path, message) => {
    expect(() => parseJsonPath(path)).toThrow(message);
  });

  test.each([
    ['.spec.containers[3]', 'array index out of bounds: index 3, length 3'],
    ['.spec.containers[-4]', 'out of bounds'],
    ['.spec[0]', 'is not an array'],
    ['.spec[?(@.a)]', 'cannot be filtered'],
    ['.spec.containers[2:1]', 'greater than ending index'],
    ['.spec.containers[::-1]', 'step must be > 0'],
    ['.status.conditions[?(@.type==1)]', 'incompatible types'],
    ['.spec.containers[?(@.ports[*].port==80)]', 'one element at a time'],
  ])('work.md 66: %s cannot be followed', (path, message) => {
    expect(() => find(path)).toThrow(message);
  });
});

describe('hostile paths', () => {
  const pieces = fc.constantFrom(
    '.a',
    '..',
    '.',
    '*',
    '[',
    ']',
    '[0]',
    '[*]',
    '[-1]',
    '[?(',
    ')]',
    '@',
    '$',
    '==',
    '"',
    "'",
    '\\',
    ',',
    ':',
    '1',
    ' ',
    '{',
    '}',
    'true',
    '__proto__',
    'constructor',
  );

  test('any text is either read or refused, and no path reaches beyond the data', () => {
    const data = { a: [{ a: 1 }, { b: [null, true, 'x'] }], b: { a: [] } };
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(pieces).map((parts) => parts.join('')),
        ),
        (path) => {
          try {
            for (const value of findByJsonPath(parseJsonPath(path), data))
              expect(typeof value).not.toBe('function');
          } catch (error) {
            if (!(error instanceof JsonPathError)) throw error;
          }
        },
      ),
      { numRuns: 3000 },
    );
  });

  test('a field reads back what was stored under it, whatever its name', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1 }), fc.integer(), (key, value) => {
        fc.pre(!/['\\]/.test(key));
        const data = Object.fromEntries([[key, value]]);
        expect(findByJsonPath(parseJsonPath(`['${key}']`), data)).toEqual([value]);
      }),
    );
  });

  test('what objects inherit is no data', () => {
    for (const name of ['__proto__', 'constructor', 'toString'])
      expect(findByJsonPath(parseJsonPath(`.${name}`), {})).toEqual([]);
  });

  test('a path that multiplies is stopped', () => {
    const wide = { a: Array.from({ length: 1000 }, () => Array.from({ length: 1000 }, () => 1)) };
    expect(() => findByJsonPath(parseJsonPath('.a[*][*].b'), wide)).toThrow('make it narrower');
  });
});
