import type { ServerResponse } from 'node:http';
import type { Server } from 'node:https';
import { close } from './http.ts';

/** Milliseconds; together they stay below what a process gets to end. */
export interface DrainTimes {
  /** How long nobody must have come. */
  quietMs: number;
  /** How long the server stays at most, however many still come. */
  longestMs: number;
  /** What requests under way get after that. */
  graceMs: number;
}

/**
 * Ends a server while callers still come: the nodes send requests to a Pod until all have heard that it goes, and a review
 * that nobody takes refuses somebody's write. It serves until nobody came for a while, and every answer tells the caller
 * not to use that connection again. So the connections that are closed in the end have rested; one that is closed while
 * it is in use takes the caller's next request with it, which a caller cannot send again when it was partly written.
 */
export const drain = (server: Server, { quietMs, longestMs, graceMs }: DrainTimes): Promise<void> =>
  new Promise((resolve) => {
    const end = () => {
      clearTimeout(quiet);
      clearTimeout(longest);
      void close(server, graceMs).then(resolve);
    };
    // The open port keeps the process, not these.
    const quiet = setTimeout(end, quietMs).unref();
    const longest = setTimeout(end, longestMs).unref();
    server.on('secureConnection', () => void quiet.refresh());
    server.prependListener('request', (_request: unknown, response: ServerResponse) => {
      quiet.refresh();
      response.shouldKeepAlive = false;
    });
  });
