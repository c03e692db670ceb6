import { constants } from 'node:crypto';
import {
  type Http2Server,
  type ServerHttp2Session,
  type ServerHttp2Stream,
  createSecureServer,
} from 'node:http2';
import type { IncomingHttpHeaders } from 'node:http2';
import type { AddressInfo } from 'node:net';
import type { SecureVersion, TLSSocket } from 'node:tls';
import type { Logger } from '../process/logger.ts';
import {
  type Call,
  type ClientCertificate,
  type StreamHandler,
  type UnaryHandler,
  createAnswer,
  readRequest,
  timeoutMs,
} from './call.ts';
import { GrpcError, code } from './status.ts';

export type Method = { unary: UnaryHandler } | { stream: StreamHandler };

/** PEM. */
export interface ServerSecrets {
  cert: Buffer | string;
  key: Buffer | string;
  /** Authorities of client certificates; undefined asks for none. */
  clientCa: Buffer | string | undefined;
}

export interface GrpcServerOptions {
  log: Logger;
  port: number;
  secrets: ServerSecrets;
  tls: { minVersion: SecureVersion; maxVersion: SecureVersion; ciphers: string };
  /** By path, such as `/io.cloudevents.v1.CloudEventService/Publish`. */
  methods: ReadonlyMap<string, Method>;
  limits: {
    /** Bytes of a message that is received. */
    maxReceiveBytes: number;
    maxConcurrentStreams: number;
    handshakeMs: number;
    /** After which a connection is asked to end; undefined never asks. */
    maxConnectionAgeMs: number | undefined;
    /** How often a connection is pinged, and how long an answer may take. */
    pingIntervalMs: number;
    pingTimeoutMs: number;
  };
  metrics: { connections(change: 1 | -1): void; received(bytes: number): void; sent(bytes: number): void };
  signal: AbortSignal;
}

export interface GrpcServer {
  readonly port: number;
  /** Serves new connections with these; those that are open keep what they have. Throws where they are no pair. */
  exchange(secrets: ServerSecrets): void;
  /** Resolves when the signal has aborted and all connections are gone. */
  readonly done: Promise<void>;
}

/** How long calls may take to end once the server does, in milliseconds. */
const drainMs = 3000;

const contextOf = ({ cert, key, clientCa }: ServerSecrets, { tls }: GrpcServerOptions) => ({
  cert,
  key,
  ca: clientCa === undefined ? [] : [clientCa],
  ...tls,
  honorCipherOrder: true,
  // A ticket would let a client in again without its certificate being looked at.
  secureOptions: constants.SSL_OP_NO_TICKET,
});

const certificateOf = (socket: TLSSocket): ClientCertificate | undefined => {
  const peer = socket.getPeerX509Certificate();
  return peer && { raw: peer.raw, notAfter: peer.validToDate };
};

/** Ends connections that do not answer any more, and those that are old. */
const keepAlive = (session: ServerHttp2Session, { limits }: GrpcServerOptions): void => {
  const ping = setInterval(() => {
    const late = setTimeout(() => session.destroy(), limits.pingTimeoutMs).unref();
    if (!session.ping(() => clearTimeout(late))) clearTimeout(late);
  }, limits.pingIntervalMs).unref();
  const age =
    limits.maxConnectionAgeMs === undefined
      ? undefined
      : setTimeout(() => session.close(), limits.maxConnectionAgeMs).unref();
  session.once('close', () => {
    clearInterval(ping);
    clearTimeout(age);
  });
};

const serveCall = async (
  stream: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  { methods, limits, metrics, signal }: GrpcServerOptions,
): Promise<void> => {
  const answer = createAnswer(stream, (bytes) => metrics.sent(bytes));
  const left = new AbortController();
  stream.once('close', () => left.abort());
  const waitMs = timeoutMs(headers['grpc-timeout'] as string | undefined);
  const deadline = waitMs === undefined ? [] : [AbortSignal.timeout(waitMs)];
  try {
    if (!stream.session) return; // the connection is gone already
    const call: Call = {
      path: String(headers[':path']),
      headers,
      certificate: certificateOf(stream.session.socket as TLSSocket),
      signal: AbortSignal.any([signal, left.signal, ...deadline]),
    };
    if (headers[':method'] !== 'POST' || !headers['content-type']?.startsWith('application/grpc'))
      throw new GrpcError(code.unimplemented, 'only gRPC is served here');
    const method = methods.get(call.path);
    if (!method) throw new GrpcError(code.unimplemented, `there is no method ${call.path}`);
    const request = await readRequest(stream, limits.maxReceiveBytes);
    metrics.received(request.length);
    if ('unary' in method) await answer.send(await method.unary(request, call));
    else await method.stream(request, call, answer);
    answer.end();
  } catch (error) {
    answer.fail(
      deadline.some(({ aborted }) => aborted)
        ? new GrpcError(code.deadlineExceeded, 'the deadline of the call is over')
        : error,
    );
  }
};

/**
 * Serves gRPC over TLS: HTTP/2 alone, and a client certificate is checked if one is given (docs/decisions/040-grpc.md).
 * Resolves once the port is open; rejects when it cannot be opened or certificate and key are no pair.
 */
export const startGrpcServer = async (options: GrpcServerOptions): Promise<GrpcServer> => {
  const { log, limits, metrics, secrets, signal } = options;
  const sessions = new Set<ServerHttp2Session>();
  const server = createSecureServer({
    ...contextOf(secrets, options),
    requestCert: secrets.clientCa !== undefined,
    rejectUnauthorized: false,
    handshakeTimeout: limits.handshakeMs,
    settings: { maxConcurrentStreams: limits.maxConcurrentStreams },
  });
  server.on('tlsClientError', (error) => log.debug(4, 'a TLS handshake failed', { error }));
  server.on('sessionError', (error) => log.debug(2, 'a connection broke', { error }));
  server.on('session', (session) => {
    const socket = session.socket as TLSSocket;
    if (!socket.authorized && socket.getPeerX509Certificate()) {
      log.debug(2, 'a client was refused: its certificate cannot be verified', {
        error: String(socket.authorizationError),
      });
      return session.destroy();
    }
    sessions.add(session);
    metrics.connections(1);
    session.once('close', () => {
      sessions.delete(session);
      metrics.connections(-1);
    });
    keepAlive(session, options);
  });
  server.on('stream', (stream, headers) => {
    stream.on('error', (error) => log.debug(4, 'a call broke', { error }));
    void serveCall(stream, headers, options);
  });

  const opened = Promise.withResolvers<void>();
  server.once('error', opened.reject);
  server.listen(options.port, () => {
    server.off('error', opened.reject);
    server.on('error', (error) => log.error('the gRPC server has a problem', { error }));
    opened.resolve();
  });
  await opened.promise;

  const done = Promise.withResolvers<void>();
  const stop = () => {
    server.close(() => done.resolve());
    for (const session of sessions) session.close();
    setTimeout(() => {
      for (const session of sessions) session.destroy();
    }, drainMs).unref();
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return {
    port: (server.address() as AddressInfo).port,
    exchange: (next) => (server as unknown as TlsServer).setSecureContext(contextOf(next, options)),
    done: done.promise,
  };
};

type TlsServer = Http2Server & { setSecureContext(context: object): void };
