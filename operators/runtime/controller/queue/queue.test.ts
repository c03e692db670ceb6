import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { DelayedKeys } from './delayed.ts';
import { WorkQueue } from './queue.ts';

/** What the promise has come to so far. */
const settled = async <T>(promise: Promise<T>): Promise<T | 'pending'> => {
  const pending = Promise.resolve().then(() => Promise.resolve().then(() => 'pending' as const));
  return Promise.race([promise, pending]);
};

describe('DelayedKeys', () => {
  test('keys come out in the order of their times; adding again keeps the earlier time', () => {
    const additions = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f'), fc.nat(100)));

    fc.assert(
      fc.property(additions, fc.nat(100), (added, now) => {
        const delayed = new DelayedKeys();
        const earliest = new Map<string, number>();
        for (const [key, at] of added) {
          delayed.add(key, at);
          earliest.set(key, Math.min(at, earliest.get(key) ?? Infinity));
        }
        expect(delayed.size).toBe(earliest.size);

        const taken: string[] = [];
        for (let key = delayed.take(now); key !== undefined; key = delayed.take(now)) taken.push(key);

        const times = taken.map((key) => earliest.get(key)!);
        expect(times).toEqual(times.toSorted((a, b) => a - b));
        const due = [...earliest].filter(([, at]) => at <= now).map(([key]) => key);
        expect(taken.toSorted()).toEqual(due.toSorted());
        expect(delayed.next).toBe(
          earliest.size === due.length
            ? undefined
            : Math.min(...[...earliest.values()].filter((at) => at > now)),
        );
      }),
    );
  });
});

