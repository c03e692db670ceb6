import { Reflector } from '../../../runtime/cache/reflector.ts';
import { isOlder } from '../../../runtime/cache/version.ts';
import type { Client } from '../../../runtime/client/client.ts';
import type { ObjectMeta, UnknownObject } from '../../../runtime/client/object.ts';
import type { Resource } from '../../../runtime/client/resource.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import { objectKey } from '../strategy/strategy.ts';
import { type Breadth, type Scope, breadthFor, resourceKey, scopeKey, scopesFor } from './scopes.ts';

/** An object that a work manages. */
export interface Tracked {
  resource: Resource<UnknownObject>;
  name: string;
  namespace?: string;
}

/**
 * What happened to an object behind the agent's back: `drift` when it was made, deleted, or changed in what a manifest may
 * decide; `status` when only its controller wrote.
 */
export type Sign = 'drift' | 'status';

export interface WatcherOptions {
  client: Client;
  log: Logger;
  /** Called for each work that manages the object. */
  onSign(work: string, key: string, sign: Sign): void;
  signal: AbortSignal;
}

/** What the agent last saw of an object. */
interface Sight {
  uid?: string;
  resourceVersion?: string;
  /** Equal while nothing that a manifest may decide has changed. */
  intent: string;
}

interface Entry {
  tracked: Tracked;
  works: Set<string>;
  /** What the agent last read or wrote. Undefined: nothing yet; null: looked for and missing. */
  known?: Sight | null;
  /** The last news from the watch. A deletion has no intent. */
  heard?: Partial<Sight>;
}

interface Watched {
  resource: Resource<UnknownObject>;
  breadth: Breadth;
  names: Map<string, Set<string>>;
  running: Map<string, { scope: Scope; stop: AbortController; synced: boolean }>;
}

const intentOf = ({
  uid,
  generation,
  resourceVersion,
  labels,
  annotations,
  ownerReferences,
  deletionTimestamp,
}: ObjectMeta): string =>
  JSON.stringify([
    uid,
    generation ?? resourceVersion,
    labels,
    annotations,
    ownerReferences,
    deletionTimestamp,
  ]);

const sightOf = ({ metadata }: { metadata: ObjectMeta }): Sight => ({
  uid: metadata.uid,
  resourceVersion: metadata.resourceVersion,
  intent: intentOf(metadata),
});

/**
 * Watches the metadata of managed objects and tells which works a change concerns. A watch may be wider than what is
 * managed, by namespace or cluster, but nothing of other objects is kept: memory follows what is managed. Where watching
 * is not allowed, {@link isWatched} stays false and the caller looks for itself.
 */
export class ObjectWatcher {
  readonly #options: WatcherOptions;
  readonly #entries = new Map<string, Entry>();
  readonly #byWork = new Map<string, Set<string>>();
  readonly #watched = new Map<string, Watched>();
  readonly #held = new Set<string>();

  constructor(options: WatcherOptions) {
    this.#options = options;
  }

