import { randomUUID } from 'node:crypto';
import { untilAborted } from '../../runtime/client/abort.ts';
import type { Client, Patch } from '../../runtime/client/client.ts';
import { ApiError } from '../../runtime/client/errors.ts';
import { isMap, type JsonMap, parseJson } from '../../runtime/client/json.ts';
import { type Event, type TokenRequest, events } from '../../runtime/client/kubernetes.ts';
import { randomName } from '../../runtime/client/legal-name.ts';
import type { KubeObject, ObjectMeta, ObjectName } from '../../runtime/client/object.ts';
import { type Resource, qualifiedName } from '../../runtime/client/resource.ts';
import { encodePublishRequest, newEvent } from '../../runtime/cloudevents/event.ts';
import { publishPath } from '../../runtime/cloudevents/service.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import { type GrpcClientConfig, filesOf, grpcClientOptionsOf } from '../../runtime/grpc/client-config.ts';
import { createGrpcClient } from '../../runtime/grpc/client.ts';
import { GrpcError, code } from '../../runtime/grpc/status.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { watchFiles } from '../../runtime/process/watched-files.ts';
import { dataType } from './data-types.ts';
import { asClientError, notSupported } from './errors.ts';
import type { Kind, Sender, Subresource } from './kind.ts';
import { merged, withConditions } from './merged.ts';
import { EventStore } from './object-store.ts';
import { type Subscription, createSubscription } from './subscription.ts';

/** Milliseconds until a call counts as unanswered, and until a token does that was asked for. */
const callMs = 30_000;
const tokenMs = 10_000;

export interface HubEventsOptions {
  config: GrpcClientConfig;
  cluster: string;
  /** Tells apart who sends events for the cluster. */
  source: string;
  kinds: readonly Kind[];
  log: Logger;
  /** Variables that name proxies. */
  env?: Record<string, string | undefined>;
}

interface Channel {
  kind: Kind;
  store: EventStore;
  subscription: Subscription;
}

const notFound = (resource: Resource, name: string): ApiError =>
  new ApiError(
    404,
    { code: 404, reason: 'NotFound', message: `${qualifiedName(resource)} "${name}" not found` },
    'get',
  );

const conflict = (resource: Resource, name: string): ApiError => {
  const message = `${qualifiedName(resource)} "${name}" has been modified; apply your changes to the latest version`;
  return new ApiError(409, { code: 409, reason: 'Conflict', message }, 'update');
};

/** A write is refused when it was computed from another object, or from another state of it, than is known now. */
const checkSeen = (resource: Resource, present: ObjectMeta, seen: Partial<ObjectMeta>): void => {
  const isSame =
    (seen.uid ?? present.uid) === present.uid &&
    (seen.resourceVersion ?? present.resourceVersion) === present.resourceVersion;
  if (!isSame) throw conflict(resource, present.name);
};

/**
 * Speaks to a hub over gRPC with CloudEvents in place of its API server, as the agent of one cluster (registration.md 5.2,
 * 6). Reads ask the hub what is new and answer from what was heard; selectors are not needed, since an agent hears of
 * what concerns its cluster alone. What does not travel by events is refused with 405.
 */
