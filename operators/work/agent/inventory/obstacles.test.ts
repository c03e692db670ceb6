import { describe, expect, test } from '@jest/globals';
import type { AppliedResource } from '../../../api/generated/work.ts';
import { ApiError, ConnectionError } from '../../../runtime/client/errors.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { type Obstacle, causeOf, objectText, obstaclesText, waitOf } from './obstacles.ts';

const entry = (rest: Partial<AppliedResource> = {}): AppliedResource => ({
  group: '',
  version: 'v1',
  resource: 'configmaps',
  namespace: 'n',
  name: 'a',
  ...rest,
});

describe('what keeps an object', () => {
  const refusal = (code: number, message: string) => new ApiError(code, { code, message }, 'DELETE /x');
  test.each<[string, unknown, RegExp]>([
    [
      'a missing right',
      refusal(403, 'secrets "a" is forbidden: User "agent" cannot delete resource "secrets" in API group ""'),
      /cannot delete resource.*; grant the right to the work agent.*aggregate-to-work=true$/,
    ],
    [
      'an admission policy, which rights do not help against',
      refusal(403, 'configmaps "a" is forbidden: ValidatingAdmissionPolicy \'keep\' denied request: kept'),
      /^configmaps "a" is forbidden: ValidatingAdmissionPolicy 'keep' denied request: kept$/,
    ],
    ['a credential that is void', refusal(401, 'Unauthorized'), /^Unauthorized; .*no valid credential/],
    ['no answer', new ConnectionError('connect ECONNREFUSED', 'ECONNREFUSED'), /API server does not answer/],
    ['anything else', new Error('odd'), /^odd$/],
  ])('%s', (_, error, expected) => {
    expect(causeOf(error)).toMatch(expected);
  });

  test('finalizers of others, and what a namespace says of its content', () => {
    const object = (rest: object, finalizers?: string[]): UnknownObject => ({
      metadata: { name: 'a', finalizers },
      ...rest,
    });
    expect(waitOf(object({}))).toBe('is being deleted');
    expect(waitOf(object({}, ['x.io/a', 'x.io/b']))).toBe(
      'is being deleted and waits for: the controllers of its finalizers x.io/a, x.io/b',
    );
    const conditions = [
      { type: 'NamespaceContentRemaining', status: 'True', message: 'things.x.io has 1 resource instances' },
      { type: 'NamespaceDeletionContentFailure', status: 'False', message: 'all deleted' },
    ];
    expect(waitOf(object({ kind: 'Namespace', status: { conditions } }))).toBe(
      'is being deleted and waits for: things.x.io has 1 resource instances',
    );
  });
});

describe('the text of a condition about them', () => {
  const obstacle = (object: string, rest: Partial<Obstacle> = {}): Obstacle => ({
    object,
    cause: 'no',
    isWaiting: false,
    ...rest,
  });

  test('names objects and causes', () => {
    expect(objectText(entry(), { kind: 'ConfigMap' })).toBe('ConfigMap n/a');
    expect(objectText(entry({ namespace: '', resource: 'nodes' }))).toBe('nodes a');
    expect(obstaclesText([obstacle('A a'), obstacle('B n/b')], 0)).toBe('A a: no; B n/b: no');
    expect(obstaclesText([], 9)).toBeUndefined();
  });

  test('speaks of objects on their way out only when they take long', () => {
    const waits = [obstacle('A a', { isWaiting: true })];
    expect(obstaclesText(waits, 0)).toBeUndefined();
    expect(obstaclesText(waits, 6)).toBe('A a: no');
  });

  test('is bounded, however many and however talkative they are', () => {
    const many = Array.from({ length: 3_000 }, (_, index) =>
      obstacle(`A ${index}`, { cause: 'x'.repeat(50_000) }),
    );
    const text = obstaclesText(many, 0)!;
    expect(text.length).toBeLessThan(2_100);
    expect(text).toMatch(/^A 0: x+…; .*; and 29\d\d more$/);
    expect(obstaclesText([obstacle('A', { cause: 'x'.repeat(50_000) })], 0)!.length).toBeLessThan(500);
  });
});
