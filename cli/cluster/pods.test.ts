import { describe, expect, test } from '@jest/globals';
import type { Pod } from '../../operators/runtime/client/kubernetes.ts';
import { describePods, isReady } from './pods.ts';

const pod = (status: Pod['status'], metadata = {}): Pod => ({ metadata: { name: 'p', ...metadata }, status });
const condition = (type: string, status: string, message?: string) => ({ type, status, message });

test('a Pod that goes away is not ready', () => {
  const status = { conditions: [condition('Ready', 'True')] };
  expect(isReady(pod(status))).toBe(true);
  expect(isReady(pod(status, { deletionTimestamp: 'now' }))).toBe(false);
  expect(isReady(pod({ conditions: [condition('Ready', 'False')] }))).toBe(false);
  expect(isReady(pod(undefined))).toBe(false);
});

describe('describePods (cli.md 43)', () => {
  test.each([
    [[], 'no pod yet'],
    [[pod(undefined)], 'p: Pending'],
    [[pod({ phase: 'Running' })], 'p: Running'],
    [
      [pod({ phase: 'Pending', conditions: [condition('PodScheduled', 'False', 'no nodes')] })],
      'p: no nodes',
    ],
    [
      [
        pod({
          containerStatuses: [
            {
              name: 'c',
              image: '',
              imageID: '',
              ready: false,
              restartCount: 0,
              state: { waiting: { reason: 'ImagePullBackOff', message: 'no such image r/x:v9' } },
            },
          ],
        }),
      ],
      'p: ImagePullBackOff (no such image r/x:v9)',
    ],
  ])('%j', (pods, text) => {
    expect(describePods(pods as Pod[])).toBe(text);
  });
});
