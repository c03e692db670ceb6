/** A hub whose objects a test hands out, for tests of what the controller knows. */
import type { Change, Informer, InformerOptions, Informers } from '../../runtime/cache/informer.ts';
import { ObjectStore } from '../../runtime/cache/store.ts';
import type { Client } from '../../runtime/client/client.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import type { Resource } from '../../runtime/client/resource.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { type Caches, createCaches } from './caches.ts';
import { DecisionLedger } from './ledger.ts';
import { Members } from './members.ts';

/** An informer that hears what it is told, by the rules of the store that others use as well. */
export class FedInformer<T extends KubeObject> implements Informer<T> {
  readonly resource: Resource<T>;
  readonly #store: ObjectStore<T>;
  readonly #handlers = new Set<(change: Change<T>) => void>();
  synced = false;

  constructor(resource: Resource<T>, { indexes = {} }: InformerOptions<T> = {}) {
    this.resource = resource;
    this.#store = new ObjectStore((change) => {
      for (const handler of this.#handlers) handler(change);
    });
    for (const [name, of] of Object.entries(indexes)) this.#store.addIndex(name, of);
  }

  get client(): Client {
    throw new Error('nothing is written here');
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
    for (const object of this.list()) handler({ type: 'added', object });
    this.#handlers.add(handler);
    return () => void this.#handlers.delete(handler);
  }
  waitForSync(): Promise<void> {
    return Promise.resolve();
  }
  wrote(object: T): T {
    this.#store.put(object);
    return object;
  }
  removed(object: T['metadata']): void {
    this.#store.removed(object);
  }
  put(...objects: T[]): void {
    for (const object of objects) this.#store.put(object);
  }
  delete(object: T): void {
    this.#store.delete(object);
  }
}

type FedCaches = {
  [Kind in keyof Caches]: Caches[Kind] extends Informer<infer T> ? FedInformer<T> : never;
};

const quiet: Logger = { info() {}, warn() {}, error() {}, debug() {}, with: () => quiet };

/** A hub that has nothing yet. */
export class FedHub {
  readonly caches: FedCaches;
  readonly members: Members;
  readonly ledger: DecisionLedger;

  constructor() {
    const informers: Pick<Informers, 'informer'> = {
      informer: (resource, options) => new FedInformer(resource, options),
    };
    this.caches = createCaches(informers as Informers) as FedCaches;
    this.members = new Members(this.caches.clusters, this.caches.sets, quiet);
    this.ledger = new DecisionLedger(this.caches.decisions);
  }

  /** All that was there at the start is heard of. */
  begin(): void {
    for (const informer of Object.values(this.caches)) informer.synced = true;
  }
}

let version = 0;
/** A resource version later than all before. */
export const nextVersion = (): string => String(++version);
