/** A debug server on a port of this machine, over objects that a test gives, for tests of what it answers. */
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import type {
  ManagedCluster,
  ManagedClusterSet,
  ManagedClusterSetBinding,
  Placement,
  PlacementDecision,
} from '../../api/generated/cluster.ts';
import type { SubjectAccessReview } from '../../runtime/client/kubernetes.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { createMetrics } from '../../runtime/process/metrics.ts';
import type { Caller } from '../../runtime/process/serving/delegated-auth.ts';
import { type Serving, serve } from '../../runtime/process/serving/serving.ts';
import { tlsProfile } from '../../runtime/process/serving/tls.ts';
import type { Caches } from '../controller/caches.ts';
import { FedHub } from '../controller/fixture.ts';
import { Scheduler } from '../controller/scheduler.ts';
import { type DebugDependencies, debugRoute } from './route.ts';

const quiet: Logger = { info() {}, warn() {}, error() {}, debug() {}, with: () => quiet };

/** What is on the hub. */
export interface Hub {
  clusters?: readonly ManagedCluster[];
  sets?: readonly ManagedClusterSet[];
  bindings?: readonly ManagedClusterSetBinding[];
  placements?: readonly Placement[];
  decisions?: readonly PlacementDecision[];
}

export const cachesOf = (hub: Hub): Caches => {
  const fed = new FedHub();
  fed.caches.clusters.put(...(hub.clusters ?? []));
  fed.caches.sets.put(...(hub.sets ?? []));
  fed.caches.bindings.put(...(hub.bindings ?? []));
  fed.caches.placements.put(...(hub.placements ?? []));
  fed.caches.decisions.put(...(hub.decisions ?? []));
  fed.begin();
  return fed.caches;
};

export interface Reply {
  status: number;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
}

export class DebugServer {
  /** The reviews that were asked for. */
  readonly reviews: SubjectAccessReview[] = [];
  /** Who requests without a token are from; undefined for nobody that the API server knows. */
  caller: Caller | undefined = { username: 'user' };
  /** How permissions are judged. */
  judge: (review: SubjectAccessReview) => SubjectAccessReview['status'] = () => ({ allowed: true });
  #serving!: Serving;
  readonly #stop = new AbortController();

  static async start(caches: Caches, replaced: Partial<DebugDependencies> = {}): Promise<DebugServer> {
    const server = new DebugServer();
    const route = debugRoute({
      hub: {
        create: async (_resource: unknown, review: SubjectAccessReview) => {
          server.reviews.push(review);
          return { ...review, status: server.judge(review) };
        },
      } as unknown as DebugDependencies['hub'],
      placements: caches.placements,
      scheduler: new Scheduler(caches, { log: quiet }),
      isInStep: () => true,
      signal: server.#stop.signal,
      ...replaced,
    });
    server.#serving = await serve({
      log: quiet,
      listen: '127.0.0.1:0',
      tls: tlsProfile('', []),
      probes: { healthz: [], livez: [], readyz: [] },
      metrics: createMetrics(),
      authorize: (header) => {
        const [, token] = header?.split(' ') ?? [];
        const caller = token ? { username: token } : server.caller;
        return Promise.resolve(
          caller ? { allowed: true, caller } : { allowed: false, code: 401, message: 'Unauthorized' },
        );
      },
      routes: [route],
      signal: server.#stop.signal,
    });
    return server;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#serving.close();
  }

  /** Sends a request to a path behind the prefix. */
  ask(method: string, rest: string, body = '', headers: Record<string, string> = {}): Promise<Reply> {
    const { promise, resolve, reject } = Promise.withResolvers<Reply>();
    const outgoing = request(
      {
        host: '127.0.0.1',
        port: this.#serving.port,
        path: `/debug/placements/${rest}`,
        method,
        headers,
        agent: false,
        rejectUnauthorized: false,
      },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          resolve({
            status: response.statusCode!,
            headers: response.headers,
            body: text === '' ? {} : JSON.parse(text),
          }),
        );
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
    return promise;
  }

  get(rest: string): Promise<Reply> {
    return this.ask('GET', rest);
  }

  post(placement: object): Promise<Reply> {
    return this.ask('POST', '', JSON.stringify(placement));
  }
}
