import { untilAborted } from '../client/abort.ts';
import type { Client } from '../client/client.ts';
import type { KubeObject, ObjectMeta } from '../client/object.ts';
import { type Resource, apiVersionOf, qualifiedName } from '../client/resource.ts';
import { shapeOf } from '../client/shape.ts';
import type { Logger } from '../process/logger.ts';
import type { Metrics } from '../process/metrics.ts';
import type { Change, Informer, InformerOptions, Informers } from './informer.ts';
import { Interner } from './intern.ts';
import { Reflector, type ReflectorCounters, reflectorMetrics } from './reflector.ts';
import { ObjectStore } from './store.ts';
import { isOlder } from './version.ts';

export interface InformersOptions {
  logger: Logger;
  metrics?: Metrics;
}

/** An object as it is kept: without the record of who owns which field, which is often half of it. */
const withoutManagedFields = <T extends KubeObject>(object: T): T => {
  delete object.metadata.managedFields;
  return object;
};

class SharedInformer<T extends KubeObject> implements Informer<T> {
  readonly resource: Resource<T>;
  readonly client: Client;
  readonly #store: ObjectStore<T>;
  readonly #trim: (object: T) => T;
  readonly #logger: Logger;
  readonly #options: InformerOptions<T>;
  /** Replaced, not changed, so that a handler may come or go while the others are being called. */
  #handlers: readonly ((change: Change<T>) => void)[] = [];
  readonly #synced = Promise.withResolvers<void>();
  #isSynced = false;
  #reflector: Reflector<T> | undefined;

