/** An API server that says what a test tells it to, over HTTP/2, HTTP/1.1 with TLS, or plain HTTP. */
import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import { type ServerHttp2Session, createSecureServer } from 'node:http2';
import { createServer as createHttpsServer } from 'node:https';
import type { AddressInfo, Server, Socket } from 'node:net';
import { type Authority, createAuthority } from '../cluster/certificates.ts';

export type Protocol = 'h2' | 'https' | 'http';

export interface Call {
  method: string;
  path: string;
  query: URLSearchParams;
  headers: Record<string, string | string[] | undefined>;
  body: string;
  /** The common name of the client certificate. */
  clientName?: string;
}

/** What the compatible responses of node:http and node:http2 share. */
export interface Reply {
  /** Answers with JSON and ends. */
  json(value: unknown, status?: number, headers?: Record<string, string>): void;
  /** Answers with any text and ends. */
  text(value: string, status?: number, headers?: Record<string, string>): void;
  /** Begins a streamed answer. */
  start(status?: number, headers?: Record<string, string>): void;
  /** Sends bytes of a streamed answer as they are. */
  write(bytes: string | Buffer): void;
  /** Sends one watch event per line. */
  event(type: string, object: unknown): void;
  end(): void;
  /** Breaks the connection without a farewell. */
  reset(): void;
  /** Resolves when the client has gone. */
  readonly closed: Promise<unknown>;
}

export type Handler = (call: Call, reply: Reply) => void | Promise<void>;

export interface ScriptedServer {
  readonly url: string;
  readonly port: number;
  readonly caData: string;
  readonly authority: Authority;
  readonly calls: Call[];
  /** Connections accepted so far, and those open now. */
  readonly accepted: number;
  readonly sockets: ReadonlySet<Socket>;
  readonly sessions: ReadonlySet<ServerHttp2Session>;
  handler: Handler;
  /** Resolves as soon as the calls so far are what the test waits for. */
  until(isEnough: (calls: Call[]) => boolean): Promise<void>;
  close(): Promise<void>;
}

export interface ScriptedOptions {
  protocol?: Protocol;
  handler?: Handler;
  maxConcurrentStreams?: number;
  /** The names in the certificate; 127.0.0.1 and localhost by default. */
  dnsNames?: string[];
  addresses?: string[];
}

let shared: Promise<Authority> | undefined;
/** One authority for all servers of a test file. */
export const testAuthority = (): Promise<Authority> => (shared ??= createAuthority('scripted'));

interface RawRequest extends AsyncIterable<Buffer> {
  method?: string;
  url?: string;
  headers: Record<string, string | string[] | undefined>;
  socket: Socket;
}

interface RawResponse {
  writeHead(status: number, headers: Record<string, string>): unknown;
  write(bytes: string | Buffer): unknown;
  end(bytes?: string): unknown;
  on(event: 'close', listener: () => void): unknown;
  flushHeaders?(): void;
}

const replyOf = (response: RawResponse, socket: () => Socket | undefined): Reply => {
  const closed = Promise.withResolvers<void>();
  response.on('close', () => closed.resolve());
  const json = { 'content-type': 'application/json' };
  const start: Reply['start'] = (status = 200, headers = json) => {
    response.writeHead(status, headers);
    response.flushHeaders?.();
  };
  return {
    start,
    json: (value, status = 200, headers = {}) => {
      response.writeHead(status, { ...json, ...headers });
      response.end(JSON.stringify(value));
    },
    text: (value, status = 200, headers = { 'content-type': 'text/plain' }) => {
      response.writeHead(status, headers);
      response.end(value);
    },
    write: (bytes) => void response.write(bytes),
    event: (type, object) => void response.write(`${JSON.stringify({ type, object })}\n`),
    end: () => void response.end(),
    reset: () => void socket()?.resetAndDestroy(),
    closed: closed.promise,
  };
};

const clientNameOf = (socket: Socket): string | undefined => {
  const peer = socket as Socket & { getPeerCertificate?(): { subject?: { CN?: string } } };
  return peer.getPeerCertificate?.().subject?.CN;
};

const listen = async (server: Server): Promise<number> => {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return (server.address() as AddressInfo).port;
};

export const startScriptedServer = async (options: ScriptedOptions = {}): Promise<ScriptedServer> => {
  const {
    protocol = 'h2',
    dnsNames = ['localhost'],
    addresses = ['127.0.0.1'],
    maxConcurrentStreams,
  } = options;
  const authority = await testAuthority();
  const { certificate, privateKey } = await authority.issue({ commonName: 'server', dnsNames, addresses });
  const calls: Call[] = [];
  const sockets = new Set<Socket>();
  const sessions = new Set<ServerHttp2Session>();
  const waiting = new Set<() => void>();
  let accepted = 0;

  const serve = async (request: RawRequest, response: RawResponse) => {
    const { remotePort } = request.socket;
    // What the request has is a TLS socket or a proxy of one; only the TCP socket below can be reset.
    const socket = () => [...sockets].find((other) => other.remotePort === remotePort);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk);
    const url = new URL(request.url ?? '/', 'http://server');
    const call: Call = {
      method: request.method ?? '',
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: Buffer.concat(chunks).toString(),
      clientName: clientNameOf(request.socket),
    };
    calls.push(call);
    for (const look of waiting) look();
    await scripted.handler(call, replyOf(response, socket));
  };

  const tls = { key: privateKey, cert: certificate, ca: authority.certificate, requestCert: true };
  const secure = { ...tls, rejectUnauthorized: false };
  const server: Server =
    protocol === 'h2'
      ? createSecureServer({ ...secure, settings: { maxConcurrentStreams } }, (request, response) => {
          serve(request as never, response as never).catch(() => {});
        }).on('session', (session) => {
          sessions.add(session);
          session.on('error', () => {});
          session.once('close', () => sessions.delete(session));
        })
      : (protocol === 'https' ? createHttpsServer(secure) : createHttpServer()).on(
          'request',
          (request, response) => {
            serve(request, response).catch(() => {});
          },
        );
  server.on('connection', (socket: Socket) => {
    accepted++;
    sockets.add(socket);
    socket.on('error', () => {});
    socket.once('close', () => sockets.delete(socket));
  });
  const port = await listen(server);

  const scripted: ScriptedServer = {
    url: `${protocol === 'http' ? 'http' : 'https'}://127.0.0.1:${port}`,
    port,
    caData: authority.certificate,
    authority,
    calls,
    get accepted() {
      return accepted;
    },
    sockets,
    sessions,
    until: (isEnough) =>
      new Promise((resolve) => {
        const look = () => {
          if (!isEnough(calls)) return;
          waiting.delete(look);
          resolve();
        };
        waiting.add(look);
        look();
      }),
    handler: options.handler ?? ((_call, reply) => reply.json({})),
    close: async () => {
      const closed = once(server, 'close');
      server.close();
      for (const session of sessions) session.destroy();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
  return scripted;
};
