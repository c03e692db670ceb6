import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Placement, PlacementSpec } from '../../api/generated/cluster.ts';
import { label } from '../../api/names.ts';
import { cluster, namesOf } from '../scheduling/fixture.ts';
import { FedHub } from './fixture.ts';
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