export const createHubEventsClient = (options: HubEventsOptions): Client => {
  const { config, cluster, source, kinds, log } = options;
  const ended = new AbortController();
  const grpc = createGrpcClient({ ...grpcClientOptionsOf(config), ...(options.env && { env: options.env }) });
  const channels = new Map<string, Channel>();
  const running = new Set<Promise<void>>();
  const tokens = new Map<string, (answer: TokenRequest) => void>();

  const start = (subscription: Subscription) => {
    const run: Promise<void> = subscription.run(ended.signal).finally(() => running.delete(run));
    running.add(run);
  };

  const subscriptions: Subscription[] = [];
  const subscribe = (
    to: Pick<Parameters<typeof createSubscription>[0], 'dataType' | 'known' | 'onEvent'>,
  ) => {
    const { healthinessMs } = config;
    const subscription = createSubscription({ grpc, source, cluster, healthinessMs, log, ...to });
    subscriptions.push(subscription);
    start(subscription);
    return subscription;
  };

  watchFiles(filesOf(config), {
    log,
    signal: ended.signal,
    missing: 'watch',
    onChange: () => {
      grpc.renew();
      for (const subscription of subscriptions) subscription.renew();
    },
  });

  const channelOf = (resource: Resource, method: string): Channel => {
    const name = qualifiedName(resource);
    const known = channels.get(name);
    if (known) return known;
    const kind = kinds.find((each) => qualifiedName(each.resource) === name);
    if (!kind) throw notSupported(method, name);
    const store = new EventStore();
    const subscription = subscribe({
      dataType: kind.dataType,
      known: () =>
        store.list().map((object): [string, number] => [object.metadata.uid ?? '', kind.versionOf(object)]),
      onEvent: (event) => {
        try {
          kind.hear(event, store);
        } catch (error) {
          log.warn('an event of the hub cannot be understood, and is left out', { type: event.type, error });
        }
      },
    });
    const channel = { kind, store, subscription };
    channels.set(name, channel);
    return channel;
  };

  const senderOf = (of: string): Sender => ({
    cluster,
    async publish(action, payload, attributes, signal) {
      const type = `${of}.${action}`;
      const event = newEvent(
        { source, type },
        { clustername: cluster, originalsource: '', ...attributes },
        payload,
      );
      try {
        await grpc.unary(publishPath, encodePublishRequest(event), { signal, timeoutMs: callMs });
      } catch (error) {
        if (error instanceof GrpcError && error.code === code.unauthenticated) grpc.renew();
        throw asClientError(error, `publish ${type}`);
      }
    },
  });

  const read = async (resource: Resource, method: string, signal?: AbortSignal): Promise<EventStore> => {
    const { store, subscription } = channelOf(resource, method);
    await subscription.refresh(signal);
    return store;
  };

  const update = async (
    resource: Resource,
    name: ObjectName,
    next: (present: KubeObject) => KubeObject,
    seen: Partial<ObjectMeta>,
    of: Subresource,
    signal?: AbortSignal,
  ): Promise<KubeObject> => {
    const { kind, store, subscription } = channelOf(resource, 'update');
    if (!kind.update) throw notSupported('update', qualifiedName(resource));
    await subscription.opened(signal);
    const present = store.find(name);
    if (!present) throw notFound(resource, name.name);
    checkSeen(resource, present.metadata, seen);
    const wanted = next(structuredClone(present));
    if (semanticEqual(wanted, present)) return structuredClone(present);
    return structuredClone(
      await kind.update({ present, next: wanted, of }, senderOf(kind.dataType), store, signal),
    );
  };

  const writeEvent = async (action: string, event: Event, signal?: AbortSignal): Promise<Event> => {
    const { name } = event.metadata;
    const whole = { ...event, apiVersion: 'events.k8s.io/v1', kind: 'Event' };
    await senderOf(dataType.events).publish(action, whole, { resourceid: name }, signal);
    return event;
  };

  let tokenSubscription: Subscription | undefined;
  /** Tokens come to the one who asked, over a subscription of their own. */
  const requestToken = async (
    { name, namespace }: ObjectName,
    body: object,
    signal?: AbortSignal,
  ): Promise<TokenRequest> => {
    tokenSubscription ??= subscribe({
      dataType: dataType.tokens,
      onEvent: ({ data }) => {
        const answer: unknown = parseJson(data.toString('utf8'));
        if (!isMap(answer) || !isMap(answer['metadata'])) return;
        tokens.get(String(answer['metadata']['uid']))?.(answer as unknown as TokenRequest);
      },
    });
    const late = AbortSignal.any([AbortSignal.timeout(tokenMs), ...(signal ? [signal] : [])]);
    const uid = randomUUID();
    const answer = Promise.withResolvers<TokenRequest>();
    tokens.set(uid, answer.resolve);
    try {
      await tokenSubscription.opened(late);
      const request = { ...body, metadata: { name, namespace, uid } };
      await senderOf(dataType.tokens).publish('spec.create_request', request, { resourceid: uid }, late);
      return await untilAborted(answer.promise, late);
    } catch (error) {
      signal?.throwIfAborted();
      if (late.aborted)
        throw asClientError(
          new GrpcError(code.deadlineExceeded, `no answer within ${tokenMs / 1000} s`, error),
          `token for ${namespace}/${name}`,
        );
      throw error;
    } finally {
      tokens.delete(uid);
    }
  };

  const isEvents = (resource: Resource) => qualifiedName(resource) === qualifiedName(events);
  const refuse = (method: string) => (resource: Resource) =>
    Promise.reject(notSupported(method, qualifiedName(resource)));

  const client: Client = {
    server: config.url,

    async list(resource, { signal } = {}) {
      const store = await read(resource, 'list', signal);
      return { items: structuredClone(store.list()), resourceVersion: store.revision } as never;
    },
    async revision(resource, { signal } = {}) {
      return (await read(resource, 'list', signal)).revision;
    },
    async find(resource, name, namespace, { signal } = {}) {
      const store = await read(resource, 'get', signal);
      return structuredClone(store.find({ name, namespace })) as never;
    },
    async get(resource, name, namespace, readOptions) {
      const found = await client.find(resource, name, namespace, readOptions);
      if (!found) throw notFound(resource, name);
      return found;
    },
    async *watch(resource, { resourceVersion, signal, onOpen } = {}) {
      const { store, subscription } = channelOf(resource, 'watch');
      await subscription.opened(signal);
      onOpen?.();
      yield* store.changes(resourceVersion, signal) as AsyncIterable<never>;
    },

    async create(resource, object, { signal } = {}) {
      if (isEvents(resource))
        return (await writeEvent('spec.create_request', object as unknown as Event, signal)) as never;
      const { kind } = channelOf(resource, 'create');
      if (!kind.create) throw notSupported('create', qualifiedName(resource));
      const { generateName, ...metadata } = object.metadata;
      const name = metadata.name || `${generateName ?? ''}${randomName()}`;
      const named = { ...object, metadata: { ...metadata, name } };
      return (await kind.create(named, senderOf(kind.dataType), signal)) as never;
    },
    async createSubresource(resource, name, subresource, body, { signal } = {}) {
      if (subresource !== 'token') throw notSupported(`create ${subresource} of`, qualifiedName(resource));
      return (await requestToken(name, body, signal)) as never;
    },
    async replace(resource, object, { subresource, signal } = {}) {
      const of = subresource === 'status' ? 'status' : 'spec';
      const next = (present: KubeObject): KubeObject =>
        of === 'spec'
          ? object
          : ({ ...present, status: (object as unknown as JsonMap)['status'] } as KubeObject);
      return (await update(resource, object.metadata, next, object.metadata, of, signal)) as never;
    },
    async patch(resource, name, patch: Patch, { subresource, signal } = {}) {
      if (patch.type !== 'merge') throw notSupported(`${patch.type} patch`, qualifiedName(resource));
      if (isEvents(resource)) {
        const event = { ...patch.body, metadata: name } as Event;
        return (await writeEvent('spec.update_request', event, signal)) as never;
      }
      const { metadata, ...rest } = patch.body as { metadata?: ObjectMeta };
      const { uid, resourceVersion, ...more } = metadata ?? {};
      const body = { ...rest, ...(Object.keys(more).length > 0 && { metadata: more }) };
      return (await update(
        resource,
        name,
        (present) => merged(present as unknown as JsonMap, body) as unknown as KubeObject,
        { uid, resourceVersion },
        subresource === 'status' ? 'status' : 'spec',
        signal,
      )) as never;
    },
    async apply(resource, object, { subresource, signal }) {
      if (subresource !== 'status') throw notSupported('apply', qualifiedName(resource));
      const { status } = object as unknown as { status?: JsonMap };
      return (await update(
        resource,
        object.metadata,
        (present) => withConditions(present, status ?? {}),
        { uid: object.metadata.uid },
        'status',
        signal,
      )) as never;
    },

    delete: refuse('delete'),
    discover: () => Promise.reject(notSupported('discover', 'resources')),
    resourceFor: () => Promise.reject(notSupported('discover', 'resources')),
    invalidateDiscovery: () => {},
    request: ({ method, path }) => Promise.reject(notSupported(method, path)),

    async close() {
      ended.abort(new Error('the client is closed'));
      grpc.close();
      await Promise.all(running);
    },
  };
  return client;
};
