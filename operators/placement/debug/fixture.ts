/** A debug server on a port of this machine, over objects that a test gives, for tests of what it answers. */
import type { IncomingHttpHeaders } from 'node:http';
import { request } from 'node:https';
import type {
  ManagedCluster,
  ManagedClusterSetBinding,
  Placement,
  PlacementDecision,
} from '../../api/generated/cluster.ts';
import type { Informer, InformerOptions, Informers } from '../../runtime/cache/informer.ts';
import { ObjectStore } from '../../runtime/cache/store.ts';
import type { SubjectAccessReview } from '../../runtime/client/kubernetes.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import type { Resource } from '../../runtime/client/resource.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { createMetrics } from '../../runtime/process/metrics.ts';
import type { Caller } from '../../runtime/process/serving/delegated-auth.ts';
import { type Serving, serve } from '../../runtime/process/serving/serving.ts';
import { tlsProfile } from '../../runtime/process/serving/tls.ts';
import { type Caches, createCaches } from '../controller/caches.ts';
import { Scheduler } from '../controller/scheduler.ts';
import { type DebugDependencies, debugRoute } from './route.ts';

const quiet: Logger = { info() {}, warn() {}, error() {}, debug() {}, with: () => quiet };

const known =
  (objects: readonly KubeObject[]) =>
  <T extends KubeObject>(resource: Resource<T>, { indexes = {} }: InformerOptions<T> = {}): Informer<T> => {
    const store = new ObjectStore<T>(() => {});
    for (const [name, of] of Object.entries(indexes)) store.addIndex(name, of);
    for (const object of objects) if (object.kind === resource.kind) store.put(object as T);
    return {
      resource,
      synced: true,
      get size() {
        return store.size;
      },
      get: (name, namespace) => store.get(name, namespace),
      list: (namespace) => store.list(namespace),
      byIndex: (index, value) => store.byIndex(index, value),
      onChange(handler) {
        for (const object of store.list()) handler({ type: 'added', object });
        return () => {};
      },
      waitForSync: () => Promise.resolve(),
    } as Informer<T>;
  };

/** What is on the hub, each with its kind. */
export interface Hub {
  clusters?: readonly ManagedCluster[];
  sets?: readonly KubeObject[];
  bindings?: readonly ManagedClusterSetBinding[];
  placements?: readonly Placement[];
  decisions?: readonly PlacementDecision[];
}

export const cachesOf = ({
  clusters = [],
  sets = [],
  bindings = [],
  placements = [],
  decisions = [],
}: Hub): Caches => {
  const typed = (kind: string, objects: readonly KubeObject[]): KubeObject[] =>
    objects.map((object) => ({ ...object, kind }));
  const objects = [
    ...typed('ManagedCluster', clusters),
    ...typed('ManagedClusterSet', sets),
    ...typed('ManagedClusterSetBinding', bindings),
    ...typed('Placement', placements),
    ...typed('PlacementDecision', decisions),
  ];
  return createCaches({ informer: known(objects) } as unknown as Informers);
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
