import { describe, expect, test } from '@jest/globals';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { SettledWrites } from './settled.ts';

const metadata = { name: 'x', labels: { a: '1' } };
const body: UnknownObject = { metadata, spec: { replicas: 1, storage: '1024Mi' } };
const write = { key: 'k', body, manager: 'm' };
const became: UnknownObject = {
  metadata: {
    name: 'x',
    resourceVersion: '5',
    labels: { a: '1', other: 'x' },
    managedFields: [{ manager: 'm', operation: 'Apply', fieldsV1: { 'f:spec': {} } }],
  },
  spec: { replicas: 1, storage: '1Gi', defaulted: true },
};

describe('settled writes', () => {
  test('a write that would repeat the last one is left out, whatever others keep beside it', () => {
    const settled = new SettledWrites();
    expect(settled.has(write, became)).toBe(false);
    settled.record(write, became);
    expect(settled.has(write, became)).toBe(true);
    const later = {
      ...became,
      status: { replicas: 1 },
      spec: { replicas: 1, storage: '1Gi', theirs: 7 },
      metadata: { ...became.metadata, resourceVersion: '9', annotations: { revision: '2' } },
    };
    expect(settled.has(write, later)).toBe(true);
  });

  test.each<[string, Partial<UnknownObject>]>([
    ['an edited field', { spec: { replicas: 2, storage: '1Gi' } }],
    ['an edited label of the manifest', { metadata: { ...became.metadata, labels: { a: '2' } } }],
    ['a lost record', { metadata: { ...became.metadata, managedFields: [] } }],
  ])('%s is written again', (_, edit) => {
    const settled = new SettledWrites();
    settled.record(write, became);
    expect(settled.has(write, { ...became, ...edit } as UnknownObject)).toBe(false);
  });

  test('work.md 13, 4: what is forgotten takes no memory', () => {
    const settled = new SettledWrites();
    settled.record(write, became);
    settled.forget('k');
    expect(settled.size).toBe(0);
  });
});
