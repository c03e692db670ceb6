import { Agent, type ClientRequest, request as httpRequest } from 'node:http';
import type { Duplex } from 'node:stream';
import type { Socket } from 'node:net';
import { deadlineAfter } from './deadline.ts';
import { type Answer, type Carrier, type Exchange, UnsentError, closedEarly, timedOut } from './exchange.ts';

/** Requests over kept-alive HTTP/1.1 connections, for servers and proxies that do not offer HTTP/2. */
export class Http1Carrier implements Carrier {
  readonly #server: URL;
  readonly #agent: Agent;
  readonly #spare: Socket[] = [];

  constructor(server: URL, dial: () => Promise<Socket>) {
    this.#server = server;
    this.#agent = new Agent({ keepAlive: true, keepAliveMsecs: 30_000, maxFreeSockets: 8 });
    this.#agent.createConnection = (_options, done) => {
      const spare = this.#spare.pop();
      if (spare && !spare.destroyed) return spare;
      const report = done as (error: Error | null, socket?: Duplex) => void;
      dial().then((socket) => report(null, socket), report);
      return undefined;
    };
  }

  /** Takes a socket that is connected already. */
  adopt(socket: Socket): void {
    this.#spare.push(socket);
  }

  async send(exchange: Exchange): Promise<Answer> {
    exchange.beforeSending?.();
    const { method, path, body } = exchange;
    const headers = {
      ...exchange.headers,
      host: this.#server.host,
      ...(body !== undefined && { 'content-length': Buffer.byteLength(body) }),
    };
    const request = httpRequest({ agent: this.#agent, method, path, headers });
    request.end(body);
    return answerOf(request, exchange);
  }

  drain(): void {
    this.#agent.maxFreeSockets = 0;
    for (const sockets of Object.values(this.#agent.freeSockets))
      for (const socket of sockets ?? []) socket.destroy();
    for (const socket of this.#spare) socket.destroy();
  }

  destroy(): void {
    this.#agent.destroy();
    for (const socket of this.#spare) socket.destroy();
  }
}

const answerOf = (request: ClientRequest, { signal, timeoutMs }: Exchange): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const deadline = deadlineAfter(timeoutMs, () => fail(timedOut(timeoutMs)));
    const abort = () => fail(signal?.reason);
    const fail = (error: unknown) => {
      deadline.cancel();
      reject(error);
      request.destroy();
    };
    signal?.addEventListener('abort', abort, { once: true });
    let failure: NodeJS.ErrnoException | undefined;
    request.on('error', (error) => {
      failure = error;
    });
    request.once('response', (response) => {
      deadline.cancel();
      response.on('error', () => {});
      resolve({ status: response.statusCode ?? 0, headers: response.headers, body: response });
    });
    request.once('close', () => {
      deadline.cancel();
      signal?.removeEventListener('abort', abort);
      const error = failure ?? closedEarly();
      // A kept connection that the server closed just as it was used again.
      const isUnsent = request.reusedSocket && failure?.code === 'ECONNRESET' && request.method === 'GET';
      reject(isUnsent ? new UnsentError(error.message, { cause: error }) : error);
    });
  });
