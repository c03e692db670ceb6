import { setTimeout as delay } from 'node:timers/promises';

/**
 * Milliseconds after which what a test waits for must be hung: many times what the slowest of machines needs, for what
 * is slow is not wrong. A test has several waits; Jest's own limit is four times this.
 */
export const patience = 300_000;

/** The same for kubectl: `wait` gives up after half a minute by itself, `delete` and `rollout status` never. */
export const patienceFlag = `--timeout=${patience / 1000}s`;

export interface WaitOptions {
  /** Milliseconds until the wait fails; `patience` by default. */
  timeout?: number;
  /** Milliseconds between two looks; by default 100, and a twentieth of the time waited so far where that is more. */
  interval?: number;
}

const shortest = 100;
const longest = 500;
/** What takes long costs a busy machine a look less often, and comes to light a twentieth later at most. */
const nextLook = (waited: number): number => Math.min(longest, Math.max(shortest, waited / 20));

/**
 * Looks until `look` gives something other than undefined, null or false, and returns that. An error of `look` counts
 * as "not yet"; the last one is the cause of the error thrown when the deadline passes.
 */
export const waitFor = async <Result>(
  what: string,
  look: () => Promise<Result | undefined | null | false>,
  { timeout = patience, interval }: WaitOptions = {},
): Promise<Result> => {
  const start = performance.now();
  const deadline = start + timeout;
  let cause: unknown;
  for (;;) {
    try {
      const result = await look();
      if (result !== undefined && result !== null && result !== false) return result;
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    if (performance.now() > deadline) {
      const reason = cause instanceof Error ? `: ${cause.message}` : '';
      throw new Error(`${what} did not come about within ${timeout / 1000} s${reason}`, { cause });
    }
    await delay(interval ?? nextLook(performance.now() - start));
  }
};

/** Looks in which what is quiet shows itself: on a machine that stands still, time passes without anything to see. */
const quietLooks = 8;

/**
 * Waits until `count` has stayed the same for `quietMs` milliseconds, and returns it. What never comes to rest fails when
 * the patience ends; when it came to rest is no matter.
 */
export const untilQuiet = async (
  what: string,
  count: () => Promise<number>,
  quietMs: number,
): Promise<number> => {
  let [seen, since, looks] = [await count(), performance.now(), 0];
  return waitFor(
    `${what}: nothing for ${quietMs / 1000} s`,
    async () => {
      const now = await count();
      looks += 1;
      if (now !== seen) [seen, since, looks] = [now, performance.now(), 0];
      if (looks < quietLooks || performance.now() - since < quietMs) throw new Error(`${seen} so far`);
      return { seen };
    },
    { interval: quietMs / quietLooks },
  ).then(({ seen: last }) => last);
};
