import { describe, expect, test } from '@jest/globals';
import type { ManifestWork } from '../../api/generated/work.ts';
import type { Condition, UnknownObject } from '../../runtime/client/object.ts';
import { type Prober, availabilityOf, healthModeOf } from './availability.ts';
import { workloadFeedback } from './workloads.ts';

const workload = (kind: string, name: string, replicas?: number): UnknownObject => ({
  apiVersion: 'apps/v1',
  kind,
  metadata: { name, namespace: 'n' },
  spec: { ...(replicas !== undefined && { replicas }) },
});
const manifests = [workload('Deployment', 'd'), workload('DaemonSet', 's'), workload('Deployment', 'off', 0)];

type Values = Record<string, number>;
const work = (available?: Condition['status'], reported: Record<string, Values> = {}): ManifestWork => ({
  metadata: { name: 'addon-a-deploy-0' },
  status: {
    conditions: available
      ? [
          {
            type: 'Available',
            status: available,
            reason: 'x',
            message: 'what the work says',
            lastTransitionTime: '2026-01-01T00:00:00Z',
          },
        ]
      : [],
    resourceStatus: {
      manifests: Object.entries(reported).map(([key, values]) => {
        const [resource = '', name = ''] = key.split('/');
        return {
          resourceMeta: { group: 'apps', resource, namespace: 'n', name },
          statusFeedback: {
            values: Object.entries(values).map(([valueName, integer]) => ({
              name: valueName,
              fieldValue: { type: 'Integer', integer },
            })),
          },
        };
      }),
    },
  } as ManifestWork['status'],
});
const said = (prober: Prober, works: ManifestWork[]) => {
  const found = availabilityOf('a', prober, works, manifests);
  return found && `${found.status} ${found.reason} ${found.message}`;
};

const workloads: Prober = { type: 'WorkloadAvailability' };
const deployments: Prober = { type: 'DeploymentAvailability' };
const good = { 'deployments/d': { Replicas: 2, ReadyReplicas: 1 } };
const ok = 'True ProbeAvailable a add-on is available.';

describe('availability of an add-on', () => {
  test.each<[string, Prober, ManifestWork[], string | undefined]>([
    ['by lease', { type: 'Lease' }, [work('True')], undefined],
    ['by itself', { type: 'None' }, [work('True')], undefined],
    [
      'by work alone',
      { type: 'Work', probes: [] },
      [work('True')],
      'True WorkApplied Addon manifestWork is applied',
    ],
    ['no works', workloads, [], 'Unknown WorkNotFound Addon manifestWork is not found'],
    [
      'no Available',
      workloads,
      [work('True', good), work()],
      'Unknown WorkNotApplied Addon manifestWork is not applied yet',
    ],
    ['not available', workloads, [work('False', good)], 'False WorkNotApplied what the work says'],
    ['nothing reported', workloads, [work('True')], 'Unknown NoProbeResult Probe results are not returned'],
    ['some reported', workloads, [work('True', good)], ok],
    [
      'ready',
      workloads,
      [work('True', { ...good, 'daemonsets/s': { NumberReady: 3, DesiredNumberScheduled: 3 } })],
      ok,
    ],
    [
      'a DaemonSet that is not ready',
      workloads,
      [work('True', { ...good, 'daemonsets/s': { NumberReady: 1, DesiredNumberScheduled: 3 } })],
      'False ProbeUnavailable Probe addon unavailable with err daemonset n/s has 1 of 3 pods ready',
    ],
    [
      'the same, where Deployments alone count',
      deployments,
      [work('True', { ...good, 'daemonsets/s': { NumberReady: 1, DesiredNumberScheduled: 3 } })],
      ok,
    ],
    [
      'a Deployment that is not ready',
      deployments,
      [work('True', { 'deployments/d': { Replicas: 2, ReadyReplicas: 0 } })],
      'False ProbeUnavailable Probe addon unavailable with err deployment n/d has no ready replica',
    ],
    ['a Deployment scaled to nothing', deployments, [work('True', { 'deployments/d': { Replicas: 0 } })], ok],
    [
      'one that shall have no Pods is not looked at',
      deployments,
      [work('True', { ...good, 'deployments/off': { Replicas: 1 } })],
      ok,
    ],
  ])('addon.md 90: %s', (_, prober, works, expected) => {
    expect(said(prober, works)).toBe(expected);
  });

  test('addon.md 90: objects by pattern, across works', () => {
    const check = () => 'it is down';
    const object = { group: 'apps', resource: 'deployments', namespace: '*', name: 'd*' };
    const prober: Prober = { type: 'Work', probes: [{ object, check }] };
    expect(said(prober, [work('True'), work('True', good)])).toContain('err it is down');
    const other = { ...object, name: 'e*' };
    expect(said({ type: 'Work', probes: [{ object: other, check }] }, [work('True', good)])).toContain(
      'NoProbeResult',
    );
  });

  test('addon.md 7.4: the mode that an add-on shows', () => {
    const modes = [undefined, { type: 'Lease' as const }, { type: 'None' as const }, workloads].map(
      healthModeOf,
    );
    expect(modes).toEqual([undefined, 'Lease', 'Customized', 'Customized']);
  });

  test('addon.md 7.2: what the work agent is asked to report', () => {
    const identifiers = workloadFeedback(manifests, ['Deployment', 'DaemonSet']).map(
      ({ resourceIdentifier, feedbackRules }) => [
        resourceIdentifier.resource,
        resourceIdentifier.name,
        feedbackRules,
      ],
    );
    const rules = [{ type: 'WellKnownStatus' }];
    expect(identifiers).toEqual([
      ['deployments', 'd', rules],
      ['daemonsets', 's', rules],
    ]);
  });
});
