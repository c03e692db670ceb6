import type { Client } from '../client/client.ts';
import type { KubeObject, ObjectMeta } from '../client/object.ts';
import type { Resource } from '../client/resource.ts';

/** The objects of one resource as last heard from the API server. Treat what it returns as frozen. */
export interface Store<T extends KubeObject> {
  get(name: string, namespace?: string): T | undefined;
  list(namespace?: string): T[];
  /** The objects for which the index function gave this value. */
  byIndex(index: string, value: string): T[];
  readonly size: number;
}

export type Change<T> =
  | { type: 'added'; object: T }
  | { type: 'updated'; object: T; previous: T }
  /** `object` is the last state known, which may be older than the one deleted. */
  | { type: 'deleted'; object: T };

export interface InformerOptions<T extends KubeObject> {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Keep and transfer metadata only (PartialObjectMetadata). */
  metadataOnly?: boolean;
  /** Drops what is not needed before an object is stored; managedFields are always dropped. */
  trim?: (object: T) => T;
  indexes?: Record<string, (object: T) => string[]>;
}

/** Keeps a store in step with the API server by list and watch, for as long as the process runs. */
export interface Informer<T extends KubeObject> extends Store<T> {
  readonly resource: Resource<T>;
  readonly client: Client;
  /** True once the first list is in the store. */
  readonly synced: boolean;
  /** Calls the handler for every present object as `added`, then for each change. Returns the way to stop. */
  onChange(handler: (change: Change<T>) => void): () => void;
  /**
   * Tells of what this process wrote, and returns it: the API server's answer is in the store at once, and whoever listens
   * hears of it now in place of when the watch brings it. Changes nothing where the watch has come as far, or where there
   * is no telling: while a list is due, and with versions that cannot be compared. The object must be one of those that
   * the informer is asked for.
   */
  wrote(object: T): T;
  /** Tells of an object that is gone by what this process did. */
  removed(object: ObjectMeta): void;
  /** Resolves when synced; rejects when the signal aborts first. */
  waitForSync(signal?: AbortSignal): Promise<void>;
}

/** The informers of one client, one for each resource and scope, shared by all who ask. */
export interface Informers {
  informer<T extends KubeObject>(resource: Resource<T>, options?: InformerOptions<T>): Informer<T>;
  /** Starts the informers asked for so far and each one asked for later, until the signal aborts. */
  start(signal: AbortSignal): void;
  /** Resolves when all are synced. A missing resource (404) or a refusal (403) is logged and tried again. */
  waitForSync(signal?: AbortSignal): Promise<void>;
}
