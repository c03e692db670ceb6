import { Reflector } from '../../../runtime/cache/reflector.ts';
import type { Client } from '../../../runtime/client/client.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import type { Resource } from '../../../runtime/client/resource.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import { type Breadth, type Scope, breadthFor, resourceKey, scopeKey, scopesFor } from './scopes.ts';

/** An object that a work manages. */
export interface Tracked {
  resource: Resource<UnknownObject>;
  name: string;
  namespace?: string;
}

/** Told what the watches hear, of managed objects and of others in the same scope. Objects are metadata only. */
export interface WatchListener {
  /** A watch begins, or begins anew: these are all the objects of its scope. */
  listed(resource: Resource<UnknownObject>, scope: Scope, objects: UnknownObject[]): void;
  changed(resource: Resource<UnknownObject>, object: UnknownObject): void;
  deleted(resource: Resource<UnknownObject>, object: UnknownObject): void;
}

export interface ResourceWatchesOptions {
  client: Client;
  log: Logger;
  signal: AbortSignal;
}

interface Running {
  stop: AbortController;
  synced: boolean;
}

interface Watched {
  resource: Resource<UnknownObject>;
  breadth?: Breadth;
  /** Managed names by namespace. */
  names: Map<string, Set<string>>;
  running: Map<string, Running>;
}

/** Keeps as few metadata watches open as cover a changing set of names. */
export class ResourceWatches {
  readonly #options: ResourceWatchesOptions;
  readonly #listener: WatchListener;
  readonly #watched = new Map<string, Watched>();
  readonly #touched = new Set<string>();

  constructor(options: ResourceWatchesOptions, listener: WatchListener) {
    this.#options = options;
    this.#listener = listener;
  }

  /** Takes effect with {@link adjust}. */
  add({ resource, namespace = '', name }: Tracked): void {
    const id = resourceKey(resource);
    const watched: Watched = this.#watched.get(id) ?? { resource, names: new Map(), running: new Map() };
    watched.names.set(namespace, (watched.names.get(namespace) ?? new Set()).add(name));
    this.#watched.set(id, watched);
    this.#touched.add(id);
  }

  /** Takes effect with {@link adjust}. */
  remove({ resource, namespace = '', name }: Tracked): void {
    const id = resourceKey(resource);
    const names = this.#watched.get(id)?.names;
    const members = names?.get(namespace);
    members?.delete(name);
    if (members?.size === 0) names?.delete(namespace);
    this.#touched.add(id);
  }

  /** Opens and closes watches as the names demand that were added and removed since. */
  adjust(): void {
    for (const id of this.#touched) {
      const watched = this.#watched.get(id);
      if (!watched) continue;
      const { names, running } = watched;
      watched.breadth = breadthFor(names, watched.breadth);
      const scopes = scopesFor(names, watched.breadth);
      for (const [key, { stop }] of running) {
        if (scopes.has(key)) continue;
        stop.abort();
        running.delete(key);
      }
      for (const [key, scope] of scopes)
        if (!running.has(key)) running.set(key, this.#open(watched.resource, scope));
      if (names.size === 0) this.#watched.delete(id);
    }
    this.#touched.clear();
  }

  /** Whether a watch that has begun covers the object. */
  covers({ resource, namespace = '', name }: Tracked): boolean {
    const watched = this.#watched.get(resourceKey(resource));
    if (!watched?.breadth) return false;
    return watched.running.get(scopeKey(watched.breadth, namespace, name))?.synced ?? false;
  }

  /** Watches open. */
  get size(): number {
    return [...this.#watched.values()].reduce((sum, { running }) => sum + running.size, 0);
  }

  #open(resource: Resource<UnknownObject>, scope: Scope): Running {
    const { client, log, signal } = this.#options;
    const running: Running = { stop: new AbortController(), synced: false };
    const reflector = new Reflector<UnknownObject>({
      client,
      resource,
      scope: {
        namespace: scope.namespace,
        metadataOnly: true,
        ...(scope.name ? { fieldSelector: `metadata.name=${scope.name}` } : {}),
      },
      sink: {
        replace: (objects) => this.#listener.listed(resource, scope, objects),
        put: (object) => this.#listener.changed(resource, object),
        delete: (object) => this.#listener.deleted(resource, object),
        onSynced: () => (running.synced = true),
      },
      logger: log.with({ resource: resource.plural, ...scope }),
    });
    void reflector.run(AbortSignal.any([signal, running.stop.signal]));
    return running;
  }
}
