import { PassThrough } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { managedClusters } from '../../api/generated/cluster.ts';
import type { Client, WatchEvent } from '../../runtime/client/client.ts';
import {
  isConflict,
  isNotFound,
  isAlreadyExists,
  ApiError,
  ConnectionError,
} from '../../runtime/client/errors.ts';
import {
  certificateSigningRequests,
  events,
  leases,
  namespaces,
  serviceAccounts,
} from '../../runtime/client/kubernetes.ts';
import { createInformers } from '../../runtime/cache/informers.ts';
import { createHubEventsClient } from './client.ts';
import { dataType } from './data-types.ts';
import { registrationKinds } from './kinds.ts';
import { withConditions } from './merged.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import {
  type CloudEvent,
  decodePublishRequest,
  decodeSubscriptionRequest,
  encodeEvent,
  newEvent,
} from '../../runtime/cloudevents/event.ts';
import { heartbeatType, parseEventType, formatDataType } from '../../runtime/cloudevents/event-type.ts';
import { publishPath, subscribePath } from '../../runtime/cloudevents/service.ts';
import type { Answers } from '../../runtime/grpc/call.ts';
import { GrpcError, code } from '../../runtime/grpc/status.ts';
import { startGrpcServer } from '../../runtime/grpc/server.ts';
import { createLogger } from '../../runtime/process/logger.ts';
import { createAuthority } from '../../../test/cluster/certificates.ts';

interface Listener {
  dataType: string;
  answers: Answers;
  end(error?: Error): void;
}

/** A gRPC server that answers resyncs from a map, tells what the test has it tell, and keeps what is published. */
const startHub = async () => {
  const authority = await createAuthority('hub');
  const serving = await authority.issue({
    commonName: 'server',
    dnsNames: ['localhost'],
    addresses: ['127.0.0.1'],
  });
  const ended = new AbortController();
  const listeners = new Set<Listener>();
  const objects = new Map<string, { dataType: string; object: KubeObject }>();
  const published: CloudEvent[] = [];
  let subscribed = 0;
  const resyncs: { resourceID: string; resourceVersion: number }[][] = [];
  let saysGone = true;
  let refuse: ((event: CloudEvent) => string | undefined) | undefined;

  const tell = async (dataType: string, event: CloudEvent): Promise<void> => {
    for (const each of listeners) if (each.dataType === dataType) await each.answers.send(encodeEvent(event));
  };
  const eventOf = (dataType: string, action: string, object: KubeObject) =>
    newEvent(
      { source: 'kube', type: `${dataType}.spec.${action}` },
      {
        clustername: 'c1',
        resourceid: object.metadata.uid ?? '',
        resourceversion: object.metadata.resourceVersion,
      },
      object,
    );
  const goneEvent = (dataType: string, action: string, uid: string) =>
    newEvent(
      { source: 'kube', type: `${dataType}.spec.${action}` },
      { clustername: 'c1', resourceid: uid, deletiontimestamp: new Date() },
    );

  const onPublish = async (bytes: Buffer): Promise<Uint8Array> => {
    const event = decodePublishRequest(bytes);
    const type = parseEventType(event.type)!;
    const dataType = formatDataType(type.dataType);
    const refusal = refuse?.(event);
    if (refusal !== undefined) throw new GrpcError(code.failedPrecondition, refusal);
    if (type.action !== 'resync_request') {
      published.push(event);
      return Buffer.alloc(0);
    }
    const { resourceVersions } = JSON.parse(event.data.toString()) as {
      resourceVersions: { resourceID: string; resourceVersion: number }[];
    };
    resyncs.push(resourceVersions);
    const known = new Map(
      resourceVersions.map(({ resourceID, resourceVersion }) => [resourceID, resourceVersion]),
    );
    for (const each of objects.values())
      if (
        each.dataType === dataType &&
        Number(each.object.metadata.resourceVersion) > (known.get(each.object.metadata.uid!) ?? 0)
      )
        await tell(dataType, eventOf(dataType, 'resync_response', each.object));
    for (const uid of known.keys())
      if (saysGone && !objects.has(uid)) await tell(dataType, goneEvent(dataType, 'resync_response', uid));
    return Buffer.alloc(0);
  };

  const server = await startGrpcServer({
    log: createLogger({ stream: new PassThrough().resume() }),
    port: 0,
    secrets: { cert: serving.certificate, key: serving.privateKey, clientCa: authority.certificate },
    tls: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', ciphers: 'DEFAULT' },
    methods: new Map([
      [publishPath, { unary: onPublish }],
      [
        subscribePath,
        {
          stream: async (bytes: Buffer, { signal }: { signal: AbortSignal }, answers: Answers) => {
            const { dataType } = decodeSubscriptionRequest(bytes);
            subscribed += 1;
            const { promise, resolve, reject } = Promise.withResolvers<void>();
            const listener = {
              dataType,
              answers,
              end: (error?: Error) => (error ? reject(error) : resolve()),
            };
            listeners.add(listener);
            signal.addEventListener('abort', () => resolve(), { once: true });
            answers.begin({ 'subscription-id': 'x' });
            await promise.finally(() => listeners.delete(listener));
          },
        },
      ],
    ]),
    limits: {
      maxReceiveBytes: 2 ** 20,
      maxConcurrentStreams: 100,
      handshakeMs: 10_000,
      maxConnectionAgeMs: undefined,
      pingIntervalMs: 30_000,
      pingTimeoutMs: 10_000,
    },
    metrics: { connections: () => {}, received: () => {}, sent: () => {} },
    signal: ended.signal,
  });

  return {
    authority,
    url: `127.0.0.1:${server.port}`,
    published,
    resyncs,
    subscribed: () => subscribed,
    refuseWith: (next: typeof refuse) => void (refuse = next),
    /** From now on nobody is told of what is unknown. */
    muteGone: () => void (saysGone = false),
    /** The state of the hub; nobody is told. */
    hold(dataType: string, object: KubeObject): void {
      objects.set(object.metadata.uid!, { dataType, object });
    },
    drop: (uid: string) => objects.delete(uid),
    /** Holds an object, and tells of it. */
    async put(dataType: string, object: KubeObject, action = 'update_request'): Promise<void> {
      objects.set(object.metadata.uid!, { dataType, object });
      await tell(dataType, eventOf(dataType, action, object));
    },
    async remove(dataType: string, uid: string): Promise<void> {
      objects.delete(uid);
      await tell(dataType, goneEvent(dataType, 'delete_request', uid));
    },
    tell,
    heartbeat: (dataType: string) => tell(dataType, newEvent({ source: '', type: heartbeatType }, {})),
    /** Ends all subscriptions. */
    hangUp(error?: Error): void {
      for (const each of listeners) each.end(error);
    },
    async stop(): Promise<void> {
      ended.abort();
      await server.done;
    },
  };
};

