import { existsSync, readFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Server, createServer } from 'node:https';
import { join } from 'node:path';
import type { HealthCheck } from '../command.ts';
import type { Logger } from '../logger.ts';
import { type Metrics, metricsContentType } from '../metrics.ts';
import { tellServingCertificate } from '../process-metrics.ts';
import { watchFiles } from '../watched-files.ts';
import type { Authorize } from './delegated-auth.ts';
import { answerProbe } from './health.ts';
import { type Answer, type Route, answerRoute } from './routes.ts';
import { type KeyPair, selfSignedCertificate } from './self-signed.ts';
import { type TlsProfile, noAuthorities } from './tls.ts';

/** Where a serving certificate is mounted, if there is one (operator.md 1.5). */
const servingCertFolder = '/var/run/secrets/serving-cert';

export interface Probes {
  healthz: HealthCheck[];
  livez: HealthCheck[];
  readyz: HealthCheck[];
}

export interface CertificateFiles {
  certFile: string;
  keyFile: string;
  /** They may come later; until then a certificate for localhost serves. */
  isOptional?: boolean;
}

export interface ServingOptions {
  log: Logger;
  /** `host:port`; an empty host means every address. */
  listen: string;
  tls: TlsProfile;
  /** Files of the certificate, which is exchanged when they change; without them, one for localhost is made. */
  certificate?: CertificateFiles;
  probes: Probes;
  metrics: Metrics;
  authorize: Authorize;
  /** What is served beside health and metrics; more may come at any time. */
  routes?: readonly Route[];
  signal: AbortSignal;
}

export interface Serving {
  port: number;
  close(): Promise<void>;
}

/** Serves health, metrics and routes over HTTPS, without HTTP/2. Rejects when the address or the certificate cannot be used. */
export const serve = async (options: ServingOptions): Promise<Serving> => {
  const { listen, tls, certificate, log } = options;
  const pair = firstPair(certificate) ?? selfSignedCertificate(['localhost']);
  const server = createServer(
    {
      ...pair,
      ca: noAuthorities,
      minVersion: tls.minVersion,
      ciphers: tls.ciphers,
      honorCipherOrder: true,
      requestTimeout: 30_000,
    },
    (request, response) => {
      answer(request, response, options)
        .catch((error: unknown): Answer => {
          log.error('a request failed', { path: request.url, error });
          return { status: 500, body: 'internal error\n' };
        })
        .then((found) => {
          // Whoever still sends a body that nobody wants would else not come to read the answer.
          request.resume();
          return send(response, found);
        })
        .catch((error: unknown) => log.debug(2, 'an answer could not be sent', { error }));
    },
  );
  tellServingCertificate(options.metrics, pair.cert);
  server.on('tlsClientError', (error) => log.debug(4, 'a TLS handshake failed', { error }));
  await listening(server, listen);
  if (certificate) exchangeCertificate(server, certificate, options);
  return { port: portOf(server), close: () => closed(server) };
};

/** The pair under {@link servingCertFolder}, when that is mounted: a Secret may be optional, and come after the Pod. */
export const mountedCertificate = (folder = servingCertFolder): CertificateFiles | undefined =>
  existsSync(folder)
    ? { certFile: join(folder, 'tls.crt'), keyFile: join(folder, 'tls.key'), isOptional: true }
    : undefined;

const firstPair = (files: CertificateFiles | undefined): KeyPair | undefined => {
  const isThere = files && (!files.isOptional || (existsSync(files.certFile) && existsSync(files.keyFile)));
  return isThere ? readPair(files) : undefined;
};

const readPair = ({ certFile, keyFile }: CertificateFiles): KeyPair => ({
  cert: readFileSync(certFile, 'utf8'),
  key: readFileSync(keyFile, 'utf8'),
});

const exchangeCertificate = (
  server: Server,
  certificate: CertificateFiles,
  { log, signal, tls, metrics }: ServingOptions,
) => {
  const onChange = () => {
    try {
      const pair = readPair(certificate);
      server.setSecureContext({
        ...pair,
        ca: noAuthorities,
        minVersion: tls.minVersion,
        ciphers: tls.ciphers,
      });
      tellServingCertificate(metrics, pair.cert);
      log.info('the serving certificate was exchanged', { path: certificate.certFile });
    } catch (error) {
      // Certificate and key may come one after the other: the next change brings the whole pair.
      log.warn('the changed serving certificate cannot be used yet', { path: certificate.certFile, error });
    }
  };
  const files = [certificate.certFile, certificate.keyFile];
  watchFiles(files, { log, signal, onChange, pollMs: 5000, missing: 'watch' });
};

const answer = async (
  request: IncomingMessage,
  response: ServerResponse,
  { probes, metrics, authorize, routes = [], log }: ServingOptions,
): Promise<Answer> => {
  const { method, url = '/', headers } = request;
  const { pathname, searchParams } = new URL(url, 'https://localhost');
  const route = routes.find(({ prefix }) => pathname.startsWith(prefix));
  if (route) return answerRoute(route, { request, response, pathname, authorize, log });
  if (method !== 'GET' && method !== 'HEAD')
    return { status: 405, body: 'method not allowed\n', headers: { allow: 'GET, HEAD' } };
  const [probe = '', only] = pathname.slice(1).split(/\/(.*)/s);
  if (Object.hasOwn(probes, probe)) {
    const verbose = searchParams.has('verbose');
    return answerProbe(probe, probes[probe as keyof Probes], { only: only || undefined, verbose, log });
  }
  const access = await authorize(headers.authorization, pathname, 'get');
  if (!access.allowed) {
    const challenge: Record<string, string> = access.code === 401 ? { 'www-authenticate': 'Bearer' } : {};
    return { status: access.code, body: `${access.message}\n`, headers: challenge };
  }
  if (pathname !== '/metrics') return { status: 404, body: 'not found\n' };
  return { status: 200, body: metrics.expose(), headers: { 'content-type': metricsContentType } };
};

const send = (response: ServerResponse, { status, body, headers }: Answer) =>
  new Promise<void>((resolve) => {
    response.writeHead(status, {
      'content-type': 'text/plain; charset=utf-8',
      'cache-control': 'no-cache, no-store, must-revalidate',
      'x-content-type-options': 'nosniff',
      'content-length': Buffer.byteLength(body),
      ...headers,
    });
    response.end(body, resolve);
  });

const listening = (server: Server, address: string): Promise<void> => {
  const match = /^(?:\[([^\]]+)\]|([^:]*)):(\d+)$/.exec(address);
  if (!match)
    return Promise.reject(new Error(`"${address}" is no address to listen on: it must be host:port`));
  const host = match[1] ?? match[2];
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(Number(match[3]), host || undefined, () => {
      server.off('error', reject);
      resolve();
    });
  });
};

const portOf = (server: Server): number => {
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
};

const closed = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
