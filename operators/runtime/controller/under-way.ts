/** Work that is under way, and how others wait for a moment in which there is none. */
export class UnderWay {
  #count = 0;
  readonly #waiting = new Set<() => void>();

  /** Does some of the work. */
  async during<R>(work: () => Promise<R>): Promise<R> {
    this.#count++;
    try {
      return await work();
    } finally {
      if (--this.#count === 0) for (const go of this.#waiting) go();
    }
  }

  /** Resolves when no work is under way, at once or as soon as it ends, and after `longestMs` at the latest. */
  none(longestMs: number): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => {
      const go = (): void => {
        clearTimeout(timer);
        this.#waiting.delete(go);
        resolve();
      };
      const timer = setTimeout(go, longestMs);
      this.#waiting.add(go);
    });
  }
}
