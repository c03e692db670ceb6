import { annotation } from '../../../api/names.ts';
import type { Klusterlet } from '../../../api/generated/operator.ts';
import { ConnectionError } from '../../../runtime/client/errors.ts';
import { timestamp } from '../../../runtime/controller/conditions.ts';

/** How long a managed cluster may be out of reach before a leaving Klusterlet gives it up; milliseconds. */
export const evictionMs = 5 * 60_000;

/** No connection could be made at all: nobody answers, nobody is there, or nobody has the name (operator.md 5.11). */
export const isUnreachable = (error: unknown): boolean =>
  error instanceof ConnectionError &&
  ['ETIMEDOUT', 'ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'].includes(error.code);

/** What to do about a managed cluster that a leaving Klusterlet could not be cleaned from. */
export type Decision =
  /** Remember since when it has been out of reach, and try again. */
  | { action: 'mark'; since: string }
  /** Try again after this many milliseconds. */
  | { action: 'wait'; forMs: number }
  /** Clean up without it. */
  | { action: 'give up' }
  /** It answers, if with an error: forget since when it was out of reach, and try again. */
  | { action: 'retry'; forget: boolean };

/** Decides by the error that the managed cluster answered with, and by the Klusterlet's annotation (operator.md 5.11). */
export const decideOnFailure = (klusterlet: Klusterlet, error: unknown, now: Date): Decision => {
  const marked = klusterlet.metadata.annotations?.[annotation.evictionTimestamp];
  if (!isUnreachable(error)) return { action: 'retry', forget: marked !== undefined };
  const since = Date.parse(marked ?? '');
  if (Number.isNaN(since)) return { action: 'mark', since: timestamp(now) };
  const left = since + evictionMs - now.getTime();
  return left < 0 ? { action: 'give up' } : { action: 'wait', forMs: Math.min(left + 1000, 30_000) };
};
