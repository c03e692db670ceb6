import { type ClientHttp2Session, type ClientHttp2Stream, connect, constants } from 'node:http2';
import type { Socket } from 'node:net';
import { type Answer, type Carrier, type Exchange, UnsentError, closedEarly, timedOut } from './exchange.ts';

const { NGHTTP2_CANCEL, NGHTTP2_REFUSED_STREAM } = constants;

export interface Http2Timing {
  /** Milliseconds without a frame after which the connection is pinged. */
  readIdleMs: number;
  /** Milliseconds that the ping's answer may take before the connection counts as dead. */
  pingTimeoutMs: number;
  /** Milliseconds after which a connection without requests is closed. */
  idleMs: number;
}

/** As client-go's, so that half-open connections die after 45 s. */
export const defaultTiming: Http2Timing = { readIdleMs: 30_000, pingTimeoutMs: 15_000, idleMs: 90_000 };

/**
 * Windows bound what a slow reader lets the server send ahead. The connection's is far larger than a stream's, so
 * that a watch nobody reads does not stop the others; neither is memory until it is used.
 */
const streamWindow = 512 * 1024;
const connectionWindow = 64 * 1024 * 1024;

/** One connection: counts its streams against the server's limit and pings when it hears nothing. */
export class Http2Connection {
  readonly #session: ClientHttp2Session;
  readonly #timing: Http2Timing;
  readonly #timer: NodeJS.Timeout;
  #streams = 0;
  #isDraining = false;
  #isPinging = false;
  #bytesSeen = -1;
  #idleSince = performance.now();

  constructor(server: URL, socket: Socket, timing: Http2Timing, onClose: () => void) {
    this.#timing = timing;
    this.#session = connect(server, {
      createConnection: () => socket,
      settings: { enablePush: false, initialWindowSize: streamWindow },
      peerMaxConcurrentStreams: 100,
    });
    this.#session.setLocalWindowSize(connectionWindow);
    this.#session.on('error', () => {
      // Each stream hears of it too, and says so to whoever waits.
    });
    this.#timer = setInterval(() => this.#check(socket), timing.readIdleMs).unref();
    this.#session.once('close', () => {
      clearInterval(this.#timer);
      onClose();
    });
    this.#session.unref();
  }

  get hasRoom(): boolean {
    return this.isUsable && this.#streams < (this.#session.remoteSettings.maxConcurrentStreams ?? 100);
  }

  get isUsable(): boolean {
    return !this.#isDraining && !this.#session.closed && !this.#session.destroyed;
  }

  drain(): void {
    this.#isDraining = true;
    if (this.#streams === 0) this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  send(exchange: Exchange): Promise<Answer> {
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
    return answerOf(stream, exchange);
  }

  #release(): void {
    if (--this.#streams > 0) return;
    this.#idleSince = performance.now();
    if (this.#isDraining) this.#session.close();
    if (!this.#session.destroyed) this.#session.unref();
  }

  #check(socket: Socket): void {
    if (this.#streams === 0 && performance.now() - this.#idleSince >= this.#timing.idleMs)
      return this.#session.close();
    const wasHeard = socket.bytesRead !== this.#bytesSeen;
    this.#bytesSeen = socket.bytesRead;
    if (wasHeard || this.#isPinging || this.#session.destroyed) return;
    this.#isPinging = true;
    const deadline = setTimeout(() => {
      const error = new Error(
        `the server did not answer a ping within ${this.#timing.pingTimeoutMs / 1000} s`,
      );
      this.#session.destroy(Object.assign(error, { code: 'ETIMEDOUT' }));
    }, this.#timing.pingTimeoutMs).unref();
    this.#session.ping(() => {
      clearTimeout(deadline);
      this.#isPinging = false;
    });
  }
}

/** Resolves with the headers; from then on, errors and aborts show on the body. */
const answerOf = (stream: ClientHttp2Stream, { signal, timeoutMs }: Exchange): Promise<Answer> =>
  new Promise((resolve, reject) => {
    const timer = setTimeout(() => fail(timedOut(timeoutMs)), timeoutMs);
    const abort = () => fail(signal?.reason);
    const fail = (error: unknown) => {
      clearTimeout(timer);
      reject(error);
      stream.close(NGHTTP2_CANCEL);
    };
    signal?.addEventListener('abort', abort, { once: true });
    let failure: Error | undefined;
    stream.on('error', (error) => {
      failure = error;
    });
    stream.once('response', (headers) => {
      clearTimeout(timer);
      resolve({ status: headers[':status'] ?? 0, headers, body: stream });
    });
    stream.once('close', () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      const isUnsent = stream.id === undefined || stream.rstCode === NGHTTP2_REFUSED_STREAM;
      const error = failure ?? closedEarly();
      reject(isUnsent ? new UnsentError(error.message, { cause: error }) : error);
    });
  });

/** The connections for one kind of traffic: another one is opened when the server's limit of streams is reached. */
export class Http2Carrier implements Carrier {
  readonly #server: URL;
  readonly #dial: () => Promise<Socket>;
  readonly #timing: Http2Timing;
  #connections: Http2Connection[] = [];
  #dialling?: Promise<void>;
  #isDraining = false;

  constructor(server: URL, dial: () => Promise<Socket>, timing: Http2Timing = defaultTiming) {
    this.#server = server;
    this.#dial = dial;
    this.#timing = timing;
  }

  /** Takes a socket that speaks HTTP/2 already. */
  adopt(socket: Socket): void {
    const connection = new Http2Connection(this.#server, socket, this.#timing, () => {
      this.#connections = this.#connections.filter((other) => other !== connection);
    });
    if (this.#isDraining) connection.drain();
    this.#connections.push(connection);
  }

  async send(exchange: Exchange): Promise<Answer> {
    for (;;) {
      const connection = this.#connections.find(({ hasRoom }) => hasRoom);
      if (connection) return connection.send(exchange);
      exchange.signal?.throwIfAborted();
      this.#dialling ??= this.#dial()
        .then((socket) => this.adopt(socket))
        .finally(() => {
          this.#dialling = undefined;
        });
      await this.#dialling;
    }
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
