import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { ApiError } from '../client/errors.ts';
import type { LogFields, Logger } from '../process/logger.ts';
import { createMetrics } from '../process/metrics.ts';
import { type Controller, FinalError, type Watch, every, source } from './controller.ts';
import type { ManagerOptions } from './manager.ts';
import { runControllers } from './run.ts';

interface Line extends LogFields {
  level: string;
  message: string;
}

const recordingLogger = (lines: Line[], fields: LogFields = {}): Logger => {
  const write = (level: string) => (message: string, more?: LogFields) =>
    void lines.push({ level, message, ...fields, ...more });
  return {
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    debug: (_, message, more) => write('debug')(message, more),
    with: (more) => recordingLogger(lines, { ...fields, ...more }),
  };
};

/** A watch whose keys come from the test. */
const manualWatch = (name = 'things') => {
  const enqueues = new Set<(key: string) => void>();
  let starts = 0;
  const synced = Promise.withResolvers<void>();
  const watch: Watch = {
    name,
    start: (enqueue) => {
      starts += 1;
      enqueues.add(enqueue);
      return () => void enqueues.delete(enqueue);
    },
    waitForSync: (signal) =>
      new Promise((resolve, reject) => {
        synced.promise.then(resolve, reject);
        signal?.addEventListener('abort', () => reject(new Error('aborted')));
      }),
  };
  return {
    watch,
    add: (key: string) => enqueues.forEach((enqueue) => enqueue(key)),
    sync: () => synced.resolve(),
    get starts() {
      return starts;
    },
    get subscriptions() {
      return enqueues.size;
    },
  };
};

const start = (controllers: Controller[], options: Partial<ManagerOptions> = {}) => {
  const lines: Line[] = [];
  const metrics = createMetrics();
  const stop = new AbortController();
  const ended = runControllers(
    controllers,
    { logger: recordingLogger(lines), metrics, ...options },
    stop.signal,
  );
  ended.catch(() => undefined);
  return { lines, metrics, stop: () => stop.abort(), ended };
};

const flush = () => jest.advanceTimersByTimeAsync(0);

