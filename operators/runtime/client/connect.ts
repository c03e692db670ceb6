import type {
  ApplyOptions,
  Client,
  DeleteOptions,
  DiscoveredResource,
  List,
  ListOptions,
  Patch,
  PatchOptions,
  RawRequest,
  ReadOptions,
  WatchEvent,
  WatchOptions,
  WriteOptions,
} from './client.ts';
import { countPatch } from './client-metrics.ts';
import type { ConnectFunction, ConnectOptions, Connection } from './connection.ts';
import { Discovery } from './discovery.ts';
import { isExpired, isNotFound } from './errors.ts';
import type { KubeObject, ObjectName } from './object.ts';
import { type ApiRequest, Requester } from './request/requester.ts';
import { type Resource, apiVersionOf, pathOf, qualifiedName } from './resource.ts';
import { shapeOf } from './shape.ts';
import { watch } from './watch.ts';

const patchTypes = {
  merge: 'application/merge-patch+json',
  json: 'application/json-patch+json',
  strategic: 'application/strategic-merge-patch+json',
} satisfies Record<Patch['type'], string>;

const metadataListType = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1,application/json';

interface Page<T> {
  metadata?: { resourceVersion?: string; continue?: string };
  items?: T[] | null;
}

type SubresourceOptions = WriteOptions & { subresource?: string };

const writeQuery = ({ fieldManager, dryRun }: WriteOptions) => ({
  fieldManager,
  dryRun: dryRun ? 'All' : undefined,
});

/** Reviews are questions: the API server answers them and stores nothing. */
const isReview = ({ group }: Resource): boolean =>
  group === 'authorization.k8s.io' || group === 'authentication.k8s.io';

class ApiClient implements Client {
  readonly server: string;
  readonly requester: Requester;
  readonly #discovery: Discovery;

  constructor(requester: Requester, discovery = new Discovery(requester)) {
    this.server = requester.server;
    this.requester = requester;
    this.#discovery = discovery;
  }

  as(connection: Connection, options: ConnectOptions): ApiClient {
    return new ApiClient(this.requester.as(connection, options), this.#discovery);
  }

  async get<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    namespace?: string,
    options: ReadOptions = {},
  ) {
    const path = objectPath(resource, { name, namespace });
    return this.requester.json<T>({ method: 'GET', path, signal: options.signal });
  }

  async find<T extends KubeObject>(
    resource: Resource<T>,
    name: string,
    namespace?: string,
    options?: ReadOptions,
  ) {
    try {
      return await this.get(resource, name, namespace, options);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async list<T extends KubeObject>(resource: Resource<T>, options: ListOptions = {}): Promise<List<T>> {
    try {
      return await this.#pages(resource, options);
    } catch (error) {
      // The list took so long that its later pages are gone: the whole at once cannot expire.
      if (isExpired(error) && options.limit !== 0) return this.#pages(resource, { ...options, limit: 0 });
      throw error;
    }
  }

  async revision(
    resource: Resource,
    { namespace, labelSelector, fieldSelector, resourceVersion, signal }: ListOptions = {},
  ): Promise<string> {
    const { metadata } = await this.requester.json<Page<KubeObject>>({
      method: 'GET',
      path: pathOf(resource, namespace),
      query: { labelSelector, fieldSelector, limit: 1, resourceVersion },
      accept: metadataListType,
      signal,
    });
    return metadata?.resourceVersion ?? '';
  }

  async #pages<T extends KubeObject>(resource: Resource<T>, options: ListOptions): Promise<List<T>> {
    const {
      namespace,
      labelSelector,
      fieldSelector,
      resourceVersion,
      limit = 500,
      metadataOnly,
      signal,
    } = options;
    const query = { labelSelector, fieldSelector, limit: limit || undefined };
    const shape = shapeOf(resource, metadataOnly);
    const items: T[] = [];
    for (let next: string | undefined; ;) {
      const page: Page<T> = await this.requester.json({
        method: 'GET',
        path: pathOf(resource, namespace),
        query: next === undefined ? { ...query, resourceVersion } : { ...query, continue: next },
        accept: metadataOnly ? metadataListType : undefined,
        signal,
      });
      for (const item of page.items ?? []) items.push(shape(item));
      next = page.metadata?.continue || undefined;
      if (next === undefined) return { items, resourceVersion: page.metadata?.resourceVersion ?? '' };
    }
  }

  watch<T extends KubeObject>(
    resource: Resource<T>,
    options: WatchOptions = {},
  ): AsyncIterable<WatchEvent<T>> {
    return watch(this.requester, resource, options);
  }

  async create<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: WriteOptions = {},
  ): Promise<T> {
    return this.requester.json({
      method: 'POST',
      path: collectionPath(resource, object.metadata.namespace),
      query: writeQuery(options),
      body: withKind(resource, object),
      signal: options.signal,
      isIdempotent: isReview(resource),
    });
  }

