import { setImmediate as nextTurn, setTimeout as delay } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { breath } from './breath.ts';

/** Uses the processor for so many milliseconds. */
const burn = (ms: number): void => {
  for (const end = performance.now() + ms; performance.now() < end;);
};

/** Work of so many steps that wait for nothing; counts those that are done. */
const work = async (steps: number, done: { steps: number }): Promise<void> => {
  for (let step = 0; step < steps; step += 1) {
    burn(12);
    done.steps += 1;
    await breath();
  }
};

test('what has a timer runs before long work is done', async () => {
  const done = { steps: 0 };
  const working = work(20, done);
  await delay(1);
  expect(done.steps).toBeLessThan(20);
  await working;
});

test('of many who work side by side one goes on in a turn, and all come to their end', async () => {
  const done = { steps: 0 };
  const working = Promise.all([0, 1, 2, 3, 4].map(() => work(4, done)));
  let most = 0;
  for (let before = done.steps; done.steps < 20; before = done.steps) {
    await nextTurn();
    most = Math.max(most, done.steps - before);
  }
  expect(most).toBe(1);
  await working;
});

test('steps that are short do not stop one by one', async () => {
  let [turns, isDone] = [0, false];
  const count = (): void => void (isDone || ((turns += 1), setImmediate(count)));
  count();
  for (let step = 0; step < 10_000; step += 1) await breath();
  isDone = true;
  expect(turns).toBeLessThan(10_000);
});
