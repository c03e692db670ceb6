import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { UnderWay } from './under-way.ts';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

/** Whether it has resolved yet. */
const watched = (promise: Promise<unknown>) => {
  const seen = { isOver: false };
  void promise.then(() => (seen.isOver = true));
  return seen;
};

test('who waits goes on when the last piece of work has ended, be it in an error', async () => {
  const underWay = new UnderWay();
  await underWay.none(1000);
  const [first, second] = [Promise.withResolvers<number>(), Promise.withResolvers<number>()];
  const done = underWay.during(() => first.promise);
  const failed = underWay.during(() => second.promise);
  const waiting = watched(underWay.none(1000));

  first.resolve(1);
  expect(await done).toBe(1);
  await jest.advanceTimersByTimeAsync(0);
  expect(waiting.isOver).toBe(false);

  second.reject(new Error('no'));
  await expect(failed).rejects.toThrow('no');
  await jest.advanceTimersByTimeAsync(0);
  expect(waiting.isOver).toBe(true);
  expect(jest.getTimerCount()).toBe(0);
});

test('nobody waits longer than they wish', async () => {
  const underWay = new UnderWay();
  void underWay.during(() => new Promise(() => {}));
  const waiting = watched(underWay.none(1000));
  await jest.advanceTimersByTimeAsync(999);
  expect(waiting.isOver).toBe(false);
  await jest.advanceTimersByTimeAsync(1);
  expect(waiting.isOver).toBe(true);
});