type Hub = Awaited<ReturnType<typeof startHub>>;

const ends: (() => Promise<void>)[] = [];
let over = new AbortController();
beforeEach(() => void (over = new AbortController()));
afterEach(async () => {
  over.abort();
  for (const end of ends.splice(0).toReversed()) await end();
});

const log = createLogger({ stream: new PassThrough().resume() });

const hubWithClient = async (healthinessMs?: number): Promise<{ hub: Hub; client: Client }> => {
  const hub = await startHub();
  ends.push(() => hub.stop());
  const client = createHubEventsClient({
    config: {
      url: hub.url,
      ca: { data: hub.authority.certificate },
      token: { data: 'token' },
      healthinessMs,
      asWritten: {},
    },
    cluster: 'c1',
    source: 'c1-agent',
    kinds: registrationKinds,
    log,
    env: {},
  });
  ends.push(() => client.close());
  return { hub, client };
};

const cluster = (version: number, more: object = {}): KubeObject => ({
  metadata: { name: 'c1', uid: 'u1', resourceVersion: String(version) },
  ...more,
});

/** Resolves with what `look` gives, once it gives anything; rejects when the test is over. */
const until = async <T>(look: () => T | undefined | false): Promise<T> => {
  for (;;) {
    over.signal.throwIfAborted();
    const found = look();
    if (found) return found;
    await delay(5);
  }
};

const failure = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => undefined,
    (error: unknown) => error,
  );

