import { setImmediate as onNextTurn } from 'node:timers';
import { setImmediate as nextTurn } from 'node:timers/promises';

/** How long work that waits for nothing may keep everything else of the process from running, in milliseconds. */
const sliceMs = 10;

/** When somebody asked for a breath first in this turn of the event loop. */
let began: number | undefined;

const turned = (): void => {
  began = undefined;
};

/**
 * What long work awaits between its steps: nothing as a rule, and after some milliseconds without one a turn of the event
 * loop, lest the renewal of a lease, probes, time limits and answers that are there already wait for all of it. Of those who
 * await it at once, as many go on in one turn as its few milliseconds have room for, and one at least.
 */
export const breath = async (): Promise<void> => {
  for (;;) {
    const now = performance.now();
    if (began === undefined) {
      began = now;
      onNextTurn(turned);
      return;
    }
    if (now - began < sliceMs) return;
    await nextTurn();
  }
};
