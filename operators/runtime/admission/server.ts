import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type FlagSpecs,
  type Flags,
  type PlainCommand,
  type PlainProcess,
  type Process,
  UsageError,
  plainCommand,
} from '../process/command.ts';
import { connectTo } from '../process/connect.ts';
import { answerProbe } from '../process/serving/health.ts';
import { HttpError } from '../process/serving/http.ts';
import type { Logger } from '../process/logger.ts';
import { type Metrics, metricsContentType } from '../process/metrics.ts';
import { tlsProfile } from '../process/serving/tls.ts';
import type { AdmissionHandler, AdmissionResponse } from './admission.ts';
import { type HttpAnswer, close, listenOn, listener } from './http.ts';
import { answerReview } from './review.ts';
import { type ReviewRoute, startWebhookServer, webhookMetrics } from './webhook-server.ts';

const defaultCertDir = join(tmpdir(), 'k8s-webhook-server', 'serving-certs');

/** Flags of each admission server (registration.md 1.4, work.md 1.5). */
const admissionFlags = {
  port: { type: 'int', default: 9443, help: 'Port that the webhooks are served on.' },
  'health-probe-port': {
    type: 'int',
    default: 8000,
    help: 'Port of /healthz and /readyz over plain HTTP; 0 or less disables them.',
  },
  'metrics-port': {
    type: 'int',
    default: 8080,
    help: 'Port of /metrics over plain HTTP; 0 or less disables it.',
  },
  certdir: {
    type: 'string',
    help: `Folder of tls.crt and tls.key, which may change at any time; ${defaultCertDir} when empty.`,
  },
  'tls-min-version': {
    type: 'string',
    help: 'Minimum TLS version: VersionTLS10 to VersionTLS13, or TLSv1.0 to TLSv1.3; TLS 1.2 when empty.',
  },
  'tls-cipher-suites': {
    type: 'list',
    help: 'Comma-separated list of cipher suites by their IANA names; without effect when the minimum is TLS 1.3.',
  },
  kubeconfig: {
    type: 'string',
    help: 'Location of the kubeconfig of the API server; in-cluster when empty.',
  },
} as const satisfies FlagSpecs;

export interface AdmissionCommand<S extends FlagSpecs> {
  help: string;
  /** Beyond those of every admission server. */
  flags: S;
  /** The client's user agent. Default `webhook-server`. */
  component?: string;
  validate?: (flags: Flags<S>) => void;
  /** By path. */
  handlers: (
    process: Process,
    flags: Flags<S>,
  ) => Record<string, AdmissionHandler> | Promise<Record<string, AdmissionHandler>>;
  /** Other reviews by path, such as conversion. */
  routes?: (process: Process, flags: Flags<S>) => Record<string, ReviewRoute>;
}

/** A command that serves admission webhooks, with its health and metrics on ports of their own. */
export const admissionCommand = <const S extends FlagSpecs>({
  help,
  flags,
  component = 'webhook-server',
  validate,
  handlers,
  routes,
}: AdmissionCommand<S>): PlainCommand =>
  plainCommand({
    help,
    flags: { ...admissionFlags, ...flags },
    validate: (all: Flags<FlagSpecs>) => {
      tlsOf(all as Flags<typeof admissionFlags>);
      validate?.(all as Flags<S>);
    },
    run: async (plain: PlainProcess, all: Flags<FlagSpecs>) => {
      const own = all as Flags<typeof admissionFlags>;
      const { log, metrics, signal } = plain;
      const process: Process = {
        ...plain,
        ...connectTo(own.kubeconfig, { userAgent: component, logger: log, metrics }),
      };
      const admission = Object.entries(await handlers(process, all as Flags<S>)).map(
        ([path, handler]) => [path, counted(metrics, path, admissionRoute(handler, path, log))] as const,
      );
      const server = startWebhookServer({
        log,
        metrics,
        port: own.port,
        certDir: own.certdir || defaultCertDir,
        tls: tlsOf(own),
        routes: { ...Object.fromEntries(admission), ...routes?.(process, all as Flags<S>) },
        signal,
      });
      plain.addReadyCheck({
        name: 'certificate',
        check: () => {
          if (!server.ready) throw new Error('the serving certificate is not loaded yet');
        },
      });
      const closers = await Promise.all([
        servePlainHttp(own['health-probe-port'], probeAnswers(plain), log),
        servePlainHttp(own['metrics-port'], metricsAnswers(plain), log),
      ]);
      try {
        await server.done;
      } finally {
        await Promise.all(closers.map((closeServer) => closeServer()));
        await process.client.close();
      }
    },
  });

