import { HttpError } from '../../runtime/process/serving/http.ts';

/** How many requests of one user may wait while another is worked on. */
const mostWaiting = 50;

/** Has one request of each user worked on at a time: whoever sends many waits for their own, and nobody else does. */
export class Turns {
  /** By user, what is worked on and what waits, in their order. */
  readonly #queues = new Map<string, Promise<void>[]>();

  /**
   * Does the work once what the user asked for before is done.
   * @throws HttpError 429 when too much waits already
   */
  async take<T>(user: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const queue = this.#queues.get(user) ?? [];
    if (queue.length > mostWaiting)
      throw new HttpError(429, `${mostWaiting} requests of the user wait already`, { 'retry-after': '1' });
    const { promise: done, resolve: end } = Promise.withResolvers<void>();
    const before = queue.at(-1);
    this.#queues.set(user, queue);
    queue.push(done);
    try {
      await before;
      signal.throwIfAborted();
      return await work();
    } finally {
      end();
      void queue.splice(queue.indexOf(done), 1);
      if (queue.length === 0) this.#queues.delete(user);
    }
  }
}
