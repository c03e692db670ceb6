import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import type { Logger } from './logger.ts';

/** By then a process has read its files, filled its caches and settled. */
const settledAfterMs = 15_000;
/** Beyond this heap (bytes) the pause would be felt, and the garbage of the start is small beside it. */
const largestHeap = 128 * 1024 * 1024;

/**
 * Once the process has settled, gives back what only its start needed: compiled code that will not run again, and
 * garbage that an idle process would keep for ever, since V8 collects when memory is asked for. Pauses for some 20 ms.
 */
export const giveBackMemoryOnceSettled = (log: Logger, signal: AbortSignal): void => {
  const timer = setTimeout(() => {
    const { heapUsed, rss } = process.memoryUsage();
    if (heapUsed > largestHeap) return;
    setFlagsFromString('--expose-gc');
    const gc = runInNewContext('gc') as NodeJS.GCFunction;
    // Less than the last resort keeps code and caches.
    gc({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    log.debug(2, 'memory given back', { rss, rssAfter: process.memoryUsage.rss() });
  }, settledAfterMs).unref();
  signal.addEventListener('abort', () => clearTimeout(timer), { once: true });
};
