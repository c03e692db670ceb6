import { describe, expect, test } from '@jest/globals';
import type { Klusterlet } from '../../../api/generated/operator.ts';
import { klusterletOf } from '../klusterlet-fixture.ts';
import { finalizersFor } from './cleanup-controller.ts';

describe('finalizersFor (operator.md 134)', () => {
  const ready = (status: 'True' | 'False') => ({
    conditions: [{ type: 'ReadyToApply', status, reason: 'r', message: '', lastTransitionTime: '' }],
  });
  const cleanup = 'operator.open-cluster-management.io/klusterlet-cleanup';
  const hosted = 'operator.open-cluster-management.io/klusterlet-hosted-cleanup';
  test.each<[string, Klusterlet['status'], string[]]>([
    ['Default', undefined, [cleanup]],
    ['Default', ready('True'), [cleanup]],
    ['Hosted', undefined, [cleanup]],
    ['Hosted', ready('False'), [cleanup]],
    ['Hosted', ready('True'), [cleanup, hosted]],
    ['SingletonHosted', ready('True'), [cleanup, hosted]],
    ['Unknown', undefined, []],
  ])('%s', (mode, status, expected) => {
    expect(finalizersFor({ ...klusterletOf('k', { deployOption: { mode } }), status })).toEqual(expected);
  });
});
