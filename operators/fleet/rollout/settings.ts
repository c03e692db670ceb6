import type { RolloutStrategy } from '../../api/generated/work.ts';
import { parseDuration } from '../../runtime/process/flags/duration.ts';

/** The rollout strategy of a placement cannot be followed; the message says which field. */
export class RolloutError extends Error {
  override readonly name = 'RolloutError';
}

const deadlinePattern = /^\d+[hms]$/;

/** Milliseconds after which a cluster that does not succeed counts as timed out; infinite for `None` (work.md 6.4). */
export const parseDeadline = (text: string | undefined): number => {
  if (!text || text === 'None') return Infinity;
  const parsed = deadlinePattern.test(text) ? parseDuration(text) : undefined;
  if (parsed === undefined)
    throw new RolloutError(`progressDeadline ${JSON.stringify(text)}: invalid timeout format`);
  return parsed;
};

/** Milliseconds for which a cluster must have succeeded before the next one follows. */
export const parseSoak = (text: string | undefined): number => {
  if (!text || text === '0') return 0;
  const parsed = parseDuration(text);
  if (parsed === undefined || parsed < 0)
    throw new RolloutError(`minSuccessTime ${JSON.stringify(text)} is no duration; write 5m, for example`);
  return parsed;
};

/**
 * A number of clusters, given as such or as a percentage of all; the default when it is not given or not positive, and
 * never more than all (work.md 6.4 and 13, 13).
 */
export const sizeOf = (value: number | string | undefined, total: number, fallback: number): number => {
  if (value === undefined) return Math.min(fallback, total);
  const size = typeof value === 'number' ? value : percentage(value, total);
  return size <= 0 ? Math.min(fallback, total) : Math.min(size, total);
};

const percentage = (text: string, total: number): number => {
  const [, percent] = /^(\d+)%$/.exec(text) ?? [];
  if (percent === undefined)
    throw new RolloutError(`${JSON.stringify(text)} is neither a number nor a percentage`);
  return Math.ceil((Number(percent) / 100) * total);
};

export interface RolloutTimes {
  soakMs: number;
  deadlineMs: number;
}

export const timesOf = (
  settings: { minSuccessTime?: string; progressDeadline?: string } | undefined,
): RolloutTimes => ({
  soakMs: parseSoak(settings?.minSuccessTime),
  deadlineMs: parseDeadline(settings?.progressDeadline),
});

export type StrategyType = NonNullable<RolloutStrategy['type']>;
