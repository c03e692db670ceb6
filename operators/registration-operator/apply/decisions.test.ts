import { describe, expect, test } from '@jest/globals';
import type { Deployment, Pod } from '../../runtime/client/kubernetes.ts';
import { mayWriteCrd, numericVersion } from './crd.ts';
import { differences } from './differences.ts';
import { afterRepair, isFought, peace } from './fight.ts';
import { judge, type Memory } from './memory.ts';
import { hasForeignFields, lastManager } from './ownership.ts';
import { isStuck } from './stuck-crd.ts';
import { podProblem, rolloutOf } from './rollout.ts';

describe('what an event says about an applied object', () => {
  const memory: Memory = {
    owner: 'cm',
    hash: '',
    labels: { a: '1' },
    annotations: { b: '2' },
    uid: 'u',
    resourceVersion: '10',
    generation: 3,
    drifted: false,
    fight: peace,
  };
  const live = {
    name: 'x',
    uid: 'u',
    resourceVersion: '11',
    generation: 3,
    labels: { a: '1' },
    annotations: { b: '2' },
  };

  test.each([
    ['our own write', memory, { ...live, resourceVersion: '10' }, 'ours'],
    ['a state before our write', memory, { ...live, resourceVersion: '9', generation: 2 }, 'stale'],
    ['versions are numbers, not texts', memory, { ...live, resourceVersion: '9' }, 'stale'],
    ['a status', memory, live, 'harmless'],
    ['an added label', memory, { ...live, labels: { a: '1', c: '3' } }, 'harmless'],
    ['another generation', memory, { ...live, generation: 4 }, 'drift'],
    ['a changed label', memory, { ...live, labels: { a: '2' } }, 'drift'],
    ['a lost annotation', memory, { ...live, annotations: undefined }, 'drift'],
    ['a deletion under way', memory, { ...live, deletionTimestamp: 'now' }, 'drift'],
    ['a successor', memory, { ...live, uid: 'v' }, 'drift'],
    ['a predecessor', memory, { ...live, uid: 'v', resourceVersion: '8' }, 'stale'],
    [
      'a kind without generations',
      { ...memory, generation: undefined },
      { ...live, generation: undefined },
      'drift',
    ],
  ])('%s', (_, remembered, state, verdict) => {
    expect(judge(remembered, state)).toBe(verdict);
  });
});

describe('a CRD that goes', () => {
  const now = Date.parse('2026-01-01T00:00:10Z');
  const crd = (
    reason: string,
    {
      deletionTimestamp = '2026-01-01T00:00:00Z',
      touched,
    }: { deletionTimestamp?: string; touched?: string } = {},
  ) =>
    ({
      metadata: {
        name: 'x',
        deletionTimestamp: deletionTimestamp || undefined,
        annotations: touched && { 'operator.open-cluster-management.io/deletion-retried-at': touched },
      },
      status: { conditions: [{ type: 'Terminating', status: 'True', reason }] },
    }) as never;
  test.each([
    ['one that the API server gave up', crd('InstanceDeletionFailed'), true],
    ['one that it is removing', crd('InstanceDeletionInProgress'), false],
    ['one that stays', crd('InstanceDeletionFailed', { deletionTimestamp: '' }), false],
    ['just touched', crd('InstanceDeletionFailed', { touched: '2026-01-01T00:00:09.500Z' }), false],
    ['touched in vain', crd('InstanceDeletionFailed', { touched: '2026-01-01T00:00:08Z' }), true],
    ['touched by somebody else', crd('InstanceDeletionFailed', { touched: 'yes' }), true],
    ['one without a status', { metadata: { name: 'x', deletionTimestamp: 'now' } } as never, false],
  ])('is touched when it is stuck: %s', (_, live, expected) => {
    expect(isStuck(live, now)).toBe(expected);
  });
});

