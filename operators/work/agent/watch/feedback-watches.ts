/** Which objects' feedback is reported at once: so many (resource, namespace) pairs at most (work.md 4.5). */
export class FeedbackWatches {
  readonly #max: number;
  readonly #users = new Map<string, Set<string>>();
  readonly #granted = new Map<string, Map<string, string>>();

  /** @param max most pairs; an object of a pair that is watched already is always granted */
  constructor(max: number) {
    this.#max = max;
  }

  /** Replaces what a work asks for, object key to pair, and returns the keys granted; the others wait for the poll. */
  ask(work: string, wanted: ReadonlyMap<string, string>): ReadonlySet<string> {
    const granted = this.#granted.get(work) ?? new Map<string, string>();
    for (const [key, pair] of granted) {
      if (wanted.get(key) === pair) continue;
      granted.delete(key);
      this.#leave(`${work} ${key}`, pair);
    }
    for (const [key, pair] of wanted) {
      if (granted.has(key) || (!this.#users.has(pair) && this.#users.size >= this.#max)) continue;
      granted.set(key, pair);
      this.#users.set(pair, (this.#users.get(pair) ?? new Set()).add(`${work} ${key}`));
    }
    if (granted.size) this.#granted.set(work, granted);
    else this.#granted.delete(work);
    return new Set(granted.keys());
  }

  /** Pairs in use. */
  get size(): number {
    return this.#users.size;
  }

  #leave(user: string, pair: string): void {
    const users = this.#users.get(pair);
    users?.delete(user);
    if (users?.size === 0) this.#users.delete(pair);
  }
}