const tlsOf = (flags: Flags<typeof admissionFlags>) => {
  try {
    return tlsProfile(flags['tls-min-version'], flags['tls-cipher-suites']);
  } catch (error) {
    throw new UsageError(`invalid TLS flags: ${(error as Error).message}`);
  }
};

/** Failing closed: a handler that fails, or is not done when the API server stops waiting, refuses. */
export const admissionRoute =
  (handler: AdmissionHandler, path: string, log: Logger): ReviewRoute =>
  (review, signal) =>
    answerReview(
      review,
      async (request, signal): Promise<AdmissionResponse> => {
        try {
          return await Promise.race([handler(request, signal), aborted(signal)]);
        } catch (error) {
          const { uid, operation, namespace, name } = request;
          log.error('an admission request could not be decided', {
            path,
            uid,
            operation,
            namespace,
            name,
            error,
          });
          return { allowed: false, code: 500, reason: 'InternalError', message: (error as Error).message };
        }
      },
      signal,
    );

/** The route, with its decisions counted. */
const counted = (metrics: Metrics, webhook: string, route: ReviewRoute): ReviewRoute => {
  const decisions = metrics.counter(webhookMetrics.decisions);
  for (const allowed of ['true', 'false']) decisions.inc({ webhook, allowed }, 0);
  return async (review, signal) => {
    const answer = await route(review, signal);
    const { response } = answer as { response?: { allowed?: boolean } };
    decisions.inc({ webhook, allowed: String(response?.allowed === true) });
    return answer;
  };
};

const aborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    const fail = () => reject(new Error('the request was not decided in time'));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });

type PlainAnswers = (path: string, query: URLSearchParams) => Promise<HttpAnswer>;

const probeAnswers =
  ({ healthChecks, readyChecks, log, signal }: PlainProcess): PlainAnswers =>
  (path, query) => {
    const [probe, only] = path.slice(1).split(/\/(.*)/s);
    const ping = (name: string) => ({ name, check: () => {} });
    const shutdown = { name: 'shutdown', check: () => signal.throwIfAborted() };
    const options = { only: only || undefined, verbose: query.has('verbose'), log };
    if (probe === 'healthz') return answerProbe(probe, [ping('healthz-ping'), ...healthChecks], options);
    if (probe === 'readyz')
      return answerProbe(probe, [ping('readyz-ping'), shutdown, ...readyChecks], options);
    throw new HttpError(404, 'not found');
  };

const metricsAnswers =
  ({ metrics }: PlainProcess): PlainAnswers =>
  async (path) => {
    if (path !== '/metrics') throw new HttpError(404, 'not found');
    return { status: 200, body: metrics.expose(), contentType: metricsContentType };
  };

/** Returns the way to close; a port of 0 or less is not opened. */
const servePlainHttp = async (
  port: number,
  answers: PlainAnswers,
  log: Logger,
): Promise<() => Promise<void>> => {
  if (port <= 0) return () => Promise.resolve();
  const server = createServer(
    listener(async ({ method, url }) => {
      if (method !== 'GET' && method !== 'HEAD') throw new HttpError(405, 'method not allowed');
      const { pathname, searchParams } = new URL(url ?? '/', 'http://localhost');
      return answers(pathname, searchParams);
    }, log),
  );
  await listenOn(server, port);
  return () => close(server, 1000);
};
