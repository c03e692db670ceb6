import { describe, expect, test } from '@jest/globals';
import type { ManifestWork } from '../../operators/api/index.ts';
import type { ClusterFacts } from './cluster-steps.ts';
import { manifestRemedy } from './manifest-remedy.ts';
import { stuckAt } from './step.ts';
import { workSteps } from './work-steps.ts';

const time = '2026-01-01T00:00:00Z';
const condition = (type: string, status = 'True', message = 'said', observedGeneration = 2) => ({
  type,
  status,
  reason: 'Tested',
  message,
  lastTransitionTime: time,
  observedGeneration,
});

const available: ClusterFacts = {
  name: 'c1',
  requests: [],
  sets: [],
  lease: { spec: { renewTime: time } } as never,
  cluster: {
    metadata: { name: 'c1', creationTimestamp: time },
    spec: { hubAcceptsClient: true },
    status: {
      conditions: [
        'HubAcceptedManagedCluster',
        'ManagedClusterJoined',
        'ManagedClusterConditionAvailable',
      ].map((type) => condition(type)),
    },
  } as never,
};
const missing: ClusterFacts = { name: 'c1', requests: [], sets: [] };

const manifest = (conditions: object[], more = {}) => ({
  resourceMeta: { ordinal: 0, kind: 'ConfigMap', resource: 'configmaps', namespace: 'n', name: 'a' },
  conditions,
  ...more,
});
const work = (conditions: object[], manifests: object[] = [], metadata = {}): ManifestWork =>
  ({
    metadata: { name: 'w', namespace: 'c1', generation: 2, creationTimestamp: time, ...metadata },
    spec: { workload: { manifests: [{}] } },
    status: { conditions, resourceStatus: { manifests } },
  }) as never;

const both = [condition('Applied'), condition('Available')];

describe('where a work is stuck', () => {
  test.each<[string, ManifestWork, ClusterFacts, object | undefined]>([
    ['nowhere', work(both, [manifest(both)]), available, undefined],
    [
      'its cluster',
      work([]),
      missing,
      { step: 'Cluster', detail: expect.stringContaining('c1 waits at "Join requested"') },
    ],
    ['no agent saw it', work([]), available, { step: 'Applied', state: 'waiting' }],
    [
      'the agent saw an older one',
      work([condition('Applied', 'True', 'said', 1)]),
      available,
      { step: 'Applied', state: 'waiting', detail: expect.stringContaining('generation 1, not of 2') },
    ],
    [
      'not applied',
      work([condition('Applied', 'False', 'bad')]),
      available,
      { step: 'Applied', state: 'failed', detail: 'bad' },
    ],
    [
      'a manifest that is not there',
      work(both, [manifest([condition('Applied'), condition('Available', 'False', 'gone')])]),
      available,
      { step: '  ConfigMap n/a', detail: 'Available is False: Tested: gone' },
    ],
    [
      'a manifest that nobody looked at',
      work(both, [manifest([])]),
      available,
      { step: '  ConfigMap n/a', state: 'waiting' },
    ],
    [
      'feedback',
      work(both, [manifest([...both, condition('StatusFeedbackSynced', 'False', 'no path')])]),
      available,
      { step: 'Feedback of ConfigMap n/a', state: 'failed', detail: 'no path' },
    ],
    ['degraded', work([...both, condition('Degraded', 'True', 'poor')]), available, { step: 'Degraded' }],
    [
      'deletion on a cluster that is gone',
      work(both, [], { deletionTimestamp: time, finalizers: ['f/x'] }),
      missing,
      { step: 'Deletion', remedy: expect.stringContaining('clusteradm delete work w --cluster c1 --force') },
    ],
  ])('%s', (_, given, cluster, expected) => {
    const found = stuckAt(workSteps({ work: given, cluster }, 'clusteradm'));
    if (expected) expect(found).toMatchObject(expected);
    else expect(found).toBeUndefined();
  });

  test('feedback is told', () => {
    const statusFeedback = { values: [{ name: 'ready', fieldValue: { type: 'Integer', integer: 3 } }] };
    const steps = workSteps(
      { work: work(both, [manifest(both, { statusFeedback })]), cluster: available },
      'x',
    );
    expect(steps.at(-1)).toMatchObject({
      step: 'Feedback of ConfigMap n/a',
      detail: 'ready=3',
      state: 'note',
    });
  });
});

test.each([
  ['configmaps "a" is forbidden: User "x" cannot create resource', 'give the right'],
  ['pods "a" is forbidden: exceeded quota: q', 'raise the quota'],
  ['no matches for kind "X" in version "v1"', 'install the CRD'],
  ['namespaces "n" not found', 'put its Namespace'],
  ['admission webhook "w.x" denied the request: no', 'what that webhook'],
  ['failed calling webhook "w.x": no route', 'bring that webhook'],
  ['Deployment.apps "a" is invalid: spec.selector: Invalid value: field is immutable', 'made anew'],
  ['Apply failed with 1 conflict: conflict with "kubectl"', 'another manager'],
  ['unable to create new content in namespace n because it is being terminated: terminating', 'wait until'],
  ['ConfigMap "a" is invalid: data: Required value', 'correct the manifest'],
])('the remedy of %j', (message, remedy) => {
  expect(manifestRemedy(message)).toContain(remedy);
});

test('no remedy is made up', () => {
  expect(manifestRemedy('boom')).toBeUndefined();
});
