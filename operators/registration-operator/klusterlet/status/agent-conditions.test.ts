import { describe, expect, test } from '@jest/globals';
import type { Mode } from '../mode.ts';
import { agentConditions, type Reading } from './agent-conditions.ts';

describe('agentConditions (operator.md 121)', () => {
  const deployment = (replicas: number, availableReplicas: number): Reading => ({
    metadata: { name: 'd' },
    spec: { replicas } as never,
    status: { availableReplicas },
  });
  const pair = (registration: Reading, work: Reading): [string, Reading][] => [
    ['k-registration-agent', registration],
    ['k-work-agent', work],
  ];
  test.each<[string, Mode, [string, Reading][], string[]]>([
    [
      'missing',
      'Default',
      pair('missing', 'missing'),
      ['False GetDeploymentFailed', 'True GetDeploymentFailed', 'True GetDeploymentFailed'],
    ],
    [
      'unreadable',
      'Default',
      pair(new Error('no'), deployment(1, 1)),
      ['False GetDeploymentFailed', 'True GetDeploymentFailed', 'False DeploymentsFunctional'],
    ],
    [
      'unavailable both',
      'Default',
      pair(deployment(3, 0), deployment(3, 0)),
      ['False NoAvailablePods', 'True UnavailablePods', 'True UnavailablePods'],
    ],
    [
      'only registration',
      'Default',
      pair(deployment(1, 1), deployment(1, 0)),
      ['False NoAvailablePods', 'False DeploymentsFunctional', 'True UnavailablePods'],
    ],
    [
      'only work',
      'Hosted',
      pair(deployment(1, 0), deployment(1, 1)),
      ['False NoAvailablePods', 'True UnavailablePods', 'False DeploymentsFunctional'],
    ],
    [
      'available but undesired',
      'Default',
      pair(deployment(3, 1), deployment(3, 2)),
      ['True KlusterletAvailable', 'True UnavailablePods', 'True UnavailablePods'],
    ],
    [
      'work at none',
      'Default',
      pair(deployment(1, 1), deployment(0, 0)),
      ['False NoAvailablePods', 'False DeploymentsFunctional', 'False DeploymentsFunctional'],
    ],
    [
      'all good',
      'Default',
      pair(deployment(3, 3), deployment(3, 3)),
      ['True KlusterletAvailable', 'False DeploymentsFunctional', 'False DeploymentsFunctional'],
    ],
    [
      'singleton',
      'Singleton',
      [['k-agent', deployment(1, 1)]],
      ['True KlusterletAvailable', 'False DeploymentsFunctional', 'False DeploymentsFunctional'],
    ],
    [
      'singleton missing',
      'SingletonHosted',
      [['k-agent', 'missing']],
      ['False GetDeploymentFailed', 'True GetDeploymentFailed', 'True GetDeploymentFailed'],
    ],
  ])('%s in %s mode', (_, mode, readings, expected) => {
    const conditions = agentConditions({ name: 'k', generation: 7 }, mode, 'ns', {
      readings: new Map(readings),
      causes: new Map(),
    });
    expect(conditions.every(({ observedGeneration }) => observedGeneration === 7)).toBe(true);
    expect(conditions.map(({ type }) => type)).toEqual([
      'Progressing',
      'Available',
      'RegistrationDesiredDegraded',
      'WorkDesiredDegraded',
    ]);
    expect(conditions.slice(1).map(({ status, reason }) => `${status} ${reason}`)).toEqual(expected);
  });
});

test('conditions of agents give the cause that their Pods name', () => {
  const waiting = { metadata: { name: 'k-agent' }, spec: { replicas: 1 } as never };
  const conditions = agentConditions({ name: 'k' }, 'Singleton', 'ns', {
    readings: new Map([['k-agent', waiting]]),
    causes: new Map([['k-agent', 'container agent of Pod p (image x:1): ImagePullBackOff']]),
  });
  for (const { message } of conditions) expect(message).toMatch(/k-agent.*image x:1.*ImagePullBackOff/);
});

test.each([
  [
    'as wanted',
    { observedGeneration: 2, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
    'False',
  ],
  [
    'an old Pod beside the new one',
    { observedGeneration: 2, replicas: 2, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
    'True',
  ],
  [
    'of the generation before',
    { observedGeneration: 1, replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 },
    'True',
  ],
])('Progressing: %s', (_, status, expected) => {
  const deployment = { metadata: { name: 'k-agent', generation: 2 }, spec: { replicas: 1 } as never, status };
  const readings = new Map([['k-agent', deployment]]);
  const [progressing] = agentConditions({ name: 'k' }, 'Singleton', 'ns', { readings, causes: new Map() });
  expect(progressing).toMatchObject({ type: 'Progressing', status: expected });
});

test.each([
  [
    'was just applied, and the cache has it as it was before',
    { generations: new Map([['k-agent', 2]]), held: [] },
  ],
  ['waits for the agent before it', { generations: new Map(), held: ['k-agent'] }],
])('Progressing: a complete Deployment %s', (_, pending) => {
  const counts = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
  const status = { observedGeneration: 1, ...counts };
  const live = { metadata: { name: 'k-agent', generation: 1 }, spec: { replicas: 1 } as never, status };
  const observation = { readings: new Map([['k-agent', live]]), causes: new Map() };
  const [before] = agentConditions({ name: 'k' }, 'Singleton', 'ns', observation);
  expect(before).toMatchObject({ type: 'Progressing', status: 'False' });
  const [condition] = agentConditions({ name: 'k' }, 'Singleton', 'ns', { ...observation, pending });
  expect(condition).toMatchObject({ status: 'True', message: expect.stringContaining('k-agent') });
});
