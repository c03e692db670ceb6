import { expect, test } from '@jest/globals';
import type {
  ManagedCluster,
  ManagedClusterSet,
  ManagedClusterSetBinding,
} from '../../../api/generated/cluster.ts';
import { availableClusters, eligibleSets, validBindings } from './cluster-sets.ts';

const setLabel = 'cluster.open-cluster-management.io/clusterset';

const binding = (name: string, clusterSet = name, bound = 'True'): ManagedClusterSetBinding => ({
  metadata: { name, namespace: 'team' },
  spec: { clusterSet },
  status: {
    conditions: [
      { type: 'Bound', status: bound as 'True', reason: 'R', message: '', lastTransitionTime: '' },
    ],
  },
});
const bindings = (...names: string[]) => names.map((name) => binding(name));
const cluster = (name: string, labels: Record<string, string> = {}, more: object = {}): ManagedCluster => ({
  metadata: { name, labels, ...more },
});
const clusterSet = (name: string, clusterSelector?: object): ManagedClusterSet => ({
  metadata: { name },
  spec: clusterSelector ? { clusterSelector: clusterSelector as never } : {},
});
const byLabels = (name: string, labelSelector?: object) =>
  clusterSet(name, { selectorType: 'LabelSelector', labelSelector });
const names = (list: { metadata: { name: string } }[]) => list.map(({ metadata }) => metadata.name);

test.each([
  ['placement.md 68: no binding', [], ['set1'], []],
  ['placement.md 68: a set that is not there', bindings('set1', 'set2'), ['set2'], ['set2']],
  ['placement.md 68: a valid one', bindings('set1'), ['set1'], ['set1']],
  ['placement.md 75: the only set goes, the binding stays', bindings('set1'), [], []],
  ['placement.md, section 4: the name of the binding counts', [binding('set1', 'set2')], ['set2'], []],
  [
    'placement.md, section 4: what its status says does not',
    [binding('set1', 'set1', 'False')],
    ['set1'],
    ['set1'],
  ],
])('%s', (_, given, sets, valid) => {
  expect(names(validBindings(given, (name) => sets.includes(name)))).toEqual(valid);
});

test.each([
  ['none listed: all that are bound', ['set2', 'set1'], undefined, ['set1', 'set2']],
  ['an empty list as well', ['set2', 'set1'], [], ['set1', 'set2']],
  ['those of the list that are bound', ['set1', 'set2', 'set3'], ['set3', 'set2'], ['set2', 'set3']],
  ['names that nobody knows are left out', ['set1'], ['set9', 'set1', 'set1'], ['set1']],
  ['nothing in common', ['set1'], ['set2'], []],
])('placement.md 69: %s', (_, bound, listed, eligible) => {
  expect(eligibleSets(bindings(...bound), listed)).toEqual(eligible);
});

const clusters = [
  cluster('cluster1', { [setLabel]: 'set1', cloud: 'Amazon' }),
  cluster('cluster2', { [setLabel]: 'set2' }),
  cluster('cluster3', { [setLabel]: 'set1' }, { deletionTimestamp: '2026-01-01T00:00:00Z' }),
  cluster('cluster4', { cloud: 'Google' }),
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
  expect(names(availableClusters(sets, clusters))).toEqual(available);
});

test('placement.md 72: a set whose selector makes no sense is no set without clusters', () => {
  const sets = [clusterSet('set1'), clusterSet('set2', { selectorType: 'Foo' })];
  const message =
    'ManagedClusterSet "set2" has an invalid selector: selectorType is not right: Foo; correct it';
  expect(() => availableClusters(sets, clusters)).toThrow(message);
  expect(() => availableClusters(sets, [])).toThrow(message);
});
