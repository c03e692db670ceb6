import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import type { Headers } from '../credentials/credentials.ts';

/** One request on the wire. */
export interface Exchange {
  method: string;
  /** With its query. */
  path: string;
  headers: Headers;
  body?: string;
  signal?: AbortSignal;
  /** Milliseconds until the headers of the answer must have come. */
  timeoutMs: number;
  /** Called right before the request is sent, when nothing is waited for any more; throws when it must not be. */
  beforeSending?: () => void;
}

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Readable;
}

/** The request surely never reached the server's handlers, so that any method may be tried again. */
export class UnsentError extends Error {
  override readonly name = 'UnsentError';
}

/** Something that carries requests to one server as one identity. */
export interface Carrier {
  send(exchange: Exchange): Promise<Answer>;
  /** Takes no more requests and ends each connection once its last request is done. */
  drain(): void;
  /** Ends everything at once. */
  destroy(): void;
}

/** Whether a body that has ended did so because its HTTP/2 connection broke, which node:http2 reports as an end. */
export const isCutOff = (body: Readable & { rstCode?: number }): boolean => (body.rstCode ?? 0) !== 0;

export const timedOut = (timeoutMs: number): Error =>
  Object.assign(new Error(`no answer within ${timeoutMs / 1000} s`), { code: 'ETIMEDOUT' });

export const closedEarly = (): Error =>
  Object.assign(new Error('the connection was closed before the answer was complete'), {
    code: 'ECONNRESET',
  });
