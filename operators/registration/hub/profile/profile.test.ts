import { describe, expect, test } from '@jest/globals';
import type {
  ManagedCluster,
  ManagedClusterSet,
  ManagedClusterSetBinding,
} from '../../../api/generated/cluster.ts';
import {
  clusterOfProfile,
  clustersShown,
  isOurs,
  newProfile,
  profileLabels,
  profileStatus,
} from './desired.ts';

const setLabel = 'cluster.open-cluster-management.io/clusterset';

const cluster = (name: string, set = '', more: Partial<ManagedCluster['metadata']> = {}): ManagedCluster => ({
  metadata: { name, labels: set ? { [setLabel]: set } : {}, ...more },
});
const binding = (clusterSet: string, status: 'True' | 'False' = 'True'): ManagedClusterSetBinding => ({
  metadata: { name: clusterSet, namespace: 'n' },
  spec: { clusterSet },
  status: { conditions: [{ type: 'Bound', status, reason: 'r', message: '', lastTransitionTime: 't' }] },
});
const set = (name: string): ManagedClusterSet => ({ metadata: { name } });
const all: ManagedClusterSet = {
  metadata: { name: 'all' },
  spec: { clusterSelector: { selectorType: 'LabelSelector', labelSelector: {} } },
};

describe('cluster profiles', () => {
  const clusters = [cluster('a', 's'), cluster('b', 't'), cluster('c', 's', { deletionTimestamp: 't' })];

  test.each([
    ['registration.md 142: a bound set', [binding('s')], ['a']],
    ['registration.md 142: an unbound one', [binding('s', 'False')], []],
    ['registration.md 142: one that does not exist', [binding('gone')], []],
    ['registration.md 143: overlapping sets', [binding('s'), binding('all')], ['a', 'b']],
  ])('%s', (_what, bindings, shown) => {
    expect(clustersShown(bindings, [set('s'), set('t'), all], clusters)).toEqual(shown);
  });

  test('registration.md 142: what a profile is made of', () => {
    const profile = newProfile('a', 'n');
    expect(profile).toEqual({
      metadata: {
        name: 'a',
        namespace: 'n',
        labels: {
          'x-k8s.io/cluster-manager': 'open-cluster-management',
          'open-cluster-management.io/cluster-name': 'a',
        },
      },
      spec: { displayName: 'a', clusterManager: { name: 'open-cluster-management' } },
    });
    expect(isOurs(profile)).toBe(true);
    expect(isOurs({ ...profile, spec: { clusterManager: { name: 'other' } } })).toBe(false);
    expect(clusterOfProfile({ ...profile, metadata: { name: 'x' } })).toBe('x');
  });

  test('registration.md 144: version, properties, conditions and the set are copied', () => {
    const managed: ManagedCluster = {
      ...cluster('a', 's'),
      status: {
        version: { kubernetes: 'v1' },
        clusterClaims: [{ name: 'id', value: '1' }],
        conditions: [
          {
            type: 'ManagedClusterConditionAvailable',
            status: 'Unknown',
            reason: 'r',
            message: 'm',
            lastTransitionTime: 't',
          },
        ],
      },
    };
    const status = profileStatus(newProfile('a', 'n'), managed);
    expect(status).toMatchObject({
      version: { kubernetes: 'v1' },
      properties: [{ name: 'id', value: '1' }],
      conditions: [{ type: 'ControlPlaneHealthy', status: 'Unknown', reason: 'r', message: 'm' }],
    });
    expect(profileLabels(managed)['multicluster.x-k8s.io/clusterset']).toBe('s');
    expect(profileLabels(cluster('b'))['multicluster.x-k8s.io/clusterset']).toBe('');
  });
});
