import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import type { Client, WatchEvent } from '../../client/client.ts';
import { ApiError, ConnectionError } from '../../client/errors.ts';
import type { Lease } from '../../client/kubernetes.ts';
import type { Logger } from '../../process/logger.ts';
import { createMetrics } from '../../process/metrics.ts';
import { checkTimes, runAsLeader } from './leader-election.ts';

const quiet: Logger = { info() {}, warn() {}, error() {}, debug() {}, with: () => quiet };

/** One Lease with an API server's rules for it, and faults at the test's command. */
class LeaseServer {
  lease: Lease | undefined;
  reachable = true;
  watchable = true;
  /** Milliseconds by which the server's clock is ahead; undefined: it notes no times. */
  clock: number | undefined = 0;
  writes = 0;
  private version = 0;
  private readonly watchers = new Set<(event: WatchEvent<Lease>) => void>();

  client(): Client {
    const answer = async <T>(work: () => T, signal?: AbortSignal): Promise<T> => {
      await Promise.resolve();
      signal?.throwIfAborted();
      if (!this.reachable) throw new ConnectionError('connection refused', 'ECONNREFUSED');
      return work();
    };
    const partial: Partial<Client> = {
      find: ((_resource: unknown, _name: string, _namespace: string, { signal }: { signal?: AbortSignal }) =>
        answer(() => structuredClone(this.lease), signal)) as Client['find'],
      create: ((_resource: unknown, lease: Lease, { signal }: { signal?: AbortSignal }) =>
        answer(() => {
          if (this.lease) throw new ApiError(409, { reason: 'AlreadyExists' }, 'POST');
          return this.store({ ...lease, metadata: { ...lease.metadata, uid: 'u1' } });
        }, signal)) as Client['create'],
      replace: ((
        _resource: unknown,
        lease: Lease,
        { signal, dryRun }: { signal?: AbortSignal; dryRun?: boolean },
      ) =>
        answer(() => {
          if (!this.lease) throw new ApiError(404, { reason: 'NotFound' }, 'PUT');
          if (lease.metadata.resourceVersion !== this.lease.metadata.resourceVersion)
            throw new ApiError(409, { reason: 'Conflict' }, 'PUT');
          return dryRun ? this.stamped(lease) : this.store(lease);
        }, signal)) as Client['replace'],
      watch: ((_resource: unknown, { signal }: { signal: AbortSignal }) =>
        this.watch(signal)) as Client['watch'],
    };
    return partial as Client;
  }

  store(lease: Lease): Lease {
    this.writes += 1;
    this.version += 1;
    this.lease = this.stamped(lease);
    this.lease.metadata.resourceVersion = String(this.version);
    const event = { type: 'MODIFIED', object: structuredClone(this.lease) } as const;
    this.watchers.forEach((notify) => notify(event));
    return structuredClone(this.lease);
  }

  /** As a write leaves it: with the time of the write, of which servers note the second. */
  private stamped({ metadata, ...lease }: Lease): Lease {
    if (this.clock === undefined) return { ...lease, metadata: { ...metadata, managedFields: undefined } };
    const time = new Date(Date.now() + this.clock).toISOString().replace(/\.\d+Z/, 'Z');
    return { ...lease, metadata: { ...metadata, managedFields: [{ time }] } };
  }

