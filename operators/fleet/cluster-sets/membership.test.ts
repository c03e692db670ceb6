import { expect, test } from '@jest/globals';
import type { ManagedCluster, ManagedClusterSet } from '../../api/generated/cluster.ts';
import { isMember, membersOf, setsOf } from './membership.ts';

const setLabel = 'cluster.open-cluster-management.io/clusterset';

const cluster = (name: string, labels?: Record<string, string>): ManagedCluster => ({
  metadata: { name, ...(labels && { labels }) },
});
const withSelector = (name: string, clusterSelector: object): ManagedClusterSet => ({
  metadata: { name },
  spec: { clusterSelector: clusterSelector as never },
});
const exclusive = (name: string) => withSelector(name, { selectorType: 'ExclusiveClusterSetLabel' });
const bySelector = (name: string, labelSelector?: object) =>
  withSelector(name, { selectorType: 'LabelSelector', labelSelector });
const names = (list: { metadata: { name: string } }[]) => list.map(({ metadata }) => metadata.name);

const clusters = [
  cluster('a', { [setLabel]: 's1' }),
  cluster('b', { [setLabel]: 's2', env: 'x' }),
  cluster('c'),
];

test.each([
  ['registration.md 119, placement.md 70: by the exclusive label', exclusive('s1'), ['a']],
  ['registration.md 119: without a selector', { metadata: { name: 's2' } }, ['b']],
  ['placement.md 70: an empty type', withSelector('s1', { selectorType: '' }), ['a']],
  ['placement.md 70: no type', withSelector('s2', {}), ['b']],
  ['registration.md 119, placement.md 70: an empty selector', bySelector('all', {}), ['a', 'b', 'c']],
  ['registration.md 119, placement.md 71: no selector', bySelector('none'), []],
  ['registration.md 119, placement.md 70: labels', bySelector('x', { matchLabels: { env: 'x' } }), ['b']],
  [
    'registration.md 119: an expression',
    bySelector('x', { matchExpressions: [{ key: 'env', operator: 'DoesNotExist' }] }),
    ['a', 'c'],
  ],
  [
    'placement.md 70: a selector beside the exclusive label says nothing',
    withSelector('s1', { selectorType: 'ExclusiveClusterSetLabel', labelSelector: {} }),
    ['a'],
  ],
])('%s', (_, set, members) => {
  expect(names(membersOf(set, clusters))).toEqual(members);
  expect(names(clusters.filter((each) => isMember(each, set)))).toEqual(members);
});

test.each([
  ['a type', withSelector('bad', { selectorType: 'Foo' }), 'selectorType is not right: Foo'],
  [
    'an operator',
    bySelector('bad', { matchExpressions: [{ key: 'env', operator: 'Foo' }] }),
    '"Foo" is not a valid label selector operator',
  ],
])('registration.md 123, placement.md 72: %s that nobody knows', (_, set, message) => {
  expect(() => membersOf(set, clusters)).toThrow(message);
  // Not only once there is a cluster.
  expect(() => membersOf(set, [])).toThrow(message);
  // To other sets it makes no difference (P11 of placement.md, section 15).
  const found: string[] = [];
  const sets = setsOf(clusters[0]!, [set, exclusive('s1')], ({ metadata }) => found.push(metadata.name));
  expect([names(sets), found]).toEqual([['s1'], ['bad']]);
});
