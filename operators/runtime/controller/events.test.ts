import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Client, Patch } from '../client/client.ts';
import { ApiError } from '../client/errors.ts';
import type { Event } from '../client/kubernetes.ts';
import type { Logger } from '../process/logger.ts';
import { type EventFields, type RecorderOptions, createEventRecorder } from './events.ts';

/** Keeps what is written. */
const recordingClient = () => {
  const created: Event[] = [];
  const patches: { name: string; patch: Patch }[] = [];
  let refuse = false;
  const client = {
    create: async (_resource: unknown, event: Event) => {
      if (refuse) throw new ApiError(403, { reason: 'Forbidden', message: 'no' }, 'POST events');
      created.push(event);
      return event;
    },
    patch: async (_resource: unknown, { name }: { name: string }, patch: Patch) => {
      patches.push({ name, patch });
      return {};
    },
  } as unknown as Client;
  return { client, created, patches, refuseAll: () => (refuse = true) };
};

const cluster = {
  apiVersion: 'cluster.open-cluster-management.io/v1',
  kind: 'ManagedCluster',
  metadata: { name: 'c1', uid: 'u', resourceVersion: '7' },
};
const available: EventFields = {
  regarding: cluster,
  type: 'Normal',
  reason: 'Available',
  note: 'The c1 is available',
  namespace: 'c1',
};

