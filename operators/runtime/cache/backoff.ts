/** Waiting times that double from one failure to the next, spread so that many clients do not return together. */
export class Backoff {
  readonly #firstMs: number;
  readonly #lastMs: number;
  readonly #random: () => number;
  #nextMs: number;

  constructor(firstMs = 800, lastMs = 30_000, random: () => number = Math.random) {
    this.#firstMs = firstMs;
    this.#lastMs = lastMs;
    this.#random = random;
    this.#nextMs = firstMs;
  }

  /** Milliseconds to wait after this failure: between the current step and twice that, never above the last. */
  next(): number {
    const step = this.#nextMs;
    this.#nextMs = Math.min(step * 2, this.#lastMs);
    return Math.min(step * (1 + this.#random()), this.#lastMs);
  }

  reset(): void {
    this.#nextMs = this.#firstMs;
  }
}
