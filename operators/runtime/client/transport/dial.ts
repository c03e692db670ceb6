import { once } from 'node:events';
import { type ClientRequest, request as httpRequest } from 'node:http';
import { type Socket, connect as connectTcp, isIP } from 'node:net';
import { type TLSSocket, connect as connectTls } from 'node:tls';
import type { TlsMaterial } from '../credentials/credentials.ts';
import { certificateError, type Expectation } from './certificate-error.ts';
import { type Deadline, deadlineAfter } from './deadline.ts';
import { hostOf, portOf } from './proxy.ts';

/** Where to connect and through what. */
export interface Target {
  server: URL;
  proxy?: URL;
  tlsServerName?: string;
  insecureSkipTlsVerify?: boolean;
  /** As in Connection. */
  caSource?: string;
  caRemedy?: string;
  timeoutMs: number;
}

const keepAliveMs = 30_000;

const deadline = (timeoutMs: number, what: string, end: (error: Error) => void): Deadline =>
  deadlineAfter(timeoutMs, () =>
    end(
      Object.assign(new Error(`${what} did not answer within ${timeoutMs / 1000} s`), { code: 'ETIMEDOUT' }),
    ),
  );

const opened = async <S extends Socket>(
  socket: S,
  event: string,
  timeoutMs: number,
  what: string,
): Promise<S> => {
  const limit = deadline(timeoutMs, what, (error) => socket.destroy(error));
  // Between the handshake and the first request nobody else listens; the request then finds the socket closed.
  socket.on('error', () => {});
  try {
    await once(socket, event);
    return socket;
  } finally {
    limit.cancel();
  }
};

const dialTcp = (url: URL, timeoutMs: number, what: string): Promise<Socket> => {
  const options = { host: hostOf(url), port: portOf(url), noDelay: true, keepAlive: true };
  return opened(connectTcp({ ...options, keepAliveInitialDelay: keepAliveMs }), 'connect', timeoutMs, what);
};

/** The name of a certificate's owner as SNI takes it: never an address. */
const sniOf = (host: string): string => (isIP(host) ? '' : host);

const credentialsOf = ({ username, password }: URL): string | undefined =>
  username === '' ? undefined : `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;

/** Node's own verdict says nothing of the certificate that it is about, and gives advice that is none to our users. */
const verifiedLater = { rejectUnauthorized: false } as const;

/** The socket, unless the certificate of its other end does not verify. Nothing has been sent over it yet. */
const verified = (socket: TLSSocket, expectation: Expectation): TLSSocket => {
  if (socket.authorized) return socket;
  const reason = socket.authorizationError as Error | string | undefined;
  const code =
    typeof reason === 'string' ? reason : ((reason as NodeJS.ErrnoException)?.code ?? 'CERT_UNTRUSTED');
  const error = certificateError(code, socket.getPeerX509Certificate(), expectation);
  socket.destroy();
  throw error;
};

const dialProxy = async (proxy: URL, timeoutMs: number): Promise<Socket> => {
  const what = `the proxy ${proxy.host}`;
  const socket = await dialTcp(proxy, timeoutMs, what);
  if (proxy.protocol !== 'https:') return socket;
  const host = hostOf(proxy);
  const secured = connectTls({ socket, host, servername: sniOf(host), ...verifiedLater });
  return verified(await opened(secured, 'secureConnect', timeoutMs, what), { who: what, host });
};

const tunnelled = (request: ClientRequest, proxy: URL, timeoutMs: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const limit = deadline(timeoutMs, `the proxy ${proxy.host}`, (error) => request.destroy(error));
    const fail = (error: Error) => {
      limit.cancel();
      reject(error);
    };
    request.once('error', fail);
    request.once('response', ({ statusCode }) =>
      fail(new Error(`the proxy ${proxy.host} answered ${statusCode}`)),
    );
    request.once('connect', (response, socket: Socket, head: Buffer) => {
      limit.cancel();
      if (response.statusCode === 200) {
        if (head.length > 0) socket.unshift(head);
        resolve(socket);
        return;
      }
      socket.destroy();
      const remedy = response.statusCode === 407 ? '; put user and password in its URL' : '';
      reject(new Error(`the proxy ${proxy.host} refused the tunnel with ${response.statusCode}${remedy}`));
    });
    request.end();
  });

/** Opens a tunnel through an HTTP or HTTPS proxy with CONNECT. */
const dialThrough = async (proxy: URL, server: URL, timeoutMs: number): Promise<Socket> => {
  if (proxy.protocol === 'socks5:')
    return (await import('./socks.ts')).dialSocks(proxy, server, timeoutMs, dialTcp);
  const socket = await dialProxy(proxy, timeoutMs);
  const credentials = credentialsOf(proxy);
  const authority = `${server.hostname}:${portOf(server)}`;
  const request = httpRequest({
    method: 'CONNECT',
    path: authority,
    headers: {
      host: authority,
      ...(credentials && { 'proxy-authorization': `Basic ${Buffer.from(credentials).toString('base64')}` }),
    },
    createConnection: () => socket,
  });
  return tunnelled(request, proxy, timeoutMs);
};

/** Connects to a server, through its proxy if it has one. For https, resolves once the TLS handshake is done. */
export const dial = async (target: Target, tls: TlsMaterial): Promise<Socket | TLSSocket> => {
  const { server, proxy, timeoutMs } = target;
  const socket = proxy
    ? await dialThrough(proxy, server, timeoutMs)
    : await dialTcp(server, timeoutMs, 'the server');
  if (server.protocol !== 'https:') return socket;
  const host = target.tlsServerName ?? hostOf(server);
  const secured = connectTls({
    socket,
    host,
    servername: sniOf(host),
    ALPNProtocols: ['h2', 'http/1.1'],
    secureContext: tls.context,
    minVersion: 'TLSv1.2',
    ...verifiedLater,
  });
  await opened(secured, 'secureConnect', timeoutMs, 'the server');
  if (target.insecureSkipTlsVerify) return secured;
  const { caSource, caRemedy } = target;
  return verified(secured, { who: 'the server', host, ca: tls.ca, caSource, caRemedy });
};
