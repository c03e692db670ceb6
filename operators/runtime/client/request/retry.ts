import type { IncomingHttpHeaders } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';

/** Tries of one request, the first included, when the server asks to come back later; client-go's number. */
export const maxThrottledAttempts = 10;
/** Tries of one request, the first included, when the connection breaks. */
export const maxBrokenAttempts = 3;
/** Milliseconds more before each further try; the first follows at once. */
export const brokenPauseMs = 500;

const maxRetryAfterMs = 30_000;

/**
 * Milliseconds after which a server that is too busy (429, or 5xx with Retry-After) wants the request again;
 * undefined when it does not ask for that.
 */
export const retryAfterMs = (status: number, headers: IncomingHttpHeaders): number | undefined => {
  const value = headers['retry-after'];
  if ((status !== 429 && status < 500) || value === undefined) return undefined;
  const seconds = /^\d+$/.test(value) ? Number(value) : (Date.parse(value) - Date.now()) / 1000;
  return Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds * 1000, 0), maxRetryAfterMs);
};

/** Waits, with up to a fifth more so that clients refused together do not return together. */
export const pause = async (ms: number, signal?: AbortSignal): Promise<void> => {
  if (ms === 0) return;
  try {
    await delay(ms * (1 + Math.random() / 5), undefined, { signal });
  } catch (error) {
    throw signal?.aborted ? signal.reason : error;
  }
};
