import { setTimeout as delay } from 'node:timers/promises';

export interface WaitOptions {
  /** Milliseconds until the wait fails; 60 seconds by default, since what is slow on a busy machine is not wrong. */
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
  { timeout = 60_000, interval }: WaitOptions = {},
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
