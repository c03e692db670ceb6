import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ListOptions } from '../client/client.ts';
import { ApiError, isExpired } from '../client/errors.ts';
import type { KubeObject } from '../client/object.ts';
import { type Resource, qualifiedName } from '../client/resource.ts';
import type { Logger } from '../process/logger.ts';
import type { Counter } from '../process/metrics.ts';
import { Backoff } from './backoff.ts';

/** What the reflector fills. */
export interface Sink<T> {
  replace(objects: T[]): void;
  put(object: T): void;
  delete(object: T): void;
  /** The first list is in. */
  onSynced(): void;
}

export interface ReflectorMetrics {
  lists: Counter;
  watches: Counter;
  shortWatches: Counter;
}

export interface ReflectorOptions<T extends KubeObject> {
  client: Client;
  resource: Resource<T>;
  scope: Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector' | 'metadataOnly'>;
  sink: Sink<T>;
  logger: Logger;
  metrics?: ReflectorMetrics;
  backoff?: Backoff;
}

/** A watch that ends sooner (milliseconds) without an event counts as a failure, lest it be opened in a tight loop. */
const shortWatchMs = 1_000;

/** Seconds between 5 and 10 minutes, so that the watches of many clients do not end together. */
const randomTimeout = (): number => Math.floor(300 * (1 + Math.random()));

/**
 * Lists, then watches from where the list ended, then watches from where the last watch ended; lists again when the
 * server has forgotten that point. Nothing but the signal stops it.
 */
export class Reflector<T extends KubeObject> {
  readonly #options: ReflectorOptions<T>;
  readonly #backoff: Backoff;
  /** Where to watch from; undefined when a list is due. */
  #resourceVersion?: string;
  #isFailing = false;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
  }

  /** Resolves when the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === undefined) await this.#list(signal);
        else await this.#watch(this.#resourceVersion, signal);
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error, signal);
      }
    }
  }

  async #list(signal: AbortSignal): Promise<void> {
    const { client, resource, scope, sink, metrics } = this.#options;
    metrics?.lists.inc({ resource: qualifiedName(resource) });
    // The most recent state, not the server's cache: nothing older than what a former process acted on.
    const { items, resourceVersion } = await client.list(resource, { ...scope, signal });
    sink.replace(items);
    this.#resourceVersion = resourceVersion;
    this.#succeeded();
    sink.onSynced();
  }

  async #watch(resourceVersion: string, signal: AbortSignal): Promise<void> {
    const { client, resource, scope, sink, metrics } = this.#options;
    metrics?.watches.inc({ resource: qualifiedName(resource) });
    const since = performance.now();
    const timeoutSeconds = randomTimeout();
    let events = 0;
    for await (const event of client.watch(resource, { ...scope, resourceVersion, timeoutSeconds, signal })) {
      if (event.type === 'BOOKMARK') {
        this.#resourceVersion = event.resourceVersion;
      } else {
        if (event.type === 'DELETED') sink.delete(event.object);
        else sink.put(event.object);
        this.#resourceVersion = event.object.metadata.resourceVersion ?? this.#resourceVersion;
      }
      if (events++ === 0) this.#succeeded();
    }
    if (events > 0 || performance.now() - since >= shortWatchMs) return this.#succeeded();
    metrics?.shortWatches.inc({ resource: qualifiedName(resource) });
    throw new Error(`the watch ended within ${shortWatchMs / 1000} s without an event`);
  }

  #succeeded(): void {
    this.#backoff.reset();
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#options.logger.info('watching again');
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    if (isExpired(error)) {
      this.#options.logger.debug(2, 'the point to watch from is too old; listing', { error });
      // A list that has just expired is no progress: it waits like any other failure.
      const isNews = this.#resourceVersion !== undefined;
      this.#resourceVersion = undefined;
      if (isNews) return;
    } else {
      this.#report(error);
    }
    await delay(this.#backoff.next(), undefined, { signal }).catch(() => {});
  }

  /** An outage is told once, at its begin; its repetitions only on request. */
  #report(error: unknown): void {
    const { logger, resource } = this.#options;
    const text = `cannot ${this.#resourceVersion === undefined ? 'list' : 'watch'}; trying again${remedy(error, resource)}`;
    if (this.#isFailing) logger.debug(2, text, { error });
    else logger.warn(text, { error });
    this.#isFailing = true;
  }
}

const remedy = (error: unknown, resource: Resource): string => {
  if (!(error instanceof ApiError)) return '';
  if (error.code === 403) return `; grant the verbs list and watch on ${qualifiedName(resource)}`;
  if (error.code === 404)
    return `; the server does not serve ${qualifiedName(resource)}: install its definition`;
  return '';
};
