import { describe, expect, test } from '@jest/globals';
import type { CustomResourceDefinition } from '../../../runtime/client/kubernetes.ts';
import {
  aggregate,
  isSameMigration,
  migrationProblem,
  migrations,
  type StorageVersionMigration,
} from './migration.ts';

const migration = { name: 'm', group: 'g.io', version: 'v1', resource: 'things' };
const crd = (...versions: { name: string; storage: boolean }[]) =>
  ({ metadata: { name: 'things.g.io' }, spec: { versions } }) as unknown as CustomResourceDefinition;

test('this release migrates nothing (operator.md 4.8)', () => {
  expect(migrations).toEqual([]);
});

describe('operator.md 71: what cannot be migrated', () => {
  test.each([
    ['no CRD', undefined, /does not exist/],
    ['single version', crd({ name: 'v1', storage: true }), /one version/],
    ['missing version', crd({ name: 'v2', storage: true }, { name: 'v3', storage: false }), /no version v1/],
    ['stored already', crd({ name: 'v1', storage: true }, { name: 'v2', storage: false }), /already/],
    ['fine', crd({ name: 'v2', storage: true }, { name: 'v1', storage: false }), undefined],
  ])('%s', (_, live, expected) => {
    const problem = migrationProblem(migration, live);
    if (expected) expect(problem).toMatch(expected);
    else expect(problem).toBeUndefined();
  });

  test('an object of the same name that asks for something else', () => {
    const spec = { resource: { group: 'g.io', version: 'v1', resource: 'things' } };
    expect(isSameMigration(migration, { metadata: { name: 'm' }, spec })).toBe(true);
    expect(
      isSameMigration(migration, {
        metadata: { name: 'm' },
        spec: { resource: { ...spec.resource, version: 'v2' } },
      }),
    ).toBe(false);
  });
});

describe('operator.md 71: what all migrations together have come to', () => {
  const state = (name: string, type?: string): StorageVersionMigration => ({
    metadata: { name },
    status: type
      ? { conditions: [{ type, status: 'True', reason: '', message: '', lastTransitionTime: '' }] }
      : undefined,
  });
  test.each([
    [
      'running and done',
      [state('a', 'Running'), state('b', 'Succeeded')],
      'False',
      'StorageVersionMigrationProcessing',
    ],
    ['not looked at', [state('a')], 'False', 'StorageVersionMigrationProcessing'],
    [
      'failed and running',
      [state('a', 'Failed'), state('b', 'Running')],
      'False',
      'StorageVersionMigrationFailed',
    ],
    ['done', [state('a', 'Succeeded'), state('b', 'Succeeded')], 'True', 'StorageVersionMigrationSucceed'],
  ])('%s', (_, all, status, reason) => {
    expect(aggregate(all)).toMatchObject({ status, reason });
  });
});
