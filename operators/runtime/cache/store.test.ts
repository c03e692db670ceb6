import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type { KubeObject } from '../client/object.ts';
import type { Change } from './informer.ts';
import { ObjectStore } from './store.ts';
import { isOlder } from './version.ts';

const object = (name: string, resourceVersion: string, uid = `uid-${name}`, labels = {}): KubeObject => ({
  metadata: { name, namespace: 'ns', uid, resourceVersion, labels },
});

const recorded = () => {
  const told: string[] = [];
  const store = new ObjectStore<KubeObject>((change: Change<KubeObject>) => {
    const { name, uid, resourceVersion } = change.object.metadata;
    const before = change.type === 'updated' ? ` after ${change.previous.metadata.resourceVersion}` : '';
    told.push(`${change.type} ${name} ${uid} ${resourceVersion}${before}`);
  });
  return { store, told };
};

describe('a store tells', () => {
  test('an addition, a change and a deletion once each', () => {
    const { store, told } = recorded();
    store.put(object('a', '1'));
    store.put(object('a', '2'));
    store.delete(object('a', '3'));
    expect(told).toEqual(['added a uid-a 1', 'updated a uid-a 2 after 1', 'deleted a uid-a 3']);
    expect(store.size).toBe(0);
    expect(store.get('a', 'ns')).toBeUndefined();
  });

  test('nothing of what is as old as what it has, or older', () => {
    const { store, told } = recorded();
    store.put(object('a', '10'));
    store.put(object('a', '10'));
    store.put(object('a', '9'));
    store.delete(object('a', '9'));
    expect(told).toEqual(['added a uid-a 10']);
  });

  test('nothing of an event that comes after the deletion that followed it', () => {
    const { store, told } = recorded();
    store.put(object('a', '10'));
    store.delete(object('a', '12'));
    store.put(object('a', '11'));
    store.put(object('a', '12'));
    expect(store.size).toBe(0);
    store.put(object('a', '13'));
    expect(told).toEqual(['added a uid-a 10', 'deleted a uid-a 12', 'added a uid-a 13']);
  });

  test('nothing of what is heard of an object that is gone for good, and all of its successor', () => {
    const { store, told } = recorded();
    store.put(object('a', '10', 'first'));
    store.removed(object('a', '10', 'other').metadata);
    store.removed(object('a', '10', 'first').metadata);
    store.removed(object('a', '10', 'first').metadata);
    store.put(object('a', '11', 'first'));
    store.delete(object('a', '12', 'first'));
    store.put(object('a', '11', 'first'));
    store.put(object('a', '13', 'second'));
    store.removed(object('a', '11', 'first').metadata);
    expect(told).toEqual(['added a first 10', 'deleted a first 10', 'added a second 13']);
  });

  test('a successor of the same name as a deletion and an addition', () => {
    const { store, told } = recorded();
    store.put(object('a', '10', 'first'));
    store.put(object('a', '20', 'second'));
    store.delete(object('a', '15', 'first'));
    expect(told).toEqual(['added a first 10', 'deleted a first 10', 'added a second 20']);
    expect(store.get('a', 'ns')?.metadata.uid).toBe('second');
  });

  test('a new list as what has changed by it', () => {
    const { store, told } = recorded();
    store.replace([object('a', '1'), object('b', '2'), object('c', '3'), object('d', '4', 'first')]);
    told.length = 0;
    const kept = store.get('a', 'ns');
    store.replace([object('a', '1'), object('b', '5'), object('d', '6', 'second'), object('e', '7')]);
    expect(told).toEqual([
      'deleted c uid-c 3',
      'updated b uid-b 5 after 2',
      'deleted d first 4',
      'added d second 6',
      'added e uid-e 7',
    ]);
    expect(store.get('a', 'ns')).toBe(kept);
  });

  test('a new list even when it is older, since the server may have been restored', () => {
    const { store, told } = recorded();
    store.put(object('a', '10'));
    store.replace([object('a', '5')]);
    expect(told.at(-1)).toBe('updated a uid-a 5 after 10');
  });
});

test('lookups', () => {
  const { store } = recorded();
  const clusterScoped: KubeObject = { metadata: { name: 'x', uid: 'x', resourceVersion: '1' } };
  const elsewhere: KubeObject = {
    metadata: { name: 'a', namespace: 'other', uid: 'o', resourceVersion: '1' },
  };
  store.put(clusterScoped);
  store.put(object('a', '1'));
  store.put(elsewhere);
  expect(store.get('x')).toBe(clusterScoped);
  expect(store.get('a', 'other')).toBe(elsewhere);
  expect(store.get('a')).toBeUndefined();
  expect(store.list('other')).toEqual([elsewhere]);
  expect(store.list()).toHaveLength(3);
  expect(store.list('none')).toEqual([]);
  expect(() => store.byIndex('none', '')).toThrow('there is no index "none"');
});

test('versions are compared as numbers of any length; others are never older', () => {
  const cases: [string | undefined, string | undefined, boolean][] = [
    ['9', '10', true],
    ['10', '9', false],
    ['10', '10', false],
    ['18446744073709551614', '18446744073709551615', true],
    ['99999999999999999999', '100000000000000000000', true],
    ['abc', '10', false],
    ['10', 'abc', false],
    ['', '10', false],
    ['0', '10', false],
    [undefined, '10', false],
  ];
  for (const [version, than, older] of cases)
    expect([version, than, isOlder(version, than)]).toEqual([version, than, older]);
});

test('indexes always agree with the objects', () => {
  const names = fc.constantFrom('a', 'b', 'c');
  const labels = fc.dictionary(fc.constantFrom('x', 'y'), fc.constantFrom('1', '2'));
  const command = fc.record({
    act: fc.constantFrom('put', 'delete', 'replace'),
    name: names,
    uid: fc.constantFrom('u1', 'u2'),
    version: fc.integer({ min: 1, max: 20 }).map(String),
    labels,
  });
  const byLabel = ({ metadata }: KubeObject) =>
    Object.entries(metadata.labels ?? {}).map(([name, value]) => `${name}=${value}`);
  fc.assert(
    fc.property(fc.array(command), (commands) => {
      const followed = new Map<string, KubeObject>();
      const store = new ObjectStore<KubeObject>((change) => {
        const { name } = change.object.metadata;
        if (change.type === 'added') expect(followed.has(name)).toBe(false);
        else expect(followed.has(name)).toBe(true);
        if (change.type === 'deleted') followed.delete(name);
        else followed.set(name, change.object);
      });
      store.addIndex('label', byLabel);
      for (const { act, name, version, uid, labels: own } of commands) {
        const some = object(name, version, uid, own);
        if (act === 'replace') store.replace([some]);
        else store[act as 'put' | 'delete'](some);
      }
      store.addIndex('late', byLabel);
      expect(new Set(store.list())).toEqual(new Set(followed.values()));
      expect(store.size).toBe(followed.size);
      for (const value of ['x=1', 'x=2', 'y=1', 'y=2']) {
        const expected = store.list().filter((some) => byLabel(some).includes(value));
        expect(new Set(store.byIndex('label', value))).toEqual(new Set(expected));
        expect(new Set(store.byIndex('late', value))).toEqual(new Set(expected));
      }
    }),
  );
});