  constructor(
    client: Client,
    resource: Resource<T>,
    options: InformerOptions<T>,
    { logger, interner }: { logger: Logger; interner: Interner },
  ) {
    this.client = client;
    this.resource = resource;
    this.#options = options;
    // Whoever waits is told; that nobody waits is no error.
    this.#synced.promise.catch(() => {});
    this.#logger = logger;
    const { trim } = options;
    this.#trim = (object) => {
      const kept = interner.share(withoutManagedFields(object));
      return trim ? trim(kept) : kept;
    };
    this.#store = new ObjectStore((change) => {
      for (const handler of this.#handlers) this.#call(handler, change);
    });
    for (const [name, of] of Object.entries(options.indexes ?? {})) this.#store.addIndex(name, of);
  }

  get synced(): boolean {
    return this.#isSynced;
  }

  get size(): number {
    return this.#store.size;
  }

  get(name: string, namespace?: string): T | undefined {
    return this.#store.get(name, namespace);
  }

  list(namespace?: string): T[] {
    return this.#store.list(namespace);
  }

  byIndex(index: string, value: string): T[] {
    return this.#store.byIndex(index, value);
  }

  onChange(handler: (change: Change<T>) => void): () => void {
    // A wrapper of its own, so that the same function registered twice can be stopped once.
    const own = (change: Change<T>) => handler(change);
    for (const object of this.#store.list()) this.#call(own, { type: 'added', object });
    this.#handlers = [...this.#handlers, own];
    return () => {
      this.#handlers = this.#handlers.filter((other) => other !== own);
    };
  }

  wrote(object: T): T {
    const { name, namespace, resourceVersion } = object.metadata;
    // What the watch has come past it has brought, with what others did afterwards, be it a deletion.
    const isAhead = isOlder(this.#reflector?.heard, resourceVersion);
    if (isAhead && !isOlder(resourceVersion, this.get(name, namespace)?.metadata.resourceVersion)) {
      const shape = shapeOf(this.resource, this.#options.metadataOnly);
      this.#put(shape({ ...object, metadata: { ...object.metadata } }));
    }
    return object;
  }

  removed(object: ObjectMeta): void {
    this.#store.removed(object);
  }

  waitForSync(signal?: AbortSignal): Promise<void> {
    return untilAborted(this.#synced.promise, signal);
  }

  /** Whether one who asks with these options can share this informer; indexes that are new are added then. */
  adopt({ trim, indexes = {} }: InformerOptions<T>): boolean {
    if (trim !== this.#options.trim) return false;
    const entries = Object.entries(indexes);
    const clashes = entries.some(([name, of]) => (this.#store.indexFunction(name) ?? of) !== of);
    if (clashes) return false;
    for (const [name, of] of entries) if (!this.#store.indexFunction(name)) this.#store.addIndex(name, of);
    return true;
  }

  async run(signal: AbortSignal, metrics?: ReflectorCounters): Promise<void> {
    const { namespace, labelSelector, fieldSelector, metadataOnly } = this.#options;
    const sink = {
      replace: (objects: T[]) => this.#store.replace(objects.map(this.#trim)),
      put: (object: T) => this.#put(object),
      delete: (object: T) => this.#store.delete(this.#trim(object)),
      onSynced: () => {
        this.#isSynced = true;
        this.#synced.resolve();
      },
    };
    const scope = { namespace, labelSelector, fieldSelector, metadataOnly };
    const { client, resource } = this;
    this.#reflector = new Reflector({ client, resource, scope, sink, logger: this.#logger, metrics });
    await this.#reflector.run(signal);
    this.#synced.reject(signal.reason);
  }

  /** What is no news, such as the echo of an own write, is not worth being trimmed. */
  #put(object: T): void {
    if (this.#store.isNews(object.metadata)) this.#store.put(this.#trim(object));
  }

  #call(handler: (change: Change<T>) => void, change: Change<T>): void {
    try {
      handler(change);
    } catch (error) {
      const { name, namespace } = change.object.metadata;
      this.#logger.error('a handler failed', { error, change: change.type, name, namespace });
    }
  }
}

const scopeKey = (
  resource: Resource,
  options: Omit<InformerOptions<KubeObject>, 'trim' | 'indexes'>,
): string =>
  JSON.stringify([
    apiVersionOf(resource),
    resource.plural,
    options.namespace ?? '',
    options.labelSelector ?? '',
    options.fieldSelector ?? '',
    options.metadataOnly ?? false,
  ]);

type AnyInformer = SharedInformer<KubeObject>;

/** The informers of one client. Those that ask for the same objects in the same shape share one watch. */
export const createInformers = (client: Client, { logger, metrics }: InformersOptions): Informers => {
  const byScope = new Map<string, AnyInformer[]>();
  const interner = new Interner();
  let running: AbortSignal | undefined;

  const counters: ReflectorCounters | undefined = metrics && {
    lists: metrics.counter(reflectorMetrics.lists),
    watches: metrics.counter(reflectorMetrics.watches),
    shortWatches: metrics.counter(reflectorMetrics.shortWatches),
    events: metrics.counter(reflectorMetrics.events),
  };
  const all = () => [...byScope.values()].flat();
  const begin = (informer: AnyInformer, signal: AbortSignal) => void informer.run(signal, counters);

  return {
    informer<T extends KubeObject>(resource: Resource<T>, options: InformerOptions<T> = {}): Informer<T> {
      const key = scopeKey(resource, options);
      const sharing = (byScope.get(key) ?? []) as unknown as SharedInformer<T>[];
      const found = sharing.find((informer) => informer.adopt(options));
      if (found) return found;
      const fields = {
        resource: qualifiedName(resource),
        ...(options.namespace && { namespace: options.namespace }),
      };
      const informer = new SharedInformer(client, resource, options, {
        logger: logger.with(fields),
        interner,
      });
      const some = informer as unknown as AnyInformer;
      byScope.set(key, [...(byScope.get(key) ?? []), some]);
      if (running) begin(some, running);
      return informer;
    },
    start(signal) {
      if (running) throw new Error('the informers are started already');
      running = signal;
      for (const informer of all()) begin(informer, signal);
    },
    async waitForSync(signal) {
      await Promise.all(all().map((informer) => informer.waitForSync(signal)));
    },
  };
};