describe('event recorder', () => {
  beforeEach(() => void jest.useFakeTimers({ now: new Date('2024-05-06T07:08:09.123Z') }));
  afterEach(() => void jest.useRealTimers());

  const recorderOf = (client: Client, more: Partial<RecorderOptions> = {}) => {
    const warnings: string[] = [];
    const log: Logger = {
      info() {},
      warn: (message, { leftOut } = {}) =>
        void warnings.push(leftOut ? `${message} ${JSON.stringify({ leftOut })}` : message),
      error() {},
      debug() {},
      with: () => log,
    };
    const recorder = createEventRecorder({
      client,
      log,
      reportingController: 'registration-controller',
      reportingInstance: 'pod-1',
      ...more,
    });
    return { ...recorder, warnings };
  };

  test('registration.md 9: an events.k8s.io/v1 Event in the namespace asked for, whose object is in it too', async () => {
    const { client, created } = recordingClient();
    const recorder = recorderOf(client);
    recorder.record(available);
    await recorder.flush();
    expect(created).toEqual([
      {
        metadata: { name: expect.stringMatching(/^c1\.[0-9a-f]+$/), namespace: 'c1' },
        eventTime: '2024-05-06T07:08:09.123000Z',
        type: 'Normal',
        reason: 'Available',
        action: 'Available',
        note: 'The c1 is available',
        regarding: {
          apiVersion: 'cluster.open-cluster-management.io/v1',
          kind: 'ManagedCluster',
          name: 'c1',
          namespace: 'c1',
          uid: 'u',
          resourceVersion: '7',
        },
        reportingController: 'registration-controller',
        reportingInstance: 'pod-1',
      },
    ]);
  });

  test('an object without namespace is reported in default', async () => {
    const { client, created } = recordingClient();
    const recorder = recorderOf(client);
    recorder.record({ ...available, namespace: undefined });
    await recorder.flush();
    expect(created[0]!.metadata.namespace).toBe('default');
    expect(created[0]!.regarding).not.toHaveProperty('namespace');
  });

  test('of an object whose name is as long as it may be, or ends where it is cut', async () => {
    const { client, created } = recordingClient();
    const recorder = recorderOf(client);
    for (const name of ['n'.repeat(253), `${'n'.repeat(199)}.${'n'.repeat(53)}`])
      recorder.record({ ...available, regarding: { ...available.regarding, metadata: { name } } });
    await recorder.flush();
    for (const { metadata } of created) {
      expect(metadata.name).toMatch(/^n{199,200}\.[0-9a-f]+$/);
      expect(metadata.name.length).toBeLessThanOrEqual(253);
    }
    expect(created).toHaveLength(2);
  });

  test('repeated a hundred times it is written three times: once, as a series, and at the end', async () => {
    const { client, created, patches } = recordingClient();
    const recorder = recorderOf(client);
    for (let i = 0; i < 100; i += 1) {
      recorder.record(available);
      await jest.advanceTimersByTimeAsync(1000);
    }
    expect(created).toHaveLength(1);
    expect(patches).toHaveLength(1);
    await jest.advanceTimersByTimeAsync(21 * 60_000);
    expect(patches.map(({ patch }) => patch.body)).toEqual([
      { series: { count: 2, lastObservedTime: '2024-05-06T07:08:10.123000Z' } },
      { series: { count: 100, lastObservedTime: '2024-05-06T07:09:48.123000Z' } },
    ]);
    recorder.record(available);
    await recorder.flush();
    expect(created).toHaveLength(2);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('another note, type, namespace or object is another event', async () => {
    const { client, created } = recordingClient();
    const recorder = recorderOf(client);
    recorder.record(available);
    recorder.record({ ...available, note: 'other' });
    recorder.record({ ...available, type: 'Warning' });
    recorder.record({ ...available, namespace: undefined });
    recorder.record({ ...available, regarding: { ...cluster, metadata: { name: 'c1', uid: 'successor' } } });
    await recorder.flush();
    expect(created).toHaveLength(5);
    expect(new Set(created.map(({ metadata }) => metadata.name)).size).toBe(5);
  });

  test('a refusal is logged and never thrown', async () => {
    const { client, refuseAll } = recordingClient();
    refuseAll();
    const recorder = recorderOf(client);
    recorder.record(available);
    recorder.record(available);
    await recorder.flush();
    expect(recorder.warnings).toEqual(['an event could not be written']);
  });

  test('a note longer than the API server takes is cut', async () => {
    const { client, created } = recordingClient();
    const recorder = recorderOf(client);
    recorder.record({ ...available, note: 'x'.repeat(5000) });
    await recorder.flush();
    expect(created[0]!.note).toHaveLength(1024);
  });

  test('a hundred at once are written two at a time, in their order', async () => {
    const written: string[] = [];
    let [underWay, most] = [0, 0];
    const client = {
      create: async (_resource: unknown, event: Event) => {
        most = Math.max(most, ++underWay);
        await Promise.resolve();
        underWay -= 1;
        written.push(event.note!);
        return event;
      },
    } as unknown as Client;
    const recorder = recorderOf(client);
    const notes = Array.from({ length: 100 }, (_, at) => `note ${at}`);
    for (const note of notes) recorder.record({ ...available, note });
    await recorder.flush();
    expect(most).toBe(2);
    expect(written).toEqual(notes);
  });

  test('they give way: each waits for its turn, and those recorded meanwhile are written all the same', async () => {
    const { client, created } = recordingClient();
    const turn = Promise.withResolvers<void>();
    const recorder = recorderOf(client, { turn: () => turn.promise });
    for (const note of ['a', 'b', 'c']) recorder.record({ ...available, note });
    await jest.advanceTimersByTimeAsync(1000);
    expect(created).toEqual([]);
    turn.resolve();
    await recorder.flush();
    expect(created.map(({ note }) => note)).toEqual(['a', 'b', 'c']);
  });

  test('a thousand wait at most; what was left out is told once, when all is written', async () => {
    const { client, created } = recordingClient();
    const recorder = recorderOf(client);
    for (let at = 0; at < 1300; at++) recorder.record({ ...available, note: `note ${at}` });
    await recorder.flush();
    expect(created.map(({ note }) => note)).toEqual(Array.from({ length: 1000 }, (_, at) => `note ${at}`));
    expect(recorder.warnings).toEqual([
      'events were left out: they came faster than they could be written {"leftOut":300}',
    ]);
    recorder.record({ ...available, note: 'later' });
    await recorder.flush();
    expect(created).toHaveLength(1001);
    expect(recorder.warnings).toHaveLength(1);
  });
});