  async createSubresource<R>(
    resource: Resource,
    name: ObjectName,
    subresource: string,
    body: object,
    options: WriteOptions = {},
  ): Promise<R> {
    return this.requester.json({
      method: 'POST',
      path: objectPath(resource, name, subresource),
      query: writeQuery(options),
      body,
      signal: options.signal,
    });
  }

  async replace<T extends KubeObject>(
    resource: Resource<T>,
    object: T,
    options: SubresourceOptions = {},
  ): Promise<T> {
    return this.requester.json({
      method: 'PUT',
      path: objectPath(resource, object.metadata, options.subresource),
      query: writeQuery(options),
      body: withKind(resource, object),
      signal: options.signal,
    });
  }

  async patch<T extends KubeObject>(
    resource: Resource<T>,
    name: ObjectName,
    patch: Patch,
    options: PatchOptions = {},
  ): Promise<T> {
    const send = () =>
      this.requester.json<T>({
        method: 'PATCH',
        path: objectPath(resource, name, options.subresource),
        query: writeQuery(options),
        body: patch.body,
        contentType: patchTypes[patch.type],
        signal: options.signal,
      });
    const operation = options.operation ?? (options.subresource === 'status' ? 'patch_status' : undefined);
    return operation ? countPatch(this.requester.metrics, operation, resource.plural, send) : send();
  }

  async apply<T extends KubeObject>(resource: Resource<T>, object: T, options: ApplyOptions): Promise<T> {
    const send = () =>
      this.requester.json<T>({
        method: 'PATCH',
        path: objectPath(resource, object.metadata, options.subresource),
        query: { ...writeQuery(options), force: options.force ?? true },
        body: withKind(resource, object),
        contentType: 'application/apply-patch+yaml',
        signal: options.signal,
        isIdempotent: true,
      });
    if (options.subresource !== 'status') return send();
    return countPatch(this.requester.metrics, 'patch_status', resource.plural, send);
  }

  async delete<T extends KubeObject>(
    resource: Resource<T>,
    name: ObjectName,
    options: DeleteOptions = {},
  ): Promise<T | boolean> {
    const { signal, uid, resourceVersion, propagationPolicy, gracePeriodSeconds } = options;
    const preconditions = uid || resourceVersion ? { uid, resourceVersion } : undefined;
    try {
      const answer = await this.requester.json<T>({
        method: 'DELETE',
        path: objectPath(resource, name),
        // Options in a body replace those in the query, a dry run's too.
        body: {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          preconditions,
          propagationPolicy,
          gracePeriodSeconds,
          dryRun: options.dryRun ? ['All'] : undefined,
        },
        signal,
      });
      return answer.kind === 'Status' || answer;
    } catch (error) {
      if (isNotFound(error)) return false;
      throw error;
    }
  }

  discover(options?: ReadOptions): Promise<DiscoveredResource[]> {
    return this.#discovery.all(options);
  }

  resourceFor(
    apiVersion: string,
    kind: string,
    options?: ReadOptions,
  ): Promise<DiscoveredResource | undefined> {
    return this.#discovery.find(apiVersion, kind, options);
  }

  invalidateDiscovery(): void {
    this.#discovery.invalidate();
  }

  request<R = unknown>(request: RawRequest): Promise<R> {
    return this.requester.request<R>(request satisfies ApiRequest);
  }

  async close(): Promise<void> {
    this.requester.close();
  }
}

const withKind = <T extends KubeObject>(resource: Resource<T>, object: T): T => ({
  ...object,
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
});

const collectionPath = (resource: Resource, namespace?: string): string => {
  if (resource.namespaced && !namespace)
    throw new TypeError(`an object of ${qualifiedName(resource)} needs a namespace`);
  return pathOf(resource, namespace);
};

/** An empty name would address the whole collection. */
const objectPath = (resource: Resource, { name, namespace }: ObjectName, subresource?: string): string => {
  if (!name) throw new TypeError(`an object of ${qualifiedName(resource)} needs a name`);
  if (resource.namespaced && !namespace) {
    throw new TypeError(`${qualifiedName(resource)} ${JSON.stringify(name)} needs a namespace`);
  }
  return pathOf(resource, namespace, name, subresource);
};

const origins = new WeakMap<Client, { connection: Connection; options: ConnectOptions }>();

/** Opens a client; nothing is sent before its first request. */
export const connect: ConnectFunction = (connection, options) => {
  const client = new ApiClient(new Requester(connection, options));
  origins.set(client, { connection, options });
  return client;
};

/**
 * A client over the connections of the one given that writes whether this process leads or not: for the lease itself,
 * and for what is said of it.
 */
export const unfenced = (client: Client): Client => {
  const origin = origins.get(client);
  if (!(client instanceof ApiClient) || !origin)
    throw new TypeError('only a client made by connect can be derived from');
  const { connection } = origin;
  const options = { ...origin.options, isFenced: false };
  const derived = client.as(connection, options);
  origins.set(derived, { connection, options });
  return derived;
};
