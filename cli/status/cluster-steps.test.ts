import { describe, expect, test } from '@jest/globals';
import type { ManagedCluster } from '../../operators/api/index.ts';
import type { CertificateSigningRequest, Lease } from '../../operators/runtime/client/kubernetes.ts';
import { type ClusterFacts, clusterSteps } from './cluster-steps.ts';
import { stuckAt, viewText } from './step.ts';

const time = '2026-01-01T00:00:00Z';
const condition = (type: string, status: string, reason = 'Tested', message = `${type} is ${status}`) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: time,
});
const accepted = condition('HubAcceptedManagedCluster', 'True');
const joined = condition('ManagedClusterJoined', 'True');
const available = condition('ManagedClusterConditionAvailable', 'True');

const cluster = (spec: object, conditions: object[], metadata = {}): ManagedCluster =>
  ({ metadata: { name: 'c1', creationTimestamp: time, ...metadata }, spec, status: { conditions } }) as never;
const request = (conditions: object[], certificate?: string): CertificateSigningRequest =>
  ({
    metadata: { name: 'r1', creationTimestamp: time },
    spec: { username: 'me', signerName: 'kubernetes.io/kube-apiserver-client' },
    status: { conditions, certificate },
  }) as never;
const lease = { spec: { renewTime: '2026-01-01T00:00:00.000000Z' } } as unknown as Lease;

const facts = (given: Partial<ClusterFacts>): ClusterFacts => ({
  name: 'c1',
  requests: [],
  sets: [{ name: 'default', boundTo: [] }],
  ...given,
});
const stuck = (given: Partial<ClusterFacts>) => stuckAt(clusterSteps(facts(given), 'clusteradm'));
const yes = { hubAcceptsClient: true };

describe('where a cluster is stuck', () => {
  test.each<[string, Partial<ClusterFacts>, object]>([
    ['it is not there', {}, { step: 'Join requested', state: 'waiting' }],
    [
      'nobody accepted it',
      { cluster: cluster({}, []) },
      { step: 'Accepted by the hub', since: time, remedy: 'clusteradm accept --clusters c1' },
    ],
    [
      'the controller has not seen it',
      { cluster: cluster(yes, []) },
      { step: 'Accepted by the hub', state: 'waiting', remedy: expect.stringContaining('get hub-info') },
    ],
    [
      'the controller fails',
      { cluster: cluster(yes, [condition('HubAcceptedManagedCluster', 'False', 'Error', 'no rights')]) },
      { step: 'Accepted by the hub', state: 'failed', detail: 'no rights' },
    ],
    [
      'no agent asks',
      { cluster: cluster(yes, [accepted]) },
      { step: 'Certificate requested', state: 'waiting' },
    ],
    [
      'nobody approved',
      { cluster: cluster(yes, [accepted]), requests: [request([])] },
      { step: 'Certificate approved', detail: 'nobody has approved CSR r1' },
    ],
    [
      'denied',
      { cluster: cluster(yes, [accepted]), requests: [request([{ type: 'Denied', message: 'no' }])] },
      { step: 'Certificate issued', state: 'failed', detail: 'CSR r1 is denied: no' },
    ],
    [
      'the signer does not sign',
      { cluster: cluster(yes, [accepted]), requests: [request([{ type: 'Approved' }])] },
      {
        step: 'Certificate issued',
        state: 'waiting',
        remedy: expect.stringContaining('kube-apiserver-client'),
      },
    ],
    [
      'the agent does not come back',
      { cluster: cluster(yes, [accepted]), requests: [request([{ type: 'Approved' }], 'pem')] },
      { step: 'Joined', state: 'waiting' },
    ],
    [
      'the certificate is not renewed',
      { cluster: cluster(yes, [accepted, joined, condition('ClusterCertificateRotated', 'False')]), lease },
      { step: 'Certificate', state: 'failed' },
    ],
    ['no lease', { cluster: cluster(yes, [accepted, joined]) }, { step: 'Lease', state: 'waiting' }],
    [
      'no report',
      { cluster: cluster(yes, [accepted, joined]), lease },
      { step: 'Available', state: 'waiting' },
    ],
    [
      'silence',
      {
        cluster: cluster(yes, [
          accepted,
          joined,
          condition('ManagedClusterConditionAvailable', 'Unknown', 'ManagedClusterLeaseUpdateStopped'),
        ]),
        lease,
      },
      { step: 'Available', state: 'failed', remedy: expect.stringContaining('reaches the hub') },
    ],
    [
      'its API server',
      {
        cluster: cluster(yes, [accepted, joined, condition('ManagedClusterConditionAvailable', 'False')]),
        lease,
      },
      { step: 'Available', state: 'failed', remedy: expect.stringContaining('/readyz') },
    ],
    [
      'clocks',
      {
        cluster: cluster(yes, [
          accepted,
          joined,
          available,
          condition('ManagedClusterConditionClockSynced', 'False'),
        ]),
        lease,
      },
      { step: 'Clock', state: 'failed' },
    ],
    [
      'it leaves',
      { cluster: cluster(yes, [accepted], { deletionTimestamp: time, finalizers: ['a/b'] }) },
      { step: 'Deletion', detail: expect.stringContaining('a/b') },
    ],
  ])('%s', (_, given, expected) => {
    expect(stuck(given)).toMatchObject(expected);
  });

  test('all is done; taints and sets are told', () => {
    const taints = [{ key: 'a', value: 'b', effect: 'NoSelect', timeAdded: time }];
    const given = facts({ cluster: cluster({ ...yes, taints }, [accepted, joined, available]), lease });
    const steps = clusterSteps(given, 'clusteradm');
    expect(stuckAt(steps)).toBeUndefined();
    const text = viewText({ kind: 'ManagedCluster', name: 'c1', steps }, Date.parse(time) + 60_000);
    expect(text).toMatch(
      /^ManagedCluster c1: all is done\n {2}done {5}Join requested +ManagedCluster c1 is there \(for 60s, since 2026/,
    );
    expect(text).toContain('a=b:NoSelect keeps placements');
    expect(text).toContain('default (bound to no namespace)');
    expect(clusterSteps({ ...given, sets: [] }, 'x').at(-1)?.remedy).toBe(
      'x clusterset set SET --clusters c1',
    );
  });
});
