import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { Socket } from 'node:net';
import { untilAborted } from '../abort.ts';
import { deadlineAfter } from './deadline.ts';
import { type Answer, type Carrier, type Exchange, UnsentError, closedEarly, timedOut } from './exchange.ts';

const { NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM } = constants;

/** When a connection is checked, and when it is closed; milliseconds. */
export interface Http2Timing {
  /** Without a byte from the server for so long (at most half as long again), it is pinged. */
  readIdleMs: number;
  /** What the ping's answer may take before the connection counts as dead. */
  pingTimeoutMs: number;
  /** After so long without requests the connection is closed. */
  idleMs: number;
}

/** As client-go's: half-open connections die within a minute. */
export const defaultTiming: Http2Timing = { readIdleMs: 30_000, pingTimeoutMs: 15_000, idleMs: 90_000 };

/**
 * Windows bound what a slow reader lets the server send ahead. The connection's is far larger than a stream's, so
 * that a watch nobody reads does not stop the others; neither is memory until it is used.
 */
const streamWindow = 512 * 1024;
const connectionWindow = 64 * 1024 * 1024;

/** Streams at once before the server has said how many it allows. */
const assumedLimit = 100;

/** One connection: counts its streams against the server's limit and pings when it hears nothing. */
class Http2Connection {
  readonly #session: ClientHttp2Session;
  readonly #socket: Socket;
  readonly #timing: Http2Timing;
  #streams = 0;
  #isDraining = false;
  /** A request timed out, and no ping has been answered since. */
  #isSuspect = false;
  #isPinging = false;
  #bytesHeard = 0;
  #heardAt = performance.now();
  #usedAt = performance.now();

  constructor(server: URL, socket: Socket, timing: Http2Timing, onClose: () => void) {
    this.#timing = timing;
    this.#socket = socket;
    this.#session = connect(server, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: streamWindow },
      peerMaxConcurrentStreams: assumedLimit,
    });
    this.#session.on('error', () => {
      // Each stream hears of it too, and tells whoever waits.
    });
    this.#session.once('connect', () => {
      // A session that was destroyed before it was set up says `connect` all the same.
      if (!this.#session.destroyed) this.#session.setLocalWindowSize(connectionWindow);
    });
    const timer = setInterval(() => this.#check(), timing.readIdleMs / 2).unref();
    this.#session.once('close', () => {
      clearInterval(timer);
      onClose();
    });
    this.#session.unref();
  }

  get hasRoom(): boolean {
    const isUsable =
      !this.#isDraining && !this.#isSuspect && !this.#session.closed && !this.#session.destroyed;
    return isUsable && this.#streams < (this.#session.remoteSettings.maxConcurrentStreams ?? assumedLimit);
  }

  drain(): void {
    this.#isDraining = true;
    if (this.#streams === 0) this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  send(exchange: Exchange): Promise<Answer> {
    exchange.beforeSending?.();
    let stream: ClientHttp2Stream;
    try {
      stream = this.#session.request(
        { ...exchange.headers, ':method': exchange.method, ':path': exchange.path },
        { endStream: exchange.body === undefined },
      );
    } catch (error) {
      return Promise.reject(new UnsentError((error as Error).message, { cause: error }));
    }
    if (this.#streams++ === 0) this.#session.ref();
    stream.once('close', () => this.#release());
    if (exchange.body !== undefined) stream.end(exchange.body);
    return answerOf(stream, exchange, () => this.#suspect());
  }

  #release(): void {
    this.#usedAt = performance.now();
    if (--this.#streams > 0 || this.#session.destroyed) return;
    if (this.#isDraining) this.#session.close();
    else this.#session.unref();
  }

  #check(): void {
    const time = performance.now();
    if (this.#streams === 0 && time - this.#usedAt >= this.#timing.idleMs) {
      this.#session.close();
    } else if (this.#socket.bytesRead !== this.#bytesHeard) {
      this.#bytesHeard = this.#socket.bytesRead;
      this.#heardAt = time;
    } else if (time - this.#heardAt >= this.#timing.readIdleMs) {
      this.#ping();
    }
  }

  /** A request got no answer: whether it or the whole connection hangs, a ping shows. */
  #suspect(): void {
    this.#isSuspect = true;
    this.#ping();
  }

  #ping(): void {
    if (this.#isPinging || this.#session.destroyed) return;
    this.#isPinging = true;
    const { pingTimeoutMs } = this.#timing;
    const deadline = deadlineAfter(pingTimeoutMs, () => {
      const error = new Error(`the server did not answer a ping within ${pingTimeoutMs / 1000} s`);
      this.#session.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    }).unref();
    this.#session.ping((error) => {
      deadline.cancel();
      this.#isPinging = false;
      if (!error) this.#isSuspect = false;
    });
  }
}

/** Resolves with the headers; from then on, errors and aborts show on the body. */
const answerOf = (
  stream: ClientHttp2Stream,
  { signal, timeoutMs }: Exchange,
  onTimeout: () => void,
): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const fail = (error: unknown) => {
      deadline.cancel();
      reject(error);
      stream.close(NGHTTP2_CANCEL);
    };
    const deadline = deadlineAfter(timeoutMs, () => {
      fail(timedOut(timeoutMs));
      onTimeout();
    });
    const abort = () => fail(signal?.reason);
    signal?.addEventListener('abort', abort, { once: true });
    let failure: Error | undefined;
    stream.on('error', (error) => {
      failure = error;
    });
    stream.once('response', (headers) => {
      deadline.cancel();
      resolve({ status: headers[':status'] ?? 0, headers, body: stream });
    });
    stream.once('close', () => {
      deadline.cancel();
      signal?.removeEventListener('abort', abort);
      const isUnsent = stream.id === undefined || stream.rstCode === NGHTTP2_REFUSED_STREAM;
      const error = failure ?? closedEarly();
      reject(isUnsent ? new UnsentError(error.message, { cause: error }) : error);
    });
  });