  private async *watch(signal: AbortSignal): AsyncGenerator<WatchEvent<Lease>> {
    if (!this.watchable) throw new ApiError(403, { reason: 'Forbidden' }, 'GET');
    const events: WatchEvent<Lease>[] = [];
    let wake = () => {};
    const notify = (event: WatchEvent<Lease>) => {
      events.push(event);
      wake();
    };
    this.watchers.add(notify);
    signal.addEventListener('abort', () => wake());
    while (!signal.aborted) {
      const event = events.shift();
      if (event) yield event;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
    this.watchers.delete(notify);
  }
}

/** A candidate with upstream's times (operator.md 1.2). */
const candidate = (
  server: LeaseServer,
  identity: string,
  drainMs = 0,
  hasEnded?: (holder: string) => Promise<boolean>,
) => {
  const stop = new AbortController();
  const state = { leading: false, announced: [] as string[], mayWrite: () => false };
  const metrics = createMetrics();
  const result = runAsLeader(
    {
      client: server.client(),
      log: quiet,
      metrics,
      namespace: 'ns',
      name: 'toy-lock',
      identity,
      leaseDurationMs: 137_000,
      renewDeadlineMs: 107_000,
      retryPeriodMs: 26_000,
      hasEnded,
      announce: async (message) => void state.announced.push(message),
    },
    async (signal, mayWrite) => {
      Object.assign(state, { leading: true, mayWrite });
      await new Promise<void>((resolve) =>
        signal.addEventListener('abort', () => setTimeout(resolve, drainMs)),
      );
      state.leading = false;
    },
    stop.signal,
  );
  return { state, metrics, stop: () => stop.abort(), result };
};

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

describe('runAsLeader', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('operator.md 9.1 row 4: the Lease is created with the times of client-go, and renewed each retry period', async () => {
    const server = new LeaseServer();
    const a = candidate(server, 'host_a');
    await pass(0);
    expect(a.state.leading).toBe(true);
    expect(server.lease).toMatchObject({
      metadata: { name: 'toy-lock', namespace: 'ns' },
      spec: { holderIdentity: 'host_a', leaseDurationSeconds: 137, leaseTransitions: 0 },
    });
    expect(a.metrics.expose()).toContain('leader_election_master_status{name="toy-lock"} 1');

    const { acquireTime } = server.lease!.spec!;
    await pass(26_000 * 4 + 100);
    expect(server.writes).toBe(5);
    expect(server.lease!.spec).toMatchObject({ acquireTime, leaseTransitions: 0 });
    expect(server.lease!.spec!.renewTime).not.toBe(acquireTime);
    a.stop();
    await pass(0);
    await a.result;
  });

  test('stopping releases the lease once the work has drained, and the next one takes over at once', async () => {
    const server = new LeaseServer();
    const a = candidate(server, 'a', 3000);
    await pass(0);
    const b = candidate(server, 'b');
    await pass(60_000);
    expect([a.state.leading, b.state.leading]).toEqual([true, false]);

    a.stop();
    await pass(2999);
    expect([a.state.leading, b.state.leading]).toEqual([true, false]);
    expect(server.lease!.spec!.holderIdentity).toBe('a');
    await pass(1);
    expect(await a.result).toBe('stopped');
    expect(b.state.leading).toBe(true);
    expect(server.lease!.spec).toMatchObject({ holderIdentity: 'b', leaseTransitions: 1 });
    expect(a.state.announced).toEqual(['a became leader', 'a stopped leading']);
    b.stop();
    await pass(0);
    await b.result;
    expect(server.lease!.spec).toMatchObject({ holderIdentity: '', leaseDurationSeconds: 1 });
    expect(jest.getTimerCount()).toBe(0);
  });

  test('without permission to watch, a released lease is taken by polling', async () => {
    const server = new LeaseServer();
    server.watchable = false;
    const a = candidate(server, 'a');
    await pass(0);
    const b = candidate(server, 'b');
    await pass(0);
    a.stop();
    await pass(0);
    await a.result;
    await pass(26_000 * 2.2);
    expect(b.state.leading).toBe(true);
    b.stop();
    await pass(0);
    await b.result;
  });

  test('a leader that dies is followed when its lease has run out since it was last seen to change, not before', async () => {
    const server = new LeaseServer();
    server.store({
      metadata: { name: 'toy-lock', namespace: 'ns', uid: 'u1' },
      // The dead one's clock was wrong by a year: only what is observed counts.
      spec: { holderIdentity: 'dead', leaseDurationSeconds: 137, renewTime: '2031-01-01T00:00:00.000000Z' },
    });
    const b = candidate(server, 'b');
    await pass(136_000);
    expect(b.state.leading).toBe(false);
    await pass(1000 + 26_000 * 2.2);
    expect(b.state.leading).toBe(true);
    b.stop();
    await pass(0);
    await b.result;
  });

  describe('the successor of a leader that was killed', () => {
    const heldByTheDead = (clock?: number): LeaseServer => {
      const server = new LeaseServer();
      server.clock = clock;
      server.store({
        metadata: { name: 'toy-lock', namespace: 'ns', uid: 'u1' },
        spec: { holderIdentity: 'dead', leaseDurationSeconds: 137 },
      });
      return server;
    };

    /** Seconds until a candidate that starts now leads; it is stopped then. */
    const secondsUntilLeading = async (server: LeaseServer): Promise<number> => {
      const { state, stop, result } = candidate(server, 'b');
      const start = Date.now();
      while (!state.leading && Date.now() - start < 300_000) await pass(250);
      stop();
      await pass(0);
      await result;
      return (Date.now() - start) / 1000;
    };

    test.each([0, -3_600_000])(
      'does not begin to count anew, whatever clock differs by %i ms from the server’s',
      async (clock) => {
        const server = heldByTheDead(clock);
        await pass(60_000);
        const seconds = await secondsUntilLeading(server);
        expect(seconds).toBeGreaterThan(75);
        expect(seconds).toBeLessThan(79);
      },
    );

    test('gives the old one time to show that it lives', async () => {
      const server = heldByTheDead(0);
      await pass(3_600_000);
      const seconds = await secondsUntilLeading(server);
      expect(seconds).toBeGreaterThanOrEqual(26 * 1.2);
      expect(seconds).toBeLessThan(26 * 1.2 + 1);
    });

    test.each([undefined, 0])(
      'waits the whole time where the server noted none, and now has %p',
      async (clock) => {
        const server = heldByTheDead(undefined);
        server.clock = clock;
        await pass(100_000);
        const seconds = await secondsUntilLeading(server);
        expect(seconds).toBeGreaterThanOrEqual(137);
        expect(seconds).toBeLessThan(138);
      },
    );

    test('does not exist while the leader lives, however far the server’s clock jumps', async () => {
      const server = new LeaseServer();
      const a = candidate(server, 'a');
      await pass(0);
      server.clock = 3_600_000;
      const b = candidate(server, 'b');
      await pass(200_000);
      expect([a.state.leading, b.state.leading]).toEqual([true, false]);
      for (const { stop } of [a, b]) stop();
      await pass(1000);
      await Promise.all([a.result, b.result]);
    });
  });

  test('a leader cut off from the API server stops before its lease can run out for others', async () => {
    const server = new LeaseServer();
    const a = candidate(server, 'a');
    await pass(0);
    server.reachable = false;
    await pass(106_000);
    expect(a.state.leading).toBe(true);
    await pass(2000);
    expect(a.state.leading).toBe(false);
    expect(await a.result).toBe('lost');
    // What cannot be reached cannot be released; nobody may think otherwise.
    expect(server.lease!.spec!.holderIdentity).toBe('a');
  });

  test('faults R19: a process that was stopped may not write once it goes on, before any timer has told it', async () => {
    const server = new LeaseServer();
    const a = candidate(server, 'a');
    await pass(26_000 + 100);
    expect(server.writes).toBe(2);
    const renewed = performance.now() - 100;
    const clock = jest.spyOn(performance, 'now');
    clock.mockReturnValue(renewed + 106_999);
    expect(a.state.mayWrite()).toBe(true);
    clock.mockReturnValue(renewed + 107_000);
    expect([a.state.leading, a.state.mayWrite()]).toEqual([true, false]);
    clock.mockRestore();
    expect(a.state.mayWrite()).toBe(true);
    a.stop();
    await pass(0);
    await a.result;
  });

  test('faults R19: whoever sees the lease in other hands may not write while its work still drains', async () => {
    const server = new LeaseServer();
    const a = candidate(server, 'a', 5000);
    await pass(0);
    server.store({ ...server.lease!, spec: { ...server.lease!.spec, holderIdentity: 'thief' } });
    await pass(26_000);
    expect([a.state.leading, a.state.mayWrite()]).toEqual([true, false]);
    await pass(5000);
    expect(await a.result).toBe('lost');
  });

  test('an API server that comes back in time costs nothing', async () => {
    const server = new LeaseServer();
    const a = candidate(server, 'a');
    await pass(0);
    server.reachable = false;
    await pass(60_000);
    server.reachable = true;
    await pass(60_000);
    expect(a.state.leading).toBe(true);
    a.stop();
    await pass(0);
    expect(await a.result).toBe('stopped');
  });

  test('a leader whose lease was taken stops at its next renewal', async () => {
    const server = new LeaseServer();
    const a = candidate(server, 'a');
    await pass(0);
    server.store({ ...server.lease!, spec: { ...server.lease!.spec, holderIdentity: 'thief' } });
    await pass(26_001);
    expect(await a.result).toBe('lost');
    expect(server.lease!.spec!.holderIdentity).toBe('thief');
  });

  test('a write to the Lease by somebody else who leaves the holder alone is survived', async () => {
    const server = new LeaseServer();
    const a = candidate(server, 'a');
    await pass(0);
    server.store({ ...server.lease!, metadata: { ...server.lease!.metadata, labels: { touched: 'yes' } } });
    await pass(26_000);
    expect(a.state.leading).toBe(true);
    expect(server.lease!.metadata.labels).toEqual({ touched: 'yes' });
    a.stop();
    await pass(0);
    await a.result;
  });

  test('never two leaders, whatever the faults', async () => {
    const server = new LeaseServer();
    const all = ['a', 'b', 'c'].map((identity) => candidate(server, identity));
    const ended = new Set<number>();
    all.forEach(({ result }, i) => void result.then(() => ended.add(i)));
    let seed = 7;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    for (let minute = 0; minute < 240; minute += 1) {
      server.reachable = random() > 0.4;
      await pass(30_000);
      expect(all.filter(({ state }) => state.leading).length).toBeLessThanOrEqual(1);
    }
    server.reachable = true;
    for (const { stop } of all) stop();
    await pass(1000);
    await Promise.all(all.map(({ result }) => result));
  });

  test('an API server that refuses at first, as before permissions have spread, costs a moment', async () => {
    const server = new LeaseServer();
    server.reachable = false;
    const a = candidate(server, 'a');
    await pass(300);
    server.reachable = true;
    await pass(1500);
    expect(a.state.leading).toBe(true);
    a.stop();
    await pass(0);
    await a.result;
  });

  test('a leader that is known to have ended is followed at once, another one is not', async () => {
    const server = new LeaseServer();
    const a = candidate(server, 'a');
    await pass(0);
    const b = candidate(server, 'b', 0, async (holder) => holder !== 'a');
    const c = candidate(server, 'c', 0, async (holder) => holder === 'a');
    await pass(0);
    expect([b.state.leading, c.state.leading]).toEqual([false, true]);
    for (const { stop } of [a, b, c]) stop();
    await pass(30_000);
    await a.result;
    await Promise.all([b.result, c.result]);
  });

  test('stopping a candidate that never led', async () => {
    const server = new LeaseServer();
    server.reachable = false;
    const a = candidate(server, 'a');
    await pass(1000);
    a.stop();
    expect(await a.result).toBe('stopped');
    expect(a.state.announced).toEqual([]);
    await pass(0);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('when the work fails, the lease is released and the failure passed on', async () => {
    const server = new LeaseServer();
    const failing = runAsLeader(
      {
        client: server.client(),
        log: quiet,
        namespace: 'ns',
        name: 'toy-lock',
        identity: 'a',
        leaseDurationMs: 137_000,
        renewDeadlineMs: 107_000,
        retryPeriodMs: 26_000,
      },
      () => Promise.reject(new Error('no start')),
      new AbortController().signal,
    );
    const outcome = expect(failing).rejects.toThrow('no start');
    await pass(0);
    await outcome;
    expect(server.lease!.spec!.holderIdentity).toBe('');
  });
});

test.each([
  [
    { leaseDurationMs: 10_000, renewDeadlineMs: 10_000, retryPeriodMs: 2000 },
    'leaseDuration must be greater than renewDeadline',
  ],
  [
    { leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 9000 },
    'renewDeadline must be greater than retryPeriod*JitterFactor',
  ],
  [{ leaseDurationMs: 15_000, renewDeadlineMs: 10_000, retryPeriodMs: 0 }, 'must be greater than zero'],
])('times that would allow two leaders are refused: %j', (times, message) => {
  expect(() => checkTimes(times)).toThrow(message);
});
