import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import { type Server, createServer } from 'node:https';
import { join } from 'node:path';
import { parseJson } from '../client/json.ts';
import { parseDuration } from '../process/flags/duration.ts';
import { tellServingCertificate } from '../process/process-metrics.ts';
import { watchFiles } from '../process/watched-files.ts';
import type { Logger } from '../process/logger.ts';
import { counter, gauge, histogram } from '../process/metric-definition.ts';
import type { Metrics } from '../process/metrics.ts';
import { HttpError, readBody } from '../process/serving/http.ts';
import { type TlsProfile, noAuthorities } from '../process/serving/tls.ts';
import { type DrainTimes, drain } from './drain.ts';
import { type HttpAnswer, listenOn, listener } from './http.ts';
import { MalformedReview } from './review.ts';

/** controller-runtime's. */
export const webhookMetrics = {
  requests: counter(
    'controller_runtime_webhook_requests_total',
    'Total number of admission requests by HTTP status code.',
    ['webhook', 'code'],
  ),
  decisions: counter(
    'admission_decisions_total',
    'Number of objects that were let in and refused, by webhook.',
    ['webhook', 'allowed'],
  ),
  inFlight: gauge(
    'controller_runtime_webhook_requests_in_flight',
    'Current number of admission requests being served.',
    ['webhook'],
  ),
  latency: histogram(
    'controller_runtime_webhook_latency_seconds',
    'Histogram of the latency of processing admission requests',
    [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
    ['webhook'],
  ),
};

/** Answers the parsed body of a POST with the object to send back: an admission review, a conversion review. */
export type ReviewRoute = (review: unknown, signal: AbortSignal) => Promise<object>;

export interface WebhookServerOptions {
  log: Logger;
  metrics: Metrics;
  port: number;
  /** Folder of tls.crt and tls.key; both may come or change at any time. */
  certDir: string;
  tls: TlsProfile;
  routes: Record<string, ReviewRoute>;
  signal: AbortSignal;
}

export interface WebhookServer {
  /** Whether the certificate is loaded and the port open. */
  readonly ready: boolean;
  /** The port, once ready. */
  readonly port: number;
  /** Resolves when the signal has aborted and the requests under way are answered; rejects when the port cannot be used. */
  readonly done: Promise<void>;
}

/** An object and its predecessor, of at most 3 MiB each, and what is around them. */
const bodyLimit = 7 * 1024 * 1024;
/** The most that the API server waits for a webhook. */
const longestTimeoutMs = 30_000;
/**
 * Milliseconds for which a connection may rest. The API server drops one after 90 s; who drops it before makes the next
 * review wait for a handshake, or meet a connection that is just being closed.
 */
const keepAliveMs = 120_000;
const drainTimes: DrainTimes = { quietMs: 3000, longestMs: 7000, graceMs: 2500 };

/** Serves reviews over HTTPS as soon as there is a certificate, and exchanges the certificate when its files change. */
export const startWebhookServer = (options: WebhookServerOptions): WebhookServer => {
  const { log, metrics, certDir, tls, signal } = options;
  const files = { cert: join(certDir, 'tls.crt'), key: join(certDir, 'tls.key') };
  const context = () => ({
    cert: readFileSync(files.cert),
    key: readFileSync(files.key),
    ca: noAuthorities,
    minVersion: tls.minVersion,
    ciphers: tls.ciphers,
    honorCipherOrder: true,
  });
  // From the start, so that a first failure shows as a rise.
  for (const webhook of Object.keys(options.routes))
    for (const code of ['200', '500']) metrics.counter(webhookMetrics.requests).inc({ webhook, code }, 0);
  const state = { server: undefined as Server | undefined, ready: false, port: 0 };
  const { promise: done, resolve, reject } = Promise.withResolvers<void>();

  const load = () => {
    try {
      const secrets = context();
      tellServingCertificate(metrics, secrets.cert);
      if (state.server) {
        state.server.setSecureContext(secrets);
        log.info('the serving certificate was exchanged', { certDir });
        return;
      }
      state.server = createServer(
        secrets,
        listener((request) => answer(request, options), log),
      );
    } catch (error) {
      // Certificate and key may come one after the other: the next change brings the whole pair.
      return log.warn('there is no usable serving certificate yet', { certDir, error });
    }
    state.server.keepAliveTimeout = keepAliveMs;
    state.server.on('tlsClientError', (error) => log.debug(4, 'a TLS handshake failed', { error }));
    listenOn(state.server, options.port).then((port) => {
      Object.assign(state, { ready: true, port });
      log.info('serving webhooks', {
        port,
        afterMs: Math.round(performance.now()),
        paths: Object.keys(options.routes),
      });
    }, reject);
  };
  watchFiles(Object.values(files), { log, signal, onChange: load, pollMs: 5000, missing: 'watch' });
  load();

  const stop = () => {
    state.ready = false;
    if (state.server?.listening) void drain(state.server, drainTimes).then(resolve);
    else resolve();
  };
  if (signal.aborted) stop();
  else signal.addEventListener('abort', stop, { once: true });
  return {
    get ready() {
      return state.ready;
    },
    get port() {
      return state.port;
    },
    done,
  };
};

const answer = async (
  request: IncomingMessage,
  { routes, metrics, log }: WebhookServerOptions,
): Promise<HttpAnswer> => {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'https://localhost');
  const route = Object.hasOwn(routes, pathname) ? routes[pathname] : undefined;
  if (!route) throw new HttpError(404, `nothing is served at ${pathname}`);
  const began = performance.now();
  const inFlight = metrics.gauge(webhookMetrics.inFlight);
  const requests = metrics.counter(webhookMetrics.requests);
  const latency = metrics.histogram(webhookMetrics.latency);
  inFlight.inc({ webhook: pathname });
  let code = 500;
  try {
    const body = await answerRoute(request, route, timeoutOf(searchParams));
    code = 200;
    return { status: 200, body, contentType: 'application/json' };
  } catch (error) {
    if (!(error instanceof HttpError)) throw error;
    code = error.status;
    log.warn('a review was refused as malformed', { path: pathname, error });
    throw error;
  } finally {
    inFlight.inc({ webhook: pathname }, -1);
    requests.inc({ webhook: pathname, code: String(code) });
    latency.observe((performance.now() - began) / 1000, { webhook: pathname });
  }
};

const answerRoute = async (
  request: IncomingMessage,
  route: ReviewRoute,
  timeoutMs: number,
): Promise<string> => {
  if (request.method !== 'POST') throw new HttpError(405, 'reviews are sent with POST');
  const type = request.headers['content-type'] ?? '';
  if (type.split(';')[0]!.trim().toLowerCase() !== 'application/json')
    throw new HttpError(400, `contentType=${type}, expected application/json`);
  const text = await readBody(request, bodyLimit);
  if (text === '') throw new HttpError(400, 'request body is empty');
  let review: unknown;
  try {
    review = parseJson(text);
  } catch (error) {
    throw new HttpError(400, `the body is no JSON: ${(error as Error).message}`);
  }
  try {
    return JSON.stringify(await route(review, AbortSignal.timeout(timeoutMs)));
  } catch (error) {
    if (error instanceof MalformedReview) throw new HttpError(400, error.message);
    throw error;
  }
};

/** The API server says in the query how long it waits. */
const timeoutOf = (query: URLSearchParams): number => {
  const asked = parseDuration(query.get('timeout') ?? '');
  return asked !== undefined && asked > 0 ? Math.min(asked, longestTimeoutMs) : longestTimeoutMs;
};