describe('fields that differ', () => {
  const wanted = {
    metadata: { name: 'x' },
    spec: { replicas: 1, containers: [{ name: 'a', args: ['1', '2'], env: [] }], selector: { app: 'x' } },
  };
  test.each([
    ['nothing', {}, []],
    ['more than wanted', { extra: 1 }, []],
    ['a number', { replicas: 2 }, ['spec.replicas']],
    ['an argument', { containers: [{ name: 'a', args: ['1', '3'] }] }, ['spec.containers[0].args[1]']],
    ['an argument less', { containers: [{ name: 'a', args: ['1'] }] }, ['spec.containers[0].args']],
    ['another container before', { containers: [{ name: 'b' }, { name: 'a', args: ['1', '2'] }] }, []],
    ['no container', { containers: [] }, ['spec.containers']],
  ])('%s', (_, change, expected) => {
    const live = { metadata: { name: 'x' }, spec: { ...wanted.spec, ...change } };
    expect(differences(wanted, live)).toEqual(expected);
  });
});

describe('fields of others', () => {
  const entry = (manager: string, fields: object, more: object = {}) => ({
    manager,
    operation: 'Apply',
    fieldsV1: { 'f:spec': fields },
    ...more,
  });
  const live = (...managedFields: object[]) =>
    ({ kind: 'Deployment', metadata: { name: 'x', managedFields } }) as {
      metadata: { name: string };
      kind: string;
    };
  const ours = entry('us', {
    'f:replicas': {},
    'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"a"}': { '.': {}, 'f:image': {} } } } },
  });

  test.each([
    ['none', [ours], false],
    ['the same fields', [ours, entry('kubectl', { 'f:replicas': {} }, { operation: 'Update' })], false],
    ['another field', [ours, entry('kubectl', { 'f:paused': {} }, { operation: 'Update' })], true],
    [
      'another container',
      [ours, entry('kubectl', { 'f:template': { 'f:spec': { 'f:containers': { 'k:{"name":"b"}': {} } } } })],
      true,
    ],
    ['status', [ours, entry('kcm', { 'f:paused': {} }, { subresource: 'status' })], false],
    ['our own update', [ours, entry('us', { 'f:paused': {} }, { operation: 'Update' })], false],
  ])('%s', (_, entries, expected) => {
    expect(hasForeignFields(live(...entries), 'us')).toBe(expected);
  });

  test('only where nobody may add anything, and who it was', () => {
    const foreign = entry('kubectl', { 'f:x': {} }, { time: '2026-01-02T00:00:00Z' });
    expect(hasForeignFields({ ...live(ours, foreign), kind: 'Namespace' }, 'us')).toBe(false);
    expect(lastManager(live(ours, entry('old', {}, { time: '2026-01-01T00:00:00Z' }), foreign), 'us')).toBe(
      'kubectl',
    );
  });
});

test('somebody who fights back is answered ever more slowly, until there is peace', () => {
  let fight = peace;
  const waits: number[] = [];
  for (let repair = 0; repair < 14; repair++) {
    fight = afterRepair(fight, repair * 100);
    waits.push(Math.max(fight.until - repair * 100, 0) / 1000);
  }
  expect(waits).toEqual([0, 0, 0, 0, 0, 1, 2, 4, 8, 16, 32, 60, 60, 60]);
  expect(isFought(fight)).toBe(true);
  expect(isFought(afterRepair(fight, 120_000))).toBe(false);
});

describe('operator.md 70: CRD versions', () => {
  test.each([
    ['v1.3.1-0-g805fa61', '1.3.1'],
    ['0.1.0', '0.1.0'],
    ['', '0.0.0'],
    ['<unknown>', '0.0.0'],
  ])('%s is %s', (version, expected) => {
    expect(numericVersion(version)).toBe(expected);
  });

  const crd = (writer?: string) => ({
    metadata: {
      name: 'x',
      annotations: writer === undefined ? {} : { 'operator.open-cluster-management.io/version': writer },
    },
  });
  test.each([
    ['absent', undefined, true],
    ['no annotation', crd(), true],
    ['lower', crd('0.0.9'), true],
    ['equal', crd('0.1.0'), true],
    ['higher', crd('0.1.1'), false],
    ['unreadable', crd('newest'), true],
  ])('written by: %s', (_, live, expected) => {
    expect(mayWriteCrd(live as never, 'v0.1.0')).toBe(expected);
  });
});

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
