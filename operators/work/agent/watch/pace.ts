/** How often something may be done when there is always a reason to. Times in milliseconds. */
export interface PaceLimits {
  /** So many times before the pace is steady, with a pause that doubles each time. */
  burst: number;
  firstPauseMs: number;
  /** The steady interval, in which one time of the burst is given back as well. */
  steadyMs: number;
}

/**
 * Paces what events ask for: the first is answered at once, those that follow after a growing pause, and somebody who never
 * stops gets one answer per steady interval: at most `burst + t / steadyMs` within any time t. Nothing is dropped: an event
 * that comes too early waits for {@link nextAt}.
 */
export class Pace {
  readonly #limits: PaceLimits;
  /** What is left of the burst, in milliseconds: each time costs a steady interval. */
  #credit: number;
  #takenAt = -Infinity;

  constructor(limits: PaceLimits) {
    this.#limits = limits;
    this.#credit = limits.burst * limits.steadyMs;
  }

  /** The earliest time for the next. */
  get nextAt(): number {
    const { burst, firstPauseMs, steadyMs } = this.#limits;
    if (this.#takenAt === -Infinity) return this.#takenAt;
    const left = Math.floor(this.#credit / steadyMs);
    const pause =
      left > 0 ? Math.min(firstPauseMs * 2 ** (burst - 1 - left), steadyMs) : steadyMs - this.#credit;
    return this.#takenAt + pause;
  }

  /** It was done. */
  took(now: number): void {
    const { burst, steadyMs } = this.#limits;
    const regained = Math.min(this.#credit + Math.max(now - this.#takenAt, 0), burst * steadyMs);
    this.#credit = Math.max(regained - steadyMs, 0);
    this.#takenAt = now;
  }
}