describe('a hub by events', () => {
  test('registration.md 5.2: a list asks the hub, and is whole when it answers', async () => {
    const { hub, client } = await hubWithClient();
    expect((await client.list(managedClusters)).items).toEqual([]);
    hub.hold(dataType.clusters, cluster(7));
    expect((await client.list(managedClusters)).items).toMatchObject([
      { metadata: { name: 'c1', uid: 'u1' } },
    ]);
    expect(await client.find(managedClusters, 'c1')).toMatchObject({ metadata: { resourceVersion: '7' } });
    hub.drop('u1');
    expect(isNotFound(await failure(client.get(managedClusters, 'c1')))).toBe(true);
    // What the agent knows is said with each question.
    expect(hub.resyncs.at(-1)).toContainEqual({ resourceID: 'u1', resourceVersion: 7 });
  });

  test('registration.md 5.2: an informer hears of what is new, changed, going and gone', async () => {
    const { hub, client } = await hubWithClient();
    const ended = new AbortController();
    const informers = createInformers(client, { logger: log });
    const seen: string[] = [];
    const informer = informers.informer(managedClusters, { fieldSelector: 'metadata.name=c1' });
    informer.onChange(({ type, object }) =>
      seen.push(
        `${type} ${object.metadata.resourceVersion}${object.metadata.deletionTimestamp ? ' going' : ''}`,
      ),
    );
    informers.start(ended.signal);
    await informer.waitForSync();
    await hub.put(dataType.clusters, cluster(1), 'create_request');
    await until(() => seen.length === 1);
    await hub.put(dataType.clusters, cluster(3));
    await hub.put(dataType.clusters, cluster(2)); // late, and older
    const going = newEvent(
      { source: 'kube', type: `${dataType.clusters}.spec.update_request` },
      { resourceid: 'u1', resourceversion: '4', deletiontimestamp: new Date() },
    );
    await hub.tell(dataType.clusters, going);
    await hub.remove(dataType.clusters, 'u1');
    await until(() => seen.length === 4);
    expect(seen).toEqual(['added 1', 'updated 3', 'updated 4 going', 'deleted 4 going']);
    ended.abort();
  });

  test('a subscription that ends is made anew, and brings what was missed', async () => {
    const { hub, client } = await hubWithClient();
    hub.hold(dataType.clusters, cluster(1));
    const { resourceVersion } = await client.list(managedClusters);
    const changes: WatchEvent<KubeObject>[] = [];
    const ended = new AbortController();
    const watching = (async () => {
      for await (const change of client.watch(managedClusters, { resourceVersion, signal: ended.signal }))
        changes.push(change);
    })();
    await until(() => hub.subscribed() === 1);
    hub.hold(dataType.clusters, cluster(2));
    hub.hangUp();
    await until(() => changes.length === 1);
    expect(changes).toMatchObject([{ type: 'MODIFIED', object: { metadata: { resourceVersion: '2' } } }]);
    expect(hub.subscribed()).toBe(2);
    ended.abort();
    await watching.catch(() => {});
    // Who did not see all that happened reads anew.
    const stale = client.watch(managedClusters, { resourceVersion })[Symbol.asyncIterator]();
    expect(await failure(stale.next())).toMatchObject({ code: 410 });
  });

  test('registration.md D14: a server that says nothing for too long is left', async () => {
    const { hub, client } = await hubWithClient(300);
    await client.list(managedClusters);
    await until(() => hub.subscribed() >= 2);
    await client.list(managedClusters);
  });

  test('a server that ends its answers with a heartbeat alone is understood', async () => {
    const { hub, client } = await hubWithClient();
    hub.muteGone();
    hub.hold(dataType.clusters, cluster(7));
    const listing = client.list(managedClusters);
    const beating = setInterval(() => void hub.heartbeat(dataType.clusters), 20);
    expect((await listing).items).toHaveLength(1);
    clearInterval(beating);
  });

  test('registration.md 5.2: writes carry the version that they were made from', async () => {
    const { hub, client } = await hubWithClient();
    hub.hold(dataType.clusters, cluster(1, { status: { version: { kubernetes: 'v1' } } }));
    await client.list(managedClusters);
    const body = {
      metadata: { uid: 'u1', resourceVersion: '1' },
      status: { version: { kubernetes: 'v2' } },
    };
    const patching = client.patch(
      managedClusters,
      { name: 'c1' },
      { type: 'merge', body },
      { subresource: 'status' },
    );
    const sent = await until(() => hub.published[0]);
    expect(sent.type).toBe(`${dataType.clusters}.status.update_request`);
    expect(sent.attributes.get('clustername')).toBe('c1');
    expect(JSON.parse(sent.data.toString())).toMatchObject({
      metadata: { uid: 'u1', resourceVersion: '1' },
      status: { version: { kubernetes: 'v2' } },
    });
    await hub.put(dataType.clusters, cluster(2, { status: { version: { kubernetes: 'v2' } } }));
    expect((await patching).metadata.resourceVersion).toBe('2'); // what the hub made of it

    const again = client.patch(
      managedClusters,
      { name: 'c1' },
      { type: 'merge', body },
      { subresource: 'status' },
    );
    expect(isConflict(await failure(again))).toBe(true);
    await client.patch(
      managedClusters,
      { name: 'c1' },
      { type: 'merge', body: { status: { version: { kubernetes: 'v2' } } } },
      { subresource: 'status' },
    );
    expect(hub.published).toHaveLength(1); // what would change nothing is not sent
  });

  test('registration.md 5.2: a request gets its name from the agent', async () => {
    const { hub, client } = await hubWithClient();
    const made = await client.create(certificateSigningRequests, {
      metadata: { generateName: 'c1-' } as never,
      spec: { request: 'x', signerName: 's' },
    } as never);
    expect(made.metadata.name).toMatch(/^c1-[a-z0-9]{5}$/);
    const [event] = hub.published;
    expect(event!.type).toBe(`${dataType.requests}.spec.create_request`);
    expect(JSON.parse(event!.data.toString())).toMatchObject({
      kind: 'CertificateSigningRequest',
      metadata: { name: made.metadata.name },
    });
  });

  test('registration.md 5.4: a token comes to the one who asked for it', async () => {
    const { hub, client } = await hubWithClient();
    const asking = client.createSubresource(serviceAccounts, { name: 'a', namespace: 'c1' }, 'token', {
      spec: { expirationSeconds: 600 },
    });
    const sent = await until(() => hub.published[0]);
    const request = JSON.parse(sent.data.toString()) as KubeObject;
    expect(request).toMatchObject({
      metadata: { name: 'a', namespace: 'c1' },
      spec: { expirationSeconds: 600 },
    });
    const answer = (uid: string, token: string) =>
      hub.tell(
        dataType.tokens,
        newEvent(
          { source: 'kube', type: `${dataType.tokens}.spec.create_request` },
          { resourceid: uid },
          { metadata: { uid }, status: { token } },
        ),
      );
    await answer('of-another', 'not mine');
    await answer(request.metadata.uid!, 'mine');
    expect(await asking).toMatchObject({ status: { token: 'mine' } });
  });

  test('registration.md 6: a refusal of the hub is what its API server said', async () => {
    const { hub, client } = await hubWithClient();
    const status = { code: 409, reason: 'AlreadyExists', message: 'it is there' };
    hub.refuseWith((event) =>
      event.type.endsWith('create_request') ? JSON.stringify({ ErrStatus: status }) : undefined,
    );
    const refused = await failure(client.create(managedClusters, { metadata: { name: 'c1' } } as never));
    expect(isAlreadyExists(refused)).toBe(true);
    hub.refuseWith(() => 'no JSON');
    const other = await failure(client.create(events, { metadata: { name: 'e', namespace: 'c1' } } as never));
    expect(other).toMatchObject({ code: 422 });
    expect((other as Error).message).toContain('no JSON');
    expect(other).toBeInstanceOf(ApiError);
  });

  test('registration.md 5.2: what does not travel by events is refused', async () => {
    const { client } = await hubWithClient();
    const refused = [
      client.delete(managedClusters, { name: 'c1' }),
      client.list(namespaces),
      client.create(leases, { metadata: { name: 'l', namespace: 'c1' } } as never),
      client.replace(certificateSigningRequests, { metadata: { name: 'r' } } as never),
      client.apply(managedClusters, cluster(1) as never, { fieldManager: 'm' }),
      client.patch(managedClusters, { name: 'c1' }, { type: 'json', body: [] }),
      client.request({ method: 'GET', path: '/version' }),
    ];
    for (const call of refused) expect(await failure(call)).toMatchObject({ code: 405 });
  });

  test('a server that is not there is a lost connection', async () => {
    const { hub, client } = await hubWithClient();
    await hub.stop();
    expect(await failure(client.list(managedClusters))).toBeInstanceOf(ConnectionError);
  });
});

test('conditions of several writers are joined by their type', () => {
  const before = cluster(1, { status: { a: 1, conditions: [{ type: 'X', status: 'True' }, { type: 'Y' }] } });
  const declared = { conditions: [{ type: 'X', status: 'False' }, { type: 'Z' }] };
  expect(withConditions(before, declared)).toMatchObject({
    status: { a: 1, conditions: [{ type: 'X', status: 'False' }, { type: 'Y' }, { type: 'Z' }] },
  });
  expect(withConditions(cluster(1), declared)).toMatchObject({ status: declared });
});
