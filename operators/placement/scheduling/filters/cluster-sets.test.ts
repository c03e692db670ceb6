import { expect, test } from '@jest/globals';
import type { ManagedClusterSetBinding } from '../../../api/generated/cluster.ts';
import { eligibleSets, validBindings } from './cluster-sets.ts';

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
