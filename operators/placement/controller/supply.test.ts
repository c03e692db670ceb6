import { beforeEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import type {
  ManagedCluster,
  ManagedClusterSet,
  Placement,
  PlacementSpec,
} from '../../api/generated/cluster.ts';
import { label } from '../../api/names.ts';
import { cluster, namesOf, seed } from '../scheduling/fixture.ts';
import { FedHub, nextVersion } from './fixture.ts';
import { choiceFor } from './supply.ts';

let hub: FedHub;
const choiceOf = (namespace: string, spec: PlacementSpec = {}) => {
  const placement: Placement = { metadata: { name: 'p', namespace }, spec };
  const { supply, available, mayStay } = choiceFor(hub.caches, hub.members, placement);
  return { supply, available: namesOf(available), mayStay };
};

beforeEach(() => {
  hub = new FedHub();
  for (const set of ['a', 'b']) {
    hub.caches.sets.put({ metadata: { name: set }, spec: {} });
    hub.caches.clusters.put(cluster(`${set}1`, { labels: { [label.clusterSet]: set } }));
  }
  hub.caches.bindings.put({ metadata: { name: 'a', namespace: 'tenant-a' }, spec: { clusterSet: 'a' } });
  hub.caches.bindings.put({ metadata: { name: 'b', namespace: 'tenant-b' }, spec: { clusterSet: 'b' } });
});

describe('faults A10: a tenant chooses from what is bound to its own namespace', () => {
  test('whatever sets it names', () => {
    expect(choiceOf('tenant-a').available).toEqual(['a1']);
    expect(choiceOf('tenant-a', { clusterSets: ['a', 'b'] }).available).toEqual(['a1']);
    expect(choiceOf('tenant-a', { clusterSets: ['b'] })).toMatchObject({
      supply: { hasBindings: true, eligibleSets: [], availableClusters: 0 },
      available: [],
    });
    expect(choiceOf('tenant-c', { clusterSets: ['a'] })).toMatchObject({
      supply: { hasBindings: false, eligibleSets: [] },
      available: [],
    });
  });

  test('a binding counts by its name, for which the webhook asks, whatever set it says it is of', () => {
    hub.caches.bindings.put({ metadata: { name: 'x', namespace: 'tenant-c' }, spec: { clusterSet: 'a' } });
    expect(choiceOf('tenant-c')).toMatchObject({ supply: { hasBindings: false }, available: [] });
  });

  test('decisions that are written by hand keep no cluster of a set that is not bound', () => {
    const { mayStay } = choiceOf('tenant-a');
    expect(mayStay('a1')?.metadata.name).toBe('a1');
    expect(mayStay('b1')).toBeUndefined();
    expect(mayStay('nobody')).toBeUndefined();
  });
});

const clusterWith = (
  name: string,
  labels: Record<string, string> = {},
  more: object = {},
): ManagedCluster => ({
  metadata: { name, labels, ...more },
});
const clusterSet = (name: string, clusterSelector?: object): ManagedClusterSet => ({
  metadata: { name },
  spec: clusterSelector ? { clusterSelector: clusterSelector as never } : {},
});
const byLabels = (name: string, labelSelector?: object) =>
  clusterSet(name, { selectorType: 'LabelSelector', labelSelector });

/** What a placement chooses from where all of these sets are bound. */
const availableIn = (sets: readonly ManagedClusterSet[], members: readonly ManagedCluster[]): string[] => {
  const own = new FedHub();
  own.caches.clusters.put(...members);
  own.caches.sets.put(...sets);
  own.caches.bindings.put(
    ...sets.map(({ metadata: { name } }) => ({
      metadata: { name, namespace: 'team' },
      spec: { clusterSet: name },
    })),
  );
  const placement: Placement = { metadata: { name: 'p', namespace: 'team' }, spec: {} };
  return namesOf(choiceFor(own.caches, own.members, placement).available);
};

const clusters = [
  clusterWith('cluster1', { [label.clusterSet]: 'set1', cloud: 'Amazon' }),
  clusterWith('cluster2', { [label.clusterSet]: 'set2' }),
  clusterWith('cluster3', { [label.clusterSet]: 'set1' }, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  clusterWith('cluster4', { cloud: 'Google' }),
];

test.each([
  ['placement.md 70: the exclusive label', [clusterSet('set1')], ['cluster1']],
  ['placement.md 70: labels', [byLabels('any', { matchLabels: { cloud: 'Google' } })], ['cluster4']],
  ['placement.md 70: an empty selector', [byLabels('global', {})], ['cluster1', 'cluster2', 'cluster4']],
  ['placement.md 71: no selector', [byLabels('none')], []],
  ['placement.md 73: a cluster that is being deleted is in none', [clusterSet('set1')], ['cluster1']],
  [
    'placement.md 74: a cluster of two sets is there once',
    [clusterSet('set1'), byLabels('any', { matchExpressions: [{ key: 'cloud', operator: 'Exists' }] })],
    ['cluster1', 'cluster4'],
  ],
  ['placement.md 75: no set', [], []],
])('%s', (_, sets, available) => {
  expect(availableIn(sets, clusters)).toEqual(available);
});

test('placement.md 72: a set whose selector makes no sense is no set without clusters', () => {
  const sets = [clusterSet('set1'), clusterSet('set2', { selectorType: 'Foo' })];
  const message =
    'ManagedClusterSet "set2" has an invalid selector: selectorType is not right: Foo; correct it';
  expect(() => availableIn(sets, clusters)).toThrow(message);
  expect(() => availableIn(sets, [])).toThrow(message);
});

test('what a set has to choose from follows every change, and is the very same for as long as there is none', () => {
  const change = fc.record({
    name: fc.integer({ min: 0, max: 15 }).map((at) => `c${at}`),
    becomes: fc.constantFrom('member', 'member', 'leaving', 'other', 'gone'),
    isAsked: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(change, { maxLength: 60 }), (changes) => {
      const { caches, members } = new FedHub();
      const set = clusterSet('set1');
      caches.sets.put(set);
      const wanted = () =>
        caches.clusters
          .list()
          .filter(({ metadata }) => metadata.labels?.[label.clusterSet] && !metadata.deletionTimestamp)
          .toSorted((a, b) => (a.metadata.name < b.metadata.name ? -1 : 1));
      for (const { name, becomes, isAsked } of changes) {
        const present = caches.clusters.get(name);
        const labels = becomes === 'other' ? {} : { [label.clusterSet]: 'set1' };
        const deletionTimestamp = becomes === 'leaving' ? '2026-01-01T00:00:00Z' : undefined;
        if (becomes !== 'gone')
          caches.clusters.put(
            clusterWith(name, labels as Record<string, string>, {
              uid: present?.metadata.uid ?? nextVersion(),
              resourceVersion: nextVersion(),
              deletionTimestamp,
            }),
          );
        else if (present) caches.clusters.delete(present);
        if (!isAsked) continue;
        const available = members.availableOf(set);
        expect(available).toEqual(wanted());
        expect(members.availableOf(set)).toBe(available);
      }
      expect(members.availableOf(set)).toEqual(wanted());
    }),
    { seed },
  );
});
