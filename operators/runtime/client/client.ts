import type { PatchOperation } from './client-metrics.ts';
import type { KubeObject, ObjectName, UnknownObject } from './object.ts';
import type { Resource } from './resource.ts';

export interface ReadOptions {
  signal?: AbortSignal;
}

export interface ListOptions extends ReadOptions {
  namespace?: string;
  labelSelector?: string;
  fieldSelector?: string;
  /** Objects per page; the client pages through and returns the whole. Default 500. */
  limit?: number;
  /** Ask for PartialObjectMetadata only. */
  metadataOnly?: boolean;
  /** `0` reads from the API server's cache. Default: the most recent state. */
  resourceVersion?: string;
}

export interface List<T> {
  items: T[];
  resourceVersion: string;
}

export interface WriteOptions {
  signal?: AbortSignal;
  /** The name under which the API server records who owns a field. */
  fieldManager?: string;
  dryRun?: boolean;
}

export interface ApplyOptions extends WriteOptions {
  fieldManager: string;
  /** Take over fields owned by others. Default true: a controller owns what it declares. */
  force?: boolean;
  subresource?: string;
}

export interface JsonPatchOperation {
  op: 'add' | 'remove' | 'replace' | 'move' | 'copy' | 'test';
  path: string;
  from?: string;
  value?: unknown;
}

/** RFC 7386 merge patch, RFC 6902 JSON patch, or Kubernetes' strategic merge patch. */
export type Patch =
  | { type: 'merge'; body: object }
  | { type: 'json'; body: JsonPatchOperation[] }
  | { type: 'strategic'; body: object };

export interface PatchOptions extends WriteOptions {
  subresource?: string;
  /** What it counts as; a patch of the subresource `status` is `patch_status` by itself. */
  operation?: PatchOperation;
}

export interface DeleteOptions {
  signal?: AbortSignal;
  /** Delete only if the object still has this uid; a successor of the same name answers 409. */
  uid?: string;
  resourceVersion?: string;
  propagationPolicy?: 'Foreground' | 'Background' | 'Orphan';
  gracePeriodSeconds?: number;
  dryRun?: boolean;
}

export type WatchEvent<T> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  | { type: 'BOOKMARK'; resourceVersion: string; initialEventsEnd: boolean };

export interface WatchOptions extends ListOptions {
  resourceVersion?: string;
  /** Ask the server to begin with the present state as ADDED events (WatchList). */
  sendInitialEvents?: boolean;
  /** Seconds after which the server ends the watch. */
  timeoutSeconds?: number;
  /** Called when the server has accepted the watch, which may be long before its first event. */
  onOpen?: () => void;
}

export interface RawRequest {
  method: string;
  path: string;
  query?: Record<string, string | number | boolean | undefined>;
  body?: unknown;
  contentType?: string;
  accept?: string;
  signal?: AbortSignal;
  headers?: Record<string, string | string[]>;
}

/** One resource as discovery describes it. */
export interface DiscoveredResource extends Resource<UnknownObject> {
  /** The kind in lower case where the server names none: Kubernetes below 1.27 does so for its own kinds. */
  singular: string;
  shortNames: string[];
  verbs: string[];
  subresources: string[];
}

/**
 * Speaks to one API server as one identity. Safe for concurrent use; connections are pooled, client certificates
 * and token files are reloaded when they change.
 *
 * Every method rejects with an {@link ApiError} when the server answers a status of 400 or more, and with a
 * {@link ConnectionError} when no answer came; 429 and 503 with Retry-After are retried while the signal and a
 * bounded number of attempts allow.
 */
export interface Client {
  /** The server's URL without credentials, for logs and hashes. */
  readonly server: string;

  get<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    namespace?: string,
    options?: ReadOptions,
  ): Promise<T>;
  /** As {@link get}, but undefined when the server answers 404. */
  find<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    namespace?: string,
    options?: ReadOptions,
  ): Promise<T | undefined>;
  list<T extends KubeObject>(resource: Resource<T>, options?: ListOptions): Promise<List<T>>;
  /** The version that the most recent state of the server has, by what a list of at most one object says. */
  revision(resource: Resource, options?: Omit<ListOptions, 'limit' | 'metadataOnly'>): Promise<string>;
  watch<T extends KubeObject>(resource: Resource<T>, options?: WatchOptions): AsyncIterable<WatchEvent<T>>;

  create<T extends KubeObject>(resource: Resource<T>, object: T, options?: WriteOptions): Promise<T>;
  /** POST to a subresource, such as `token` of a ServiceAccount or `eviction` of a Pod. */
  createSubresource<R>(
    resource: Resource,
    name: ObjectName,
    subresource: string,
    body: object,
    options?: WriteOptions,
  ): Promise<R>;
  /** PUT; carries the object's resourceVersion as its precondition when it has one. */
  replace<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options?: WriteOptions & { subresource?: string },
  ): Promise<T>;
  patch<T extends KubeObject>(
    resource: Resource<T>,
    name: ObjectName,
    patch: Patch,
    options?: PatchOptions,
  ): Promise<T>;
  /** Server-side apply. apiVersion and kind are filled in from the resource. */
  apply<T extends KubeObject>(resource: Resource<T>, object: T, options: ApplyOptions): Promise<T>;
  /**
   * Resolves to false when the object was not there, to true when it is gone, and to the object when the server answers
   * with it: as a rule one that goes when others have let go of it.
   */
  delete<T extends KubeObject>(
    resource: Resource<T>,
    name: ObjectName,
    options?: DeleteOptions,
  ): Promise<T | boolean>;

  /** All resources that the server serves, newest preferred version first; cached until {@link invalidateDiscovery}. */
  discover(options?: ReadOptions): Promise<DiscoveredResource[]>;
  /** The resource of a kind; looks again once when it is unknown (a CRD may just have come). */
  resourceFor(
    apiVersion: string,
    kind: string,
    options?: ReadOptions,
  ): Promise<DiscoveredResource | undefined>;
  invalidateDiscovery(): void;

  /** Anything else: `/version`, `/livez`, a review. Resolves to the parsed JSON, or the text of another type. */
  request<R = unknown>(request: RawRequest): Promise<R>;

  /** Ends every connection; later calls reject. */
  close(): Promise<void>;
}
