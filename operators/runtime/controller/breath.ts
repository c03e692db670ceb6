import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long work that waits for nothing may keep everything else of the process from running, in milliseconds. */
const sliceMs = 10;

/** When work of this kind last let something else run. */
let began = performance.now();

/**
 * What long work awaits between its steps: nothing as a rule, and every few milliseconds a turn of the event loop, lest
 * the renewal of a lease, probes, time limits and answers that are there already wait for all of it. Of those who await
 * it at once, as many go on in one turn as its few milliseconds have room for, and one at least.
 */
export const breath = async (): Promise<void> => {
  while (performance.now() - began >= sliceMs) {
    const before = began;
    await nextTurn();
    if (began === before) began = performance.now();
  }
};
