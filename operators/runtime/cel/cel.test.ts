import { describe, expect, test } from '@jest/globals';
import { environment } from './environment.ts';
import { CelCompileError, CelEvaluationError, CelProgramError } from './errors.ts';
import type { Limits } from './evaluate/budget.ts';
import { compile } from './program.ts';
import { dyn } from './types/type.ts';
import { fromJson } from './values/json.ts';

const declarations = environment({ object: dyn });

const evaluate = (expression: string, object: unknown = {}, limits: Partial<Limits> = {}) =>
  compile(expression, declarations).evaluate({ object: fromJson(object) }, limits);

const failure = (expression: string, object: unknown = {}, limits: Partial<Limits> = {}): unknown => {
  try {
    return evaluate(expression, object, limits);
  } catch (error) {
    return error;
  }
};

describe('placement.md 6.1.2: the cost of an expression', () => {
  test('of one label, and of a version', () => {
    const managedCluster = { metadata: { labels: { version: '1.14.3' } } };
    const label = 'object.metadata.labels["version"] == "1.14.3"';
    expect(evaluate(label, managedCluster)).toEqual({ value: true, cost: 5 });
  });

  test('is what the evaluation ends at', () => {
    expect(evaluate('[1, 2].all(x, x > 0)', {}, { cost: 21 })).toMatchObject({ value: true, cost: 21 });
    const found = failure('[1, 2].all(x, x > 0)', {}, { cost: 20 });
    expect(found).toBeInstanceOf(CelEvaluationError);
    expect(found).toMatchObject({
      cancelled: true,
      message: 'operation cancelled: actual cost limit exceeded',
    });
  });
});

describe('an expression that wants too much ends', () => {
  const long = 'a'.repeat(100_000);
  const thousand = Array.from({ length: 1000 }, (_, index) => `name-${index}`);
  const nested = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`) as unknown;

  test.each<[string, string, unknown]>([
    ['nested loops', 'object.all(a, object.all(b, object.all(c, a != b + c)))', thousand],
    ['a text that grows', 'object.replace("a", object)', long],
    ['texts in a loop', 'object.l.map(x, object.s.replace("a", "bbbbbbbbbb"))', { l: thousand, s: long }],
    ['lists that double', doubled(40, 'x + x', '[1, 2]'), {}],
    ['texts that double', doubled(40, 'x + x', '"ab"'), {}],
    [
      'comparisons that cost next to nothing',
      'object.all(x, object == object)',
      Array(2000).fill([thousand]),
    ],
    [
      'sorting in a loop',
      'object.all(x, object.isSorted())',
      Array.from({ length: 6000 }, (_, index) => String(index).padStart(6)),
    ],
    ['a value nested without end', 'object.deep == object.deep', { deep: nested }],
  ])('%s', (_, expression, object) => {
    const found = failure(expression, object);
    expect(found).toBeInstanceOf(CelEvaluationError);
    expect(found).toMatchObject({ cancelled: true });
  });

  test.each([
    ['^(a+)+$', false],
    ['(a|aa)+b', true],
    ['(.*)(.*)(.*)(.*)[^a]$', true],
    ['a{0,1000}a{1000}c', false],
  ])('no pattern takes longer than its text is long: %s', (pattern, value) => {
    const found = failure('object.text.matches(object.pattern)', { text: `${long}b!`, pattern });
    if (found instanceof CelEvaluationError) expect(found.cancelled).toBe(true);
    else expect(found).toMatchObject({ value });
  });

  test.each([
    ['brackets', `${'('.repeat(300)}1${')'.repeat(300)}`],
    ['a chain of sums', Array(400).fill('1').join('+')],
    ['a chain of fields', `object${'.a'.repeat(400)}`],
    ['macros in macros', Array(300).fill('[1].map(x, ').join('') + 'x' + ')'.repeat(300)],
  ])('too deep to be read: %s', (_, expression) => {
    expect(() => compile(expression, declarations)).toThrow('expression recursion limit exceeded: 250');
  });

  test('long chains of && are not deep, and macros that use their target twice are read once', () => {
    expect(evaluate(Array(2000).fill('true').join(' && '))).toMatchObject({ value: true });
    const chain = `optional.of(1)${'.optMap(x, x)'.repeat(80)}`;
    expect(failure(chain)).toMatchObject({ cancelled: true });
  });

  test('too long to be read', () => {
    expect(() => compile(`"${'a'.repeat(100_000)}"`, declarations)).toThrow('code point size exceeds limit');
  });
});

/** An expression that binds a value to the result of the one before it, again and again. */
function doubled(times: number, step: string, first: string): string {
  return `${`optional.of(${first})`}${`.optMap(x, ${step})`.repeat(times)}`;
}

describe('errors', () => {
  test('work.md 84: name the place, and all that is wrong', () => {
    const found = failure('object.a ==\n  foo + "é😀" + bar');
    expect(found).toBeInstanceOf(CelCompileError);
    expect((found as CelCompileError).message).toBe(
      [
        "ERROR: <input>:2:3: undeclared reference to 'foo' (in container '')",
        ' |   foo + "é😀" + bar',
        ' | ..^',
        "ERROR: <input>:2:16: undeclared reference to 'bar' (in container '')",
        ' |   foo + "é😀" + bar',
        ' | ...............^',
      ].join('\n'),
    );
  });

  test('work.md 85: can be told without the lines', () => {
    const found = failure('1 +') as CelCompileError;
    expect(found.summary).toBe("ERROR: <input>:1:4: Syntax error: unexpected input '<EOF>'");
  });

  test('work.md 4.3: a pattern that is none makes no program', () => {
    expect(failure('object.s.find("(")')).toBeInstanceOf(CelProgramError);
    expect(failure('object.s.find(object.p)', { s: 'a', p: '(' })).toMatchObject({
      cancelled: false,
      message: expect.stringContaining('missing closing )'),
    });
  });

  test('fields that every JavaScript object has are no fields', () => {
    expect(failure('object.constructor')).toMatchObject({ message: 'no such key: constructor' });
    expect(evaluate('has(object.__proto__)')).toMatchObject({ value: false });
    expect(failure('toString')).toBeInstanceOf(CelCompileError);
  });
});