/** Dials that one request may wait for when the connections made are full at once. */
const maxRounds = 100;

/** The connections for one kind of traffic: another one is opened when the server's limit of streams is reached. */
export class Http2Carrier implements Carrier {
  readonly #server: URL;
  readonly #dial: () => Promise<Socket>;
  readonly #timing: Http2Timing;
  #connections: Http2Connection[] = [];
  #dialling?: Promise<void>;
  #isDraining = false;

  constructor(server: URL, dial: () => Promise<Socket>, timing: Http2Timing) {
    this.#server = server;
    this.#dial = dial;
    this.#timing = timing;
  }

  /** Takes a socket that speaks HTTP/2 already. */
  adopt(socket: Socket): void {
    const connection = new Http2Connection(this.#server, socket, this.#timing, () => {
      this.#connections = this.#connections.filter((other) => other !== connection);
    });
    this.#connections.push(connection);
    if (this.#isDraining) connection.drain();
  }

  async send(exchange: Exchange): Promise<Answer> {
    for (let round = 0; round < maxRounds && !this.#isDraining; round++) {
      const connection = this.#connections.find(({ hasRoom }) => hasRoom);
      if (connection) return connection.send(exchange);
      await untilAborted(this.#dialOnce(), exchange.signal);
    }
    throw new UnsentError('no connection takes the request');
  }

  /** All who need a connection wait for the same one. */
  #dialOnce(): Promise<void> {
    if (this.#dialling) return this.#dialling;
    const dialling = this.#dial().then((socket) => this.adopt(socket));
    this.#dialling = dialling;
    const forget = () => {
      this.#dialling = undefined;
    };
    // Those who wait hear of a failure; that nobody waits any more is none.
    dialling.then(forget, forget);
    return dialling;
  }

  drain(): void {
    this.#isDraining = true;
    for (const connection of this.#connections) connection.drain();
  }

  destroy(): void {
    this.#isDraining = true;
    for (const connection of this.#connections) connection.destroy();
  }
}
