import { messageOf } from '../../../operators/runtime/client/errors.ts';

/** Reads one part; when it cannot be read, that is noted, and the part is `without`. */
export type Reader = <T>(what: string, read: () => Promise<T>, without: T) => Promise<T>;

/** A reader that notes in `unread`: who may see a part only learns something from that part. */
export const readerInto =
  (unread: string[]): Reader =>
  async (what, read, without) => {
    try {
      return await read();
    } catch (error) {
      unread.push(`${what}: ${messageOf(error)}`);
      return without;
    }
  };
