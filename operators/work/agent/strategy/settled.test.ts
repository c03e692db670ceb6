import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
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

  test('work.md 124: works that write side by side never have another write left out than their own last one', async () => {
    const values = ['1', '2', '3'];
    const writeOf = (key: string, value: string) => ({
      key,
      manager: 'm',
      body: { metadata: { name: key }, data: { value } } as UnknownObject,
    });
    const operation = fc.record({
      key: fc.constantFrom('k1', 'k2'),
      value: fc.constantFrom(...values),
      forgets: fc.boolean(),
    });
    const workers = fc.array(fc.array(operation, { maxLength: 6 }), { minLength: 2, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), workers, async (scheduler, plans) => {
        const settled = new SettledWrites();
        const last = new Map<string, string>();
        const work = async (plan: (typeof plans)[number]) => {
          for (const { key, value, forgets } of plan) {
            await scheduler.schedule(Promise.resolve(), `${key}=${value}`);
            if (forgets) {
              settled.forget(key);
              last.delete(key);
            } else {
              const own = writeOf(key, value);
              settled.record(own, own.body);
              last.set(key, value);
            }
            for (const other of ['k1', 'k2'])
              for (const asked of values) {
                const repeats = last.get(other) === asked;
                expect(settled.has(writeOf(other, asked), writeOf(other, asked).body)).toBe(repeats);
              }
            expect(settled.size).toBe(last.size);
          }
        };
        const all = Promise.all(plans.map(work));
        await scheduler.waitAll();
        await all;
      }),
    );
  });

  test('work.md 13, 4: what is forgotten takes no memory', () => {
    const settled = new SettledWrites();
    settled.record(write, became);
    settled.forget('k');
    expect(settled.size).toBe(0);
  });
});