  /** Replaces what a work manages. Returns the keys of objects that no work manages any more. */
  track(work: string, objects: readonly Tracked[]): string[] {
    const before = this.#byWork.get(work) ?? new Set<string>();
    const after = new Map(objects.map((tracked) => [objectKey(tracked.resource, tracked), tracked]));
    const touched = new Set<string>();
    for (const [key, tracked] of after) if (!before.has(key)) touched.add(this.#join(work, key, tracked));
    const released: string[] = [];
    for (const key of before) {
      if (after.has(key)) continue;
      const entry = this.#entries.get(key);
      entry?.works.delete(work);
      if (!entry || entry.works.size > 0) continue;
      touched.add(this.#leave(key, entry));
      released.push(key);
    }
    if (after.size) this.#byWork.set(work, new Set(after.keys()));
    else this.#byWork.delete(work);
    for (const resource of touched) this.#adjust(resource);
    return released;
  }

  /** Records what the agent has just read or written. */
  observed(key: string, object: UnknownObject | undefined): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    const sight = object ? sightOf(object) : null;
    if (sight && entry.known && isOlder(sight.resourceVersion, entry.known.resourceVersion)) return;
    entry.known = sight;
    if (!this.#isHeld(entry)) this.#compare(key, entry);
  }

  /**
   * Keeps the news about a work's objects back while the agent itself writes them: the echo of a write may come before its
   * answer. Returns the way to let them through, which tells what remains news.
   */
  hold(work: string): () => void {
    this.#held.add(work);
    return () => {
      this.#held.delete(work);
      for (const key of this.#byWork.get(work) ?? []) {
        const entry = this.#entries.get(key);
        if (entry && !this.#isHeld(entry)) this.#compare(key, entry);
      }
    };
  }

  /** Whether a change of the object would be heard of. */
  isWatched(key: string): boolean {
    const entry = this.#entries.get(key);
    if (entry?.known === undefined) return false;
    const { resource, namespace = '', name } = entry.tracked;
    const watched = this.#watched.get(resourceKey(resource));
    return watched?.running.get(scopeKey(watched.breadth, namespace, name))?.synced ?? false;
  }

  /** The works that manage an object. */
  worksOf(key: string): readonly string[] {
    return [...(this.#entries.get(key)?.works ?? [])];
  }

  /** Watches open, for metrics. */
  get watches(): number {
    return [...this.#watched.values()].reduce((sum, { running }) => sum + running.size, 0);
  }

  get size(): number {
    return this.#entries.size;
  }

  #join(work: string, key: string, tracked: Tracked): string {
    const entry = this.#entries.get(key) ?? { tracked, works: new Set() };
    entry.works.add(work);
    this.#entries.set(key, entry);
    const { resource, namespace = '', name } = entry.tracked;
    const id = resourceKey(resource);
    const watched = this.#watched.get(id) ?? {
      resource,
      breadth: 'name' as const,
      names: new Map<string, Set<string>>(),
      running: new Map(),
    };
    watched.names.set(namespace, (watched.names.get(namespace) ?? new Set()).add(name));
    this.#watched.set(id, watched);
    return id;
  }

  #leave(key: string, { tracked: { resource, namespace = '', name } }: Entry): string {
    this.#entries.delete(key);
    const id = resourceKey(resource);
    const names = this.#watched.get(id)?.names;
    const members = names?.get(namespace);
    members?.delete(name);
    if (members?.size === 0) names?.delete(namespace);
    return id;
  }

  /** Opens and closes the watches of one resource as its managed names demand. */
  #adjust(id: string): void {
    const watched = this.#watched.get(id);
    if (!watched) return;
    const { names, running } = watched;
    watched.breadth = breadthFor(names, running.size ? watched.breadth : undefined);
    const scopes = names.size ? scopesFor(names, watched.breadth) : new Map<string, Scope>();
    for (const [key, { stop }] of running) {
      if (scopes.has(key)) continue;
      stop.abort();
      running.delete(key);
    }
    for (const [key, scope] of scopes) this.#open(watched, key, scope);
    if (names.size === 0) this.#watched.delete(id);
  }

  #open(watched: Watched, key: string, scope: Scope): void {
    if (watched.running.has(key)) return;
    const { client, log, signal } = this.#options;
    const { resource } = watched;
    const stop = new AbortController();
    const state = { scope, stop, synced: false };
    watched.running.set(key, state);
    const reflector = new Reflector<UnknownObject>({
      client,
      resource,
      scope: {
        namespace: scope.namespace,
        metadataOnly: true,
        ...(scope.name ? { fieldSelector: `metadata.name=${scope.name}` } : {}),
      },
      sink: {
        replace: (objects) => this.#listed(resource, scope, objects),
        put: (object) => this.#heard(objectKey(resource, object.metadata), sightOf(object)),
        delete: (object) => this.#heard(objectKey(resource, object.metadata), undefined, object.metadata),
        onSynced: () => (state.synced = true),
      },
      logger: log.with({ resource: resource.plural, ...scope }),
    });
    void reflector.run(AbortSignal.any([signal, stop.signal]));
  }

  #listed(resource: Resource<UnknownObject>, scope: Scope, objects: UnknownObject[]): void {
    const present = new Set<string>();
    for (const object of objects) {
      const key = objectKey(resource, object.metadata);
      present.add(key);
      this.#heard(key, sightOf(object));
    }
    for (const [key, { tracked }] of this.#entries) {
      const isInScope =
        resourceKey(tracked.resource) === resourceKey(resource) &&
        (scope.namespace === undefined || scope.namespace === tracked.namespace) &&
        (scope.name === undefined || scope.name === tracked.name);
      if (isInScope && !present.has(key)) this.#heard(key, undefined);
    }
  }

  #heard(key: string, sight: Sight | undefined, deleted?: ObjectMeta): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.heard = sight ?? { uid: deleted?.uid, resourceVersion: deleted?.resourceVersion };
    if (!this.#isHeld(entry)) this.#compare(key, entry);
  }

  #isHeld({ works }: Entry): boolean {
    return this.#held.size > 0 && [...works].some((work) => this.#held.has(work));
  }

  /** News that are not newer than what is known are the echo of what the agent did or read itself. */
  #compare(key: string, entry: Entry): void {
    const { known, heard } = entry;
    if (known === undefined || heard === undefined) return;
    entry.heard = undefined;
    if (heard.intent === undefined) {
      if (known && !isOlder(heard.resourceVersion, known.resourceVersion)) this.#tell(key, entry, 'drift');
      return;
    }
    if (
      known &&
      (heard.resourceVersion === known.resourceVersion ||
        isOlder(heard.resourceVersion, known.resourceVersion))
    )
      return;
    this.#tell(key, entry, known?.intent === heard.intent ? 'status' : 'drift');
  }

  #tell(key: string, entry: Entry, sign: Sign): void {
    for (const work of entry.works) this.#options.onSign(work, key, sign);
  }
}
