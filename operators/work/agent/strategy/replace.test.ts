import { describe, expect, test } from '@jest/globals';
import { ApiError } from '../../../runtime/client/errors.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { isUndeclarable, mergedInto } from './replace.ts';

const reference = {
  apiVersion: 'work.open-cluster-management.io/v1',
  kind: 'AppliedManifestWork',
  name: 'h-w',
  uid: '1',
};
const object = (rest: object, metadata: object = {}): UnknownObject => ({
  metadata: { name: 'x', ...metadata },
  ...rest,
});
const live = object(
  { spec: { a: 1, theirs: 2, list: [{ n: 'a', filledIn: 1 }] } },
  {
    resourceVersion: '5',
    labels: { theirs: '1', dropped: '1' },
    ownerReferences: [reference],
    managedFields: [
      {
        manager: 'work-agent',
        operation: 'Update',
        fieldsV1: { 'f:metadata': { 'f:labels': { 'f:dropped': {} } } },
      },
    ],
  },
);
const merged = (body: UnknownObject, present = true) =>
  mergedInto(live, body, { object: body, owner: { reference, present } });

describe('an object that cannot be declared', () => {
  test('is left as it is when it holds everything', () => {
    const body = object({ spec: { a: 1, list: [{ n: 'a' }] } }, { labels: { dropped: '1' } });
    expect(merged(body)).toBe(live);
  });

  test('gets what the manifest names, loses what it named, and keeps what others put there', () => {
    expect(merged(object({ spec: { a: 2, list: [] } }))).toEqual({
      ...live,
      spec: { a: 2, theirs: 2, list: [] },
      metadata: { ...live.metadata, labels: { theirs: '1' } },
    });
  });

  test('work.md 53: the owner goes with the delete option', () => {
    const { metadata } = merged(object({}, { labels: { dropped: '1' } }), false);
    expect(metadata.ownerReferences).toEqual([]);
  });
});

describe('what cannot be declared', () => {
  const error = (code: number, message: string) => new ApiError(code, { message, code }, 'PATCH /x');
  test.each<[string, Error, boolean]>([
    [
      'an unknown field',
      error(
        500,
        'failed to create typed patch object (a/b; v1, Kind=X): .spec.y: field not declared in schema',
      ),
      true,
    ],
    ['a key twice', error(500, '.spec.env: duplicate entries for key [name="A"]'), true],
    ['no apply at the server', error(415, 'unsupported'), true],
    ['no patch at the server', error(405, 'the server does not allow this method'), true],
    ['no right to patch', error(403, 'things is forbidden: User "u" cannot patch resource "things"'), true],
    [
      'no right to create',
      error(403, 'things is forbidden: User "u" cannot create resource "things"'),
      false,
    ],
    ['an invalid value', error(422, 'spec.a: Invalid value'), false],
    ['a webhook that is away', error(500, 'failed calling webhook "w"'), false],
    ['something else', new Error('field not declared in schema'), false],
  ])('%s', (_, cause, undeclarable) => {
    expect(isUndeclarable(cause)).toBe(undeclarable);
  });
});
