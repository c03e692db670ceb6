import { setTimeout as delay } from 'node:timers/promises';
import type { Client, ListOptions, WatchEvent } from '../client/client.ts';
import { ApiError, isExpired } from '../client/errors.ts';
import type { KubeObject } from '../client/object.ts';
import { type Resource, qualifiedName } from '../client/resource.ts';
import type { Logger } from '../process/logger.ts';
import { counter } from '../process/metric-definition.ts';
import type { Counter } from '../process/metrics.ts';
import { Backoff } from './backoff.ts';
import { isNumber, isOlder } from './version.ts';

/** What the reflector fills. */
export interface Sink<T> {
  replace(objects: T[]): void;
  put(object: T): void;
  delete(object: T): void;
  /** The first list is in. */
  onSynced(): void;
}

export const reflectorMetrics = {
  lists: counter('reflector_lists_total', 'Number of lists, by resource.', ['resource']),
  watches: counter('reflector_watches_total', 'Number of watches opened, by resource.', ['resource']),
  shortWatches: counter(
    'reflector_short_watches_total',
    'Number of watches that ended at once, by resource.',
    ['resource'],
  ),
  events: counter('reflector_watch_events_total', 'Number of events that watches brought, by resource.', [
    'resource',
  ]),
};

/** The counters of {@link reflectorMetrics} in a process. */
export type ReflectorCounters = Record<keyof typeof reflectorMetrics, Counter<'resource'>>;

export interface ReflectorOptions<T extends KubeObject> {
  client: Client;
  resource: Resource<T>;
  scope: Pick<ListOptions, 'namespace' | 'labelSelector' | 'fieldSelector' | 'metadataOnly'>;
  sink: Sink<T>;
  logger: Logger;
  metrics?: ReflectorCounters;
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
  #isOrdered = false;
  #isFailing = false;
  /** The last watch got somewhere. */
  #isHealthy = true;
  /** A watch ended before its time: what answers next may be a server whose data was set back. */
  #isInterrupted = false;

  constructor(options: ReflectorOptions<T>) {
    this.#options = options;
    this.#backoff = options.backoff ?? new Backoff();
  }

  /**
   * The version up to which the sink has been told of everything; undefined while a list is due, and where lists have no
   * versions that order all objects, such as those of a hub that is reached over gRPC.
   */
  get heard(): string | undefined {
    return this.#isOrdered ? this.#resourceVersion : undefined;
  }

  /** Resolves when the signal aborts; never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        if (this.#resourceVersion === undefined) await this.#list(signal);
        else {
          if (this.#isInterrupted) await this.#compare(this.#resourceVersion, signal);
          await this.#watch(this.#resourceVersion, signal);
        }
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
    this.#isOrdered = isNumber(resourceVersion);
    this.#isInterrupted = false;
    this.#reportRecovery();
    sink.onSynced();
  }

  /**
   * A server whose data were restored from a backup takes a watch from a version that is yet to come, and is silent until
   * it does.
   */
  async #compare(from: string, signal: AbortSignal): Promise<void> {
    const { client, resource, scope } = this.#options;
    const { namespace, labelSelector, fieldSelector } = scope;
    const revision = await client.revision(resource, { namespace, labelSelector, fieldSelector, signal });
    if (isOlder(revision, from)) throw new HistoryError();
    this.#isInterrupted = false;
  }

  async #watch(from: string, signal: AbortSignal): Promise<void> {
    const { client, resource, scope, metrics } = this.#options;
    metrics?.watches.inc({ resource: qualifiedName(resource) });
    const since = performance.now();
    let openedAt = Infinity;
    const onOpen = () => {
      openedAt = performance.now();
    };
    const timeoutSeconds = randomTimeout();
    const options = { ...scope, resourceVersion: from, timeoutSeconds, signal, onOpen };
    let events = 0;
    this.#isInterrupted = true;
    try {
      for await (const event of client.watch(resource, options)) {
        this.#take(event);
        if (events++ === 0) this.#succeeded();
      }
    } catch (error) {
      // A quiet watch that broke after a while did well, too: the next outage must not begin with the last one's waits.
      if (performance.now() - openedAt >= shortWatchMs) this.#succeeded();
      throw error;
    }
    this.#isInterrupted = performance.now() - since < timeoutSeconds * 1_000;
    if (events > 0 || performance.now() - since >= shortWatchMs) return this.#succeeded();
    metrics?.shortWatches.inc({ resource: qualifiedName(resource) });
    throw new Error(`the watch ended within ${shortWatchMs / 1000} s without an event`);
  }

  #take(event: WatchEvent<T>): void {
    const { sink, metrics, resource } = this.#options;
    if (event.type === 'BOOKMARK') {
      // Only a server whose data was set back, such as from a backup, is behind what it has said before.
      if (isOlder(event.resourceVersion, this.#resourceVersion)) throw new HistoryError();
      this.#resourceVersion = event.resourceVersion;
      return;
    }
    metrics?.events.inc({ resource: qualifiedName(resource) });
    if (event.type === 'DELETED') sink.delete(event.object);
    else sink.put(event.object);
    const { resourceVersion } = event.object.metadata;
    if (!isOlder(resourceVersion, this.#resourceVersion)) this.#resourceVersion = resourceVersion;
  }

  #succeeded(): void {
    this.#isHealthy = true;
    this.#backoff.reset();
    this.#reportRecovery();
  }

  #reportRecovery(): void {
    if (!this.#isFailing) return;
    this.#isFailing = false;
    this.#options.logger.info('the API server answers again');
  }

  async #recover(error: unknown, signal: AbortSignal): Promise<void> {
    const wasHealthy = this.#isHealthy;
    this.#isHealthy = false;
    if (isExpired(error) || error instanceof HistoryError) {
      this.#options.logger.debug(2, 'cannot watch on from where the last watch ended; listing', { error });
      this.#resourceVersion = undefined;
      // A watch that expires as soon as it is listed for makes no progress, and waits like any other failure.
      if (wasHealthy) return;
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

class HistoryError extends Error {
  override readonly name = 'HistoryError';
  override readonly message = 'the server has gone back behind what it sent before';
}

const remedy = (error: unknown, resource: Resource): string => {
  if (!(error instanceof ApiError)) return '';
  if (error.code === 403) return `; grant the verbs list and watch on ${qualifiedName(resource)}`;
  if (error.code === 404)
    return `; the server does not serve ${qualifiedName(resource)}: install its definition`;
  return '';
};
