import { isOlder } from '../../../runtime/cache/version.ts';
import type { ObjectMeta, UnknownObject } from '../../../runtime/client/object.ts';
import type { Resource } from '../../../runtime/client/resource.ts';
import { objectKey } from '../strategy/strategy.ts';
import { ResourceWatches, type ResourceWatchesOptions, type Tracked } from './resource-watches.ts';
import { type Scope, resourceKey } from './scopes.ts';

/**
 * What happened to an object behind the agent's back: `drift` when it was made, deleted, or changed in what a manifest may
 * decide; `status` when only its controller wrote.
 */
export type Sign = 'drift' | 'status';

export interface WatcherOptions extends ResourceWatchesOptions {
  /** Called for each work that manages the object. */
  onSign(work: string, key: string, sign: Sign): void;
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
  readonly #watches: ResourceWatches;
  readonly #held = new Set<string>();
  readonly #announced = new Map<string, ReadonlySet<string>>();

  constructor(options: WatcherOptions) {
    this.#options = options;
    this.#watches = new ResourceWatches(options, {
      listed: (resource, scope, objects) => this.#listed(resource, scope, objects),
      changed: (resource, object) => this.#heard(objectKey(resource, object.metadata), sightOf(object)),
      deleted: (resource, { metadata }) => {
        const { uid, resourceVersion } = metadata;
        this.#heard(objectKey(resource, metadata), { uid, resourceVersion });
      },
    });
  }

  /** Replaces what a work manages. Returns the keys of objects that no work manages any more. */
  track(work: string, objects: readonly Tracked[]): string[] {
    this.#announced.delete(work);
    const before = this.#byWork.get(work) ?? new Set<string>();
    const after = new Map(objects.map((tracked) => [objectKey(tracked.resource, tracked), tracked]));
    for (const [key, tracked] of after) if (!before.has(key)) this.#join(work, key, tracked);
    const released: string[] = [];
    for (const key of before) {
      if (after.has(key)) continue;
      const entry = this.#entries.get(key);
      entry?.works.delete(work);
      if (!entry) continue;
      if (entry.works.size > 0) {
        // What the others share less may now be theirs alone.
        this.#tell(key, entry, 'drift');
        continue;
      }
      this.#entries.delete(key);
      this.#watches.remove(entry.tracked);
      released.push(key);
    }
    if (after.size) this.#byWork.set(work, new Set(after.keys()));
    else this.#byWork.delete(work);
    this.#watches.adjust();
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

  /** A work is about to manage these objects; {@link track} says when it does. */
  announce(work: string, objects: readonly Tracked[]): void {
    this.#announced.set(work, new Set(objects.map((tracked) => objectKey(tracked.resource, tracked))));
  }

  /** Whether another work than this one manages the object, or is about to. */
  isShared(key: string, work: string): boolean {
    const works = this.#entries.get(key)?.works ?? [];
    const isOther = (other: string): boolean => other !== work;
    return (
      [...works].some(isOther) ||
      [...this.#announced].some(([other, keys]) => isOther(other) && keys.has(key))
    );
  }

  /** Whether a change of the object would be heard of. */
  isWatched(key: string): boolean {
    const entry = this.#entries.get(key);
    return entry?.known !== undefined && this.#watches.covers(entry.tracked);
  }

  /** Watches open, for metrics. */
  get watches(): number {
    return this.#watches.size;
  }

  get size(): number {
    return this.#entries.size;
  }

  #join(work: string, key: string, tracked: Tracked): void {
    const entry = this.#entries.get(key) ?? { tracked, works: new Set() };
    if (entry.works.size === 0) this.#watches.add(tracked);
    entry.works.add(work);
    this.#entries.set(key, entry);
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
      if (isInScope && !present.has(key)) this.#heard(key, {});
    }
  }

  #heard(key: string, news: Partial<Sight>): void {
    const entry = this.#entries.get(key);
    if (!entry) return;
    entry.heard = news;
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
