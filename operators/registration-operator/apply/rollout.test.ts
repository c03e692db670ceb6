import { describe, expect, test } from '@jest/globals';
import type { Deployment, Pod } from '../../runtime/client/kubernetes.ts';
import { podProblem, rolloutOf } from './rollout.ts';

describe('rollouts', () => {
  const deployment = (status: object): Deployment =>
    ({
      metadata: { name: 'd', generation: 1 },
      spec: { replicas: 1 },
      status: { observedGeneration: 1, ...status },
    }) as Deployment;
  const complete = { replicas: 1, updatedReplicas: 1, readyReplicas: 1, availableReplicas: 1 };
  const late = { conditions: [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }] };

  test.each([
    ['complete', complete, 'complete'],
    ['not looked at', { ...complete, observedGeneration: 0 }, 'progressing'],
    ['old Pods left', { ...complete, replicas: 2 }, 'progressing'],
    ['past its deadline', { ...complete, readyReplicas: 0, ...late }, 'stalled'],
  ])('%s', (_, status, state) => {
    expect(rolloutOf(deployment(status)).state).toBe(state);
  });

  const waiting = (reason: string, more: object = {}): Pod => ({
    metadata: { name: 'p' },
    status: {
      containerStatuses: [
        {
          name: 'c',
          image: 'i',
          imageID: '',
          ready: false,
          restartCount: 0,
          state: { waiting: { reason } },
          ...more,
        },
      ],
    },
  });
  test.each([
    ['image', waiting('ImagePullBackOff'), /container c of Pod p \(image i\): ImagePullBackOff/],
    ['image at first', waiting('ErrImagePull'), /: ImagePullBackOff$/],
    [
      'crash',
      waiting('CrashLoopBackOff', { lastState: { terminated: { exitCode: 3 } } }),
      /CrashLoopBackOff, last exit code 3/,
    ],
    [
      'no executable',
      waiting('CrashLoopBackOff', {
        lastState: {
          terminated: {
            exitCode: 128,
            reason: 'StartError',
            message:
              'OCI runtime create failed: exec: "/server": stat /server: no such file or directory: unknown',
          },
        },
      }),
      /container c of Pod p: image i has no executable \/server$/,
    ],
    ['starting', waiting('ContainerCreating'), undefined],
    [
      'no node',
      {
        metadata: { name: 'p' },
        status: {
          conditions: [
            { type: 'PodScheduled', status: 'False', reason: 'Unschedulable', message: '0/1 nodes' },
          ],
        },
      },
      /cannot be scheduled: 0\/1 nodes/,
    ],
  ])('cause: %s', (_, pod, expected) => {
    const problem = podProblem(pod as Pod);
    if (expected) expect(problem).toMatch(expected);
    else expect(problem).toBeUndefined();
  });
});