describe('runControllers', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('no key is reconciled before all watches are in step; then those of the meantime are', async () => {
    const [first, second] = [manualWatch(), manualWatch()];
    const seen: string[] = [];
    const running = start([
      {
        name: 'c',
        watches: [first.watch, second.watch],
        reconcile: async (key) => void seen.push(key),
      },
    ]);
    first.add('early');
    first.sync();
    await flush();
    expect(seen).toEqual([]);

    second.sync();
    await flush();
    expect(seen).toEqual(['early']);

    running.stop();
    await running.ended;
    expect(first.subscriptions + second.subscriptions).toBe(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('concurrency keys side by side, never one key twice', async () => {
    const { watch, add, sync } = manualWatch();
    const release: (() => void)[] = [];
    const active: string[] = [];
    const running = start([
      {
        name: 'c',
        watches: [watch],
        concurrency: 2,
        reconcile: async (key) => {
          active.push(key);
          await new Promise<void>((resolve) => release.push(resolve));
        },
      },
    ]);
    sync();
    for (const key of ['a', 'b', 'a', 'c']) add(key);
    await flush();
    expect(active).toEqual(['a', 'b']);
    add('a');
    await flush();
    expect(active).toEqual(['a', 'b']);

    release.shift()!();
    await flush();
    expect(active).toEqual(['a', 'b', 'c']);
    release.splice(0).forEach((each) => each());
    await flush();
    expect(active).toEqual(['a', 'b', 'c', 'a']);
    release.splice(0).forEach((each) => each());
    running.stop();
    await running.ended;
  });

  test('a rejection is logged with controller, key and duration, counted, and retried with back-off until it succeeds', async () => {
    const { watch, add, sync } = manualWatch();
    let calls = 0;
    const running = start([
      {
        name: 'c',
        watches: [watch],
        reconcile: async () => {
          calls += 1;
          if (calls < 4) throw new Error(`failure ${calls}`);
        },
      },
    ]);
    sync();
    add('a');
    await jest.advanceTimersByTimeAsync(6 + 11 + 22 + 1);
    expect(calls).toBe(4);
    const failures = running.lines.filter(({ level }) => level === 'error');
    expect(failures).toHaveLength(3);
    expect(failures[0]).toMatchObject({ controller: 'c', key: 'a', durationMs: expect.any(Number) });
    expect(running.metrics.expose()).toContain(
      'controller_runtime_reconcile_total{controller="c",result="error"} 3',
    );
    expect(running.metrics.expose()).toContain(
      'controller_runtime_reconcile_total{controller="c",result="success"} 1',
    );
    expect(running.metrics.expose()).toContain('workqueue_retries_total{controller="c",name="c"} 3');

    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(calls).toBe(4);
    running.stop();
    await running.ended;
  });

  test('the back-off of a key grows to maxBackoffMs, and no further', async () => {
    const { watch, add, sync } = manualWatch();
    const times: number[] = [];
    const reconcile = async () => {
      times.push(Date.now());
      throw new Error('failure');
    };
    const running = start([{ name: 'c', watches: [watch], reconcile }], { maxBackoffMs: 1000 });
    sync();
    add('a');
    await jest.advanceTimersByTimeAsync(60_000);
    const pauses = times.slice(1).map((time, index) => time - times[index]!);
    expect(pauses.length).toBeGreaterThan(50);
    for (const pause of pauses) expect(pause).toBeLessThanOrEqual(1101);
    for (const pause of pauses.slice(10)) expect(pause).toBeGreaterThanOrEqual(1000);
    running.stop();
    await running.ended;
  });

  test('a reconcile that throws before its first await is contained too', async () => {
    const { watch, add, sync } = manualWatch();
    let calls = 0;
    const reconcile = (() => {
      calls += 1;
      throw new TypeError('slip');
    }) as unknown as Controller['reconcile'];
    const running = start([{ name: 'c', watches: [watch], reconcile }]);
    sync();
    add('a');
    await jest.advanceTimersByTimeAsync(7);
    expect(calls).toBe(2);
    running.stop();
    await running.ended;
  });

  test('a FinalError is not retried, but the next change is reconciled', async () => {
    const { watch, add, sync } = manualWatch();
    let calls = 0;
    const running = start([
      {
        name: 'c',
        watches: [watch],
        reconcile: async () => {
          calls += 1;
          throw new FinalError('no use');
        },
      },
    ]);
    sync();
    add('a');
    await jest.advanceTimersByTimeAsync(3_600_000);
    expect(calls).toBe(1);
    add('a');
    await flush();
    expect(calls).toBe(2);
    running.stop();
    await running.ended;
  });

  test('a conflict is retried without an error in the log', async () => {
    const { watch, add, sync } = manualWatch();
    let calls = 0;
    const running = start([
      {
        name: 'c',
        watches: [watch],
        reconcile: async () => {
          calls += 1;
          if (calls === 1) throw new ApiError(409, { reason: 'Conflict' }, 'PATCH');
        },
      },
    ]);
    sync();
    add('a');
    await jest.advanceTimersByTimeAsync(7);
    expect(calls).toBe(2);
    expect(running.lines.filter(({ level }) => level === 'error')).toEqual([]);
    running.stop();
    await running.ended;
  });

  test('requeueAfterMs brings the key again after that time, and clears its back-off', async () => {
    const { watch, add, sync } = manualWatch();
    const at: number[] = [];
    const running = start([
      {
        name: 'c',
        watches: [watch],
        reconcile: async () => {
          at.push(Date.now());
          return { requeueAfterMs: 3000 };
        },
      },
    ]);
    sync();
    add('a');
    await jest.advanceTimersByTimeAsync(6100);
    expect(at.slice(1).map((time) => time - at[0]!)).toEqual([3000, 6000]);
    running.stop();
    await running.ended;
  });

  test('a resync starts the watches anew, stops the old ones, and spreads the keys that they know (operator.md D6)', async () => {
    const starts: number[] = [];
    let stopped = 0;
    const watch = source('list', (enqueue) => {
      starts.push(Date.now());
      enqueue('a');
      return () => void (stopped += 1);
    });
    let calls = 0;
    const running = start([
      { name: 'c', watches: [watch], resyncMs: 10_000, reconcile: async () => void (calls += 1) },
    ]);
    await flush();
    expect(calls).toBe(1);

    await jest.advanceTimersByTimeAsync(12_100);
    expect(starts).toHaveLength(2);
    expect(stopped).toBe(1);
    expect(calls).toBe(2);
    running.stop();
    await running.ended;
    expect(stopped).toBe(2);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('registration.md 0.2: watches that are never in step end it with an error that names them', async () => {
    const { watch } = manualWatch('managedclusters');
    const other = manualWatch();
    other.sync();
    const running = start([
      { name: 'c', watches: [watch, other.watch], reconcile: async () => {} },
      { name: 'd', watches: [other.watch], reconcile: async () => {} },
    ]);
    await jest.advanceTimersByTimeAsync(10 * 60_000);
    await expect(running.ended).rejects.toThrow(/controller c.*managedclusters.*600 s/);
  });

  test('stopping before the watches are in step is no error', async () => {
    const { watch } = manualWatch();
    const running = start([{ name: 'c', watches: [watch], reconcile: async () => {} }]);
    await flush();
    running.stop();
    await running.ended;
  });

  test('stopping aborts the signal of what runs, drops what waits, and waits for the former', async () => {
    const { watch, add, sync } = manualWatch();
    const seen: string[] = [];
    const running = start([
      {
        name: 'c',
        watches: [watch],
        concurrency: 1,
        reconcile: async (key, { signal }) => {
          seen.push(key);
          await new Promise((resolve) => signal.addEventListener('abort', () => setTimeout(resolve, 2000)));
        },
      },
    ]);
    sync();
    add('a');
    add('b');
    await flush();
    running.stop();
    let ended = false;
    void running.ended.then(() => (ended = true));
    await jest.advanceTimersByTimeAsync(1999);
    expect(ended).toBe(false);
    await jest.advanceTimersByTimeAsync(1);
    await running.ended;
    expect(seen).toEqual(['a']);
  });

  test('a reconcile that does not end within the drain period is an error that names the controller', async () => {
    const { watch, add, sync } = manualWatch();
    const running = start([{ name: 'stuck', watches: [watch], reconcile: () => new Promise(() => {}) }]);
    sync();
    add('a');
    await flush();
    running.stop();
    await jest.advanceTimersByTimeAsync(10_000);
    await expect(running.ended).rejects.toThrow('controller stuck: reconciles still run 10 s after the stop');
  });

  test('every: the key at the start and then each interval, with up to a tenth of jitter', async () => {
    let calls = 0;
    const running = start([
      { name: 'tick', watches: [every(1000, 'now')], reconcile: async () => void (calls += 1) },
    ]);
    await flush();
    expect(calls).toBe(1);
    await jest.advanceTimersByTimeAsync(3300);
    expect(calls).toBe(4);
    running.stop();
    await running.ended;
    expect(jest.getTimerCount()).toBe(0);
  });
});
