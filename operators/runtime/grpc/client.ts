import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import type { Socket } from 'node:net';
import { createSecureContext } from 'node:tls';
import { dial } from '../client/transport/dial.ts';
import { proxyFor } from '../client/transport/proxy.ts';
import { createDeframer, frame } from './framing.ts';
import { GrpcError, code, decodeMessage } from './status.ts';

/** What a client proves itself with; read anew for each connection, so that a rotation is noticed. */
export interface ClientSecrets {
  ca?: string;
  cert?: string;
  key?: string;
}

export interface GrpcClientOptions {
  /** `host:port`, as gRPC names servers; `dns:///` may stand before it. */
  target: string;
  /** Undefined speaks without TLS. */
  secrets: (() => Promise<ClientSecrets>) | undefined;
  /** The bearer token of each call. */
  token?: () => Promise<string | undefined>;
  /** Pings that find a dead connection; undefined sends none. */
  keepAlive?: { intervalMs: number; timeoutMs: number };
  connectTimeoutMs?: number;
  env?: Record<string, string | undefined>;
}

export interface CallOptions {
  signal?: AbortSignal;
  timeoutMs?: number;
  /** Called with the headers that the server sends ahead of its messages. */
  onHeaders?: (headers: IncomingHttpHeaders) => void;
}

/** Speaks to one gRPC server over one connection, which is made anew when it was lost. */
export interface GrpcClient {
  /** The one message of the answer. Rejects with a GrpcError. */
  unary(path: string, message: Uint8Array, options?: CallOptions): Promise<Buffer>;
  /** The messages of the answer; throws a GrpcError, or the signal's reason. */
  stream(path: string, message: Uint8Array, options?: CallOptions): AsyncGenerator<Buffer, void, undefined>;
  /** Lets the next call make a new connection; calls under way go on over the old one. */
  renew(): void;
  /** Ends the connection, and with it the calls under way. */
  close(): void;
}

const maxReceiveBytes = 2 ** 31 - 1;

const urlOf = (target: string, isSecure: boolean): URL => {
  const address = target.replace(/^(?:dns|passthrough):\/\/\/?/, '').replace(/^https?:\/\//, '');
  return new URL(`${isSecure ? 'https' : 'http'}://${address}`);
};

const unavailable = (error: unknown, target: string): GrpcError =>
  new GrpcError(code.unavailable, `${target}: ${(error as Error).message}`, error);

interface Connection {
  opening: Promise<ClientHttp2Session>;
  /** Once it is open. */
  session?: ClientHttp2Session;
}

/** A client that has not connected yet: it does so with its first call. */
export const createGrpcClient = (options: GrpcClientOptions): GrpcClient => {
  const { target, secrets, keepAlive, connectTimeoutMs = 20_000, env = process.env } = options;
  const url = urlOf(target, secrets !== undefined);
  let current: Connection | undefined;

  const open = async (): Promise<ClientHttp2Session> => {
    const { ca, cert, key } = (await secrets?.()) ?? {};
    const proxy = proxyFor(url, undefined, env);
    const socket: Socket = await dial(
      { server: url, proxy, timeoutMs: connectTimeoutMs },
      { context: createSecureContext({ ca, cert, key, minVersion: 'TLSv1.2' }), ca },
    );
    const session = connect(url, { createConnection: () => socket });
    session.on('error', () => {}); // each call hears of it
    if (keepAlive) {
      const ping = setInterval(() => {
        const late = setTimeout(() => session.destroy(), keepAlive.timeoutMs).unref();
        if (session.destroyed || !session.ping(() => clearTimeout(late))) clearTimeout(late);
      }, keepAlive.intervalMs).unref();
      session.once('close', () => clearInterval(ping));
    }
    return session;
  };

  const session = (): Promise<ClientHttp2Session> => {
    if (current && !current.session?.closed && !current.session?.destroyed) return current.opening;
    const opening = open().catch((error: unknown) => {
      if (current === mine) current = undefined;
      throw unavailable(error, target);
    });
    const mine: Connection = { opening };
    current = mine;
    opening.then(
      (opened) => (mine.session = opened),
      () => {},
    );
    return opening;
  };

  const request = async (
    path: string,
    message: Uint8Array,
    timeoutMs?: number,
  ): Promise<ClientHttp2Stream> => {
    const over = await session();
    const token = await options.token?.();
    const stream = over.request({
      ':method': 'POST',
      ':path': path,
      'content-type': 'application/grpc',
      te: 'trailers',
      ...(token && { authorization: `Bearer ${token}` }),
      ...(timeoutMs !== undefined && { 'grpc-timeout': `${Math.min(timeoutMs, 99_999_999)}m` }),
    });
    stream.end(frame(message));
    return stream;
  };

  const messages = async function* (
    path: string,
    message: Uint8Array,
    { signal, timeoutMs, onHeaders }: CallOptions = {},
  ): AsyncGenerator<Buffer, void, undefined> {
    const signals = [signal, timeoutMs === undefined ? undefined : AbortSignal.timeout(timeoutMs)];
    const ended = AbortSignal.any(signals.filter((each) => each !== undefined));
    ended.throwIfAborted();
    const stream = await request(path, message, timeoutMs);
    const abandon = () => stream.destroy();
    ended.addEventListener('abort', abandon, { once: true });
    let headers: IncomingHttpHeaders = {};
    let trailers: IncomingHttpHeaders = {};
    stream.on('response', (received) => {
      headers = received;
      if (received['grpc-status'] === undefined) onHeaders?.(received);
    });
    stream.on('trailers', (received) => (trailers = received));
    const deframe = createDeframer(maxReceiveBytes);
    try {
      for await (const chunk of stream as AsyncIterable<Buffer>) yield* deframe(chunk);
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof GrpcError) throw error;
      // A server that refuses early resets the stream after its answer.
      if (headers['grpc-status'] === undefined) throw unavailable(error, target);
    } finally {
      ended.removeEventListener('abort', abandon);
      stream.destroy();
    }
    signal?.throwIfAborted();
    if (ended.aborted) throw new GrpcError(code.deadlineExceeded, `${target} did not answer in time`);
    const status = trailers['grpc-status'] ?? headers['grpc-status'];
    if (status === undefined)
      throw new GrpcError(
        code.unavailable,
        `${target} ended the call without a status (HTTP ${String(headers[':status'])})`,
      );
    if (Number(status) !== code.ok)
      throw new GrpcError(
        Number(status),
        decodeMessage(String(trailers['grpc-message'] ?? headers['grpc-message'] ?? '')),
      );
  };

  const leave = (end: (old: ClientHttp2Session) => void) => {
    current?.opening.then(end, () => {});
    current = undefined;
  };

  return {
    async unary(path, message, callOptions) {
      let answer: Buffer | undefined;
      for await (const each of messages(path, message, callOptions)) answer ??= each;
      if (!answer) throw new GrpcError(code.internal, `${target} answered without a message`);
      return answer;
    },
    stream: messages,
    renew() {
      leave((old) => old.close());
    },
    close() {
      leave((old) => old.destroy());
    },
  };
};
