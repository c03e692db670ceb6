import { expect, test } from '@jest/globals';
import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import type { ManagedCluster } from '../../api/generated/cluster.ts';
import type { CertificateSigningRequest } from '../../runtime/client/kubernetes.ts';
import type { Condition } from '../../runtime/client/object.ts';
import { createMetrics } from '../../runtime/process/metrics.ts';
import type { Sighting } from './lease.ts';
import { countFleet } from './metrics.ts';

const conditions = (by: Record<string, string>): Condition[] =>
  Object.entries(by).map(([type, status]) => ({
    type,
    status: status as Condition['status'],
    reason: 'r',
    message: '',
    lastTransitionTime: '',
  }));

const cluster = (name: string, by: Record<string, string>): ManagedCluster =>
  ({ metadata: { name }, status: { conditions: conditions(by) } }) as ManagedCluster;
const present = { HubAcceptedManagedCluster: 'True', ManagedClusterJoined: 'True' };
const addon = (by: Record<string, string>): ManagedClusterAddOn =>
  ({ metadata: { name: 'a' }, status: { conditions: conditions(by) } }) as ManagedClusterAddOn;
const request = (...types: string[]): CertificateSigningRequest =>
  ({ status: { conditions: types.map((type) => ({ type })) } }) as CertificateSigningRequest;
const seen = (seenAt: number): Sighting => ({ renewTime: undefined, graceMs: 0, seenAt });

test('clusters by state, the longest silence, waiting requests and add-ons', () => {
  const metrics = createMetrics();
  const clusters = [
    cluster('a', { ...present, ManagedClusterConditionAvailable: 'True' }),
    cluster('b', { ...present, ManagedClusterConditionAvailable: 'True' }),
    cluster('lost', { ...present, ManagedClusterConditionAvailable: 'Unknown' }),
    cluster('new', {}),
  ];
  const now = 1_000_000;
  countFleet(
    metrics,
    {
      clusters: { list: () => clusters },
      addons: { list: () => [addon({ Available: 'True' }), addon({ Available: 'False' }), addon({})] },
      requests: { list: () => [request(), request('Approved'), request('Denied')] },
      // The lost one is silent for longer, and counted elsewhere.
      sightings: new Map([
        ['a', seen(now - 10_000)],
        ['b', seen(now - 40_000)],
        ['lost', seen(0)],
      ]),
    },
    () => now,
  );
  const samples = metrics
    .expose()
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));
  expect(samples).toEqual([
    'ocm_managed_cluster_addons{available="True"} 1',
    'ocm_managed_cluster_addons{available="False"} 1',
    'ocm_managed_cluster_addons{available="Unknown"} 1',
    'ocm_managed_cluster_oldest_lease_seconds 40',
    'ocm_managed_cluster_pending_csrs 1',
    'ocm_managed_clusters{accepted="true",available="True",joined="true"} 2',
    'ocm_managed_clusters{accepted="true",available="False",joined="true"} 0',
    'ocm_managed_clusters{accepted="true",available="Unknown",joined="true"} 1',
    'ocm_managed_clusters{accepted="false",available="Unknown",joined="false"} 1',
  ]);
  clusters.splice(0, 4);
  expect(metrics.expose()).not.toContain('accepted="false"');
});
