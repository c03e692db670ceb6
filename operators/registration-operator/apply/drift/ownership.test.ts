import { describe, expect, test } from '@jest/globals';
import { hasForeignFields, lastManager } from './ownership.ts';

describe('fields of others', () => {
  const entry = (manager: string, fields: object, more: object = {}) => ({
    manager,
    operation: 'Apply',
    fieldsV1: { 'f:spec': fields },
    ...more,
  });
  const live = (...managedFields: object[]) =>
    ({ kind: 'Deployment', metadata: { name: 'x', managedFields } }) as {
      metadata: { name: string };
      kind: string;
    };
  const ours = entry('us', {
    'f:replicas': {},
    'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:image': {} } } } },
  });

  test.each([
    ['none', [ours], false],
    ['the same fields', [ours, entry('kubectl', { 'f:replicas': {} }, { operation: 'Update' })], false],
    ['another field', [ours, entry('kubectl', { 'f:paused': {} }, { operation: 'Update' })], true],
    [
      'another container',
      [ours, entry('kubectl', { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"b"}': {} } } } })],
      true,
    ],
    ['status', [ours, entry('kcm', { 'f:paused': {} }, { subresource: 'status' })], false],
    ['our own update', [ours, entry('us', { 'f:paused': {} }, { operation: 'Update' })], false],
  ])('%s', (_, entries, expected) => {
    expect(hasForeignFields(live(...entries), 'us')).toBe(expected);
  });

  test('only where nobody may add anything, and who it was', () => {
    const foreign = entry('kubectl', { 'f:x': {} }, { time: '2026-01-02T00:00:00Z' });
    expect(hasForeignFields({ ...live(ours, foreign), kind: 'Namespace' }, 'us')).toBe(false);
    expect(lastManager(live(ours, entry('old', {}, { time: '2026-01-01T00:00:00Z' }), foreign), 'us')).toBe(
      'kubectl',
    );
  });
});
