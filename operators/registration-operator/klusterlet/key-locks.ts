/** Lets one at a time work on a key: what installs a Klusterlet and what removes it are two controllers. */
export class Locks {
  private readonly tails = new Map<string, Promise<unknown>>();

  /** Runs `work` after all that was asked for under the same key before. */
  async exclusive<R>(key: string, work: () => Promise<R>): Promise<R> {
    const before = this.tails.get(key) ?? Promise.resolve();
    const result = before.then(work);
    // A failure is its caller's; the next in line only waits for the end.
    const tail = result.then(
      () => undefined,
      () => undefined,
    );
    this.tails.set(key, tail);
    try {
      return await result;
    } finally {
      if (this.tails.get(key) === tail) this.tails.delete(key);
    }
  }
}
