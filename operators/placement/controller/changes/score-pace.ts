/** What a `scoreRateLimit` is worth, in milliseconds; the default of the API, a minute, where it cannot be read. */
export const paceOf = (scoreRateLimit = '1m'): number => {
  const [, number, unit] = /^(\d+)([hms])$/.exec(scoreRateLimit) ?? [];
  const unitMs = { h: 3_600_000, m: 60_000, s: 1000 }[unit ?? ''];
  return number === undefined || unitMs === undefined ? 60_000 : Number(number) * unitMs;
};

/**
 * Keeps placements from being decided on more often than they wish because of scores alone: at once the first time, then
 * all that changed meanwhile when the time is over (`spec.scoreRateLimit`).
 */
export class ScorePace {
  /** By placement, when scores were last a reason to decide, or will be, in milliseconds since 1970. */
  readonly #at = new Map<string, number>();

  /** In how many milliseconds a placement is to be decided on because of a score that changed at `now`. */
  wait(placement: string, paceMs: number, now: number): number {
    const last = this.#at.get(placement) ?? -Infinity;
    const at = last > now ? Math.min(last, now + paceMs) : Math.max(now, last + paceMs);
    this.#at.set(placement, at);
    return at - now;
  }

  forget(placement: string): void {
    this.#at.delete(placement);
  }
}