describe('WorkQueue', () => {
  beforeEach(() => void jest.useFakeTimers());
  afterEach(() => void jest.useRealTimers());

  test('a key added several times is handed out once', async () => {
    const queue = new WorkQueue();
    queue.add('a');
    queue.add('b');
    queue.add('a');

    expect(queue.depth).toBe(2);
    expect([await queue.take(), await queue.take()]).toEqual(['a', 'b']);
    expect(await settled(queue.take())).toBe('pending');
  });

  test('a key that changes while it is worked on comes again, once, when that work is done', async () => {
    const queue = new WorkQueue();
    queue.add('a');
    await queue.take();
    queue.add('a');
    queue.add('a');
    const next = queue.take();
    expect(await settled(next)).toBe('pending');

    queue.done('a');

    expect(await next).toBe('a');
    queue.done('a');
    expect(await settled(queue.take())).toBe('pending');
  });

  test('invariants: no key with two workers, none lost, none invented', async () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd');
    const step = fc.oneof(
      fc.record({ do: fc.constant('add' as const), key }),
      fc.record({ do: fc.constant('take' as const) }),
      fc.record({ do: fc.constant('done' as const), key }),
    );

    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const queue = new WorkQueue();
        const working = new Set<string>();
        const owed = new Set<string>();
        for (const each of steps) {
          if (each.do === 'add') {
            queue.add(each.key);
            owed.add(each.key);
          } else if (each.do === 'done') {
            queue.done(each.key);
            working.delete(each.key);
          } else if (queue.depth > 0) {
            const taken = (await queue.take())!;
            expect(working.has(taken)).toBe(false);
            expect(owed.delete(taken)).toBe(true);
            working.add(taken);
          }
        }
        for (const each of working) queue.done(each);
        const rest: string[] = [];
        while (queue.depth > 0) rest.push((await queue.take())!);
        expect(rest.toSorted()).toEqual([...owed].toSorted());
      }),
    );
  });

  test('of two delays the earlier wins, and a plain add does not wait for either', async () => {
    const queue = new WorkQueue();
    queue.addAfter('a', 1000);
    queue.addAfter('a', 300);
    queue.addAfter('a', 2000);
    const first = queue.take();

    jest.advanceTimersByTime(299);
    expect(await settled(first)).toBe('pending');
    jest.advanceTimersByTime(2);
    expect(await settled(first)).toBe('a');
    queue.done('a');
    jest.advanceTimersByTime(5000);
    expect(queue.depth).toBe(0);

    queue.addAfter('b', 1000);
    queue.add('b');
    expect(await queue.take()).toBe('b');
  });

  test('a later delay does not hold up an earlier one that is added after it', async () => {
    const queue = new WorkQueue();
    queue.addAfter('late', 10_000);
    queue.addAfter('soon', 10);
    jest.advanceTimersByTime(11);
    expect(await settled(queue.take())).toBe('soon');
    jest.advanceTimersByTime(10_000);
    expect(await settled(queue.take())).toBe('late');
  });

  test('a delay beyond what timers can count still waits', async () => {
    const queue = new WorkQueue();
    queue.addAfter('a', 40 * 24 * 3_600_000);
    const taken = queue.take();
    jest.advanceTimersByTime(39 * 24 * 3_600_000);
    expect(await settled(taken)).toBe('pending');
    jest.advanceTimersByTime(2 * 24 * 3_600_000);
    expect(await settled(taken)).toBe('a');
  });

  test('back-off of a key doubles from 5 ms to 1000 s, has up to a tenth of jitter, and starts again after forget', () => {
    const none = new WorkQueue({ random: () => 0 });
    const inTime = (queue: WorkQueue, key: string) => {
      const delay = queue.addRateLimited(key);
      jest.advanceTimersByTime(Math.ceil(delay));
      return delay;
    };
    const delays = Array.from({ length: 20 }, () => inTime(none, 'a'));
    expect(delays.slice(0, 5)).toEqual([5, 10, 20, 40, 80]);
    expect(delays.at(-1)).toBe(1_000_000);
    expect(none.addRateLimited('b')).toBe(5);

    none.forget('a');
    expect(none.addRateLimited('a')).toBe(5);

    const most = new WorkQueue({ random: () => 0.999_999 });
    expect(most.addRateLimited('a')).toBeCloseTo(5.5, 3);
    jest.advanceTimersByTime(6);
    const longest = Array.from({ length: 20 }, () => inTime(most, 'a')).at(-1);
    expect(longest).toBeCloseTo(1_100_000, -1);
  });

  test('a key that comes before its time and fails again is put off no longer than it was', () => {
    const queue = new WorkQueue({ random: () => 0 });
    for (const wait of [5, 10, 20]) {
      expect(queue.addRateLimited('a')).toBe(wait);
      jest.advanceTimersByTime(wait);
    }
    expect(queue.addRateLimited('a')).toBe(40);
    for (let early = 1; early <= 10; early++) {
      jest.advanceTimersByTime(1);
      expect(queue.addRateLimited('a')).toBe(40 - early);
    }
    jest.advanceTimersByTime(30);
    expect(queue.addRateLimited('a')).toBe(80);
  });

  test('shut down: nothing is taken in, what waits is still handed out, then workers hear the end', async () => {
    const queue = new WorkQueue();
    queue.add('a');
    queue.addAfter('later', 10);
    const drained = queue.shutDown();
    queue.add('b');
    jest.advanceTimersByTime(100);

    expect(await queue.take()).toBe('a');
    expect(await queue.take()).toBeUndefined();
    expect(await settled(drained)).toBe('pending');
    queue.done('a');
    await drained;
    expect(jest.getTimerCount()).toBe(0);
  });

  test('shut down with discard ends idle workers at once and waits for busy ones', async () => {
    const queue = new WorkQueue();
    queue.add('a');
    await queue.take();
    const idle = queue.take();
    queue.add('a');

    const drained = queue.shutDown({ discard: true });

    expect(await idle).toBeUndefined();
    expect(await settled(drained)).toBe('pending');
    queue.done('a');
    await drained;
    expect(await queue.take()).toBeUndefined();
  });

  test('done of a key that nobody took changes nothing', () => {
    const queue = new WorkQueue();
    queue.done('a');
    expect(queue.depth).toBe(0);
  });
});
