import { afterEach, describe, expect, test } from '@jest/globals';
import { patience } from '../../../test/cluster/wait.ts';
import { startRelay } from '../../../test/scripted/relay.ts';
import {
  type Handler,
  type Reply,
  type ScriptedOptions,
  startScriptedServer,
} from '../../../test/scripted/server.ts';
import { createMetrics } from '../process/metrics.ts';
import { connect } from './connect.ts';
import type { ConnectOptions, Connection } from './connection.ts';
import { ApiError, ConnectionError } from './errors.ts';
import { configMaps, namespaces, selfSubjectAccessReviews, serviceAccounts } from './kubernetes.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const serverWith = async (handler: Handler, options: ScriptedOptions = {}) => {
  const server = await startScriptedServer({ ...options, handler });
  cleanups.push(() => server.close());
  return server;
};

const clientOf = (
  server: { url: string; caData: string },
  connection: Partial<Connection> = {},
  options: Partial<ConnectOptions> = {},
) => {
  const client = connect(
    { server: server.url, caData: server.caData, ...connection },
    { userAgent: 'test/1', env: {}, requestTimeoutMs: patience, ...options },
  );
  cleanups.push(() => client.close());
  return client;
};

const start = async (
  handler: Handler,
  options: ScriptedOptions & { connection?: Partial<Connection>; client?: Partial<ConnectOptions> } = {},
) => {
  const server = await serverWith(handler, options);
  return { server, client: clientOf(server, options.connection, options.client) };
};

const configMap = (name: string, more: object = {}) => ({ metadata: { name, namespace: 'ns', ...more } });
const refusal = (code: number, reason: string, message = reason) => ({
  kind: 'Status',
  code,
  reason,
  message,
});

describe.each(['h2', 'https', 'http'] as const)('over %s', (protocol) => {
  test('each method makes the request that the API wants', async () => {
    const { client, server } = await start((call, reply) => reply.json({ method: call.method }), {
      protocol,
    });
    const name = { name: 'a/b', namespace: 'ns' };
    await client.get(configMaps, 'a', 'ns');
    await client.create(configMaps, configMap('a'), { fieldManager: 'me', dryRun: true });
    await client.replace(configMaps, configMap('a', { resourceVersion: '7' }), { subresource: 'status' });
    await client.patch(configMaps, name, { type: 'merge', body: { data: { ü: '✓' } } });
    await client.patch(configMaps, name, { type: 'json', body: [{ op: 'remove', path: '/x' }] });
    await client.patch(configMaps, name, { type: 'strategic', body: {} }, { subresource: 'status' });
    await client.apply(configMaps, configMap('a'), { fieldManager: 'me' });
    await client.apply(configMaps, configMap('a'), {
      fieldManager: 'me',
      force: false,
      subresource: 'status',
    });
    await client.delete(configMaps, name, { uid: 'u', propagationPolicy: 'Foreground', dryRun: true });
    await client.createSubresource(serviceAccounts, { name: 's', namespace: 'ns' }, 'token', { spec: {} });
    await client.request({ method: 'GET', path: '/version', query: { a: 1, b: undefined, c: 'x y' } });

    const said = server.calls.map(({ method, path, query, headers, body }) => [
      `${method} ${path}${query.size > 0 ? `?${query.toString()}` : ''}`,
      headers['content-type'],
      body === '' ? undefined : (JSON.parse(body) as unknown),
    ]);
    const object = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'a', namespace: 'ns' } };
    const collection = '/api/v1/namespaces/ns/configmaps';
    const json = 'application/json';
    expect(said).toEqual([
      [`GET ${collection}/a`, undefined, undefined],
      [`POST ${collection}?fieldManager=me&dryRun=All`, json, object],
      [
        `PUT ${collection}/a/status`,
        json,
        { ...object, metadata: { ...object.metadata, resourceVersion: '7' } },
      ],
      [`PATCH ${collection}/a%2Fb`, 'application/merge-patch+json', { data: { ü: '✓' } }],
      [`PATCH ${collection}/a%2Fb`, 'application/json-patch+json', [{ op: 'remove', path: '/x' }]],
      [`PATCH ${collection}/a%2Fb/status`, 'application/strategic-merge-patch+json', {}],
      [`PATCH ${collection}/a?fieldManager=me&force=true`, 'application/apply-patch+yaml', object],
      [`PATCH ${collection}/a/status?fieldManager=me&force=false`, 'application/apply-patch+yaml', object],
      [
        `DELETE ${collection}/a%2Fb`,
        json,
        {
          apiVersion: 'v1',
          kind: 'DeleteOptions',
          preconditions: { uid: 'u' },
          propagationPolicy: 'Foreground',
          dryRun: ['All'],
        },
      ],
      ['POST /api/v1/namespaces/ns/serviceaccounts/s/token', json, { spec: {} }],
      ['GET /version?a=1&c=x+y', undefined, undefined],
    ]);
    expect(new Set(server.calls.map(({ headers }) => headers['user-agent']))).toEqual(new Set(['test/1']));
    expect(server.accepted).toBe(1);
  });

  test('requests side by side all get their own answer', async () => {
    const { client } = await start(
      (call, reply) => reply.json(configMap(call.path.split('/').at(-1) ?? '')),
      {
        protocol,
      },
    );
    const names = Array.from({ length: 150 }, (_, index) => `n${index}`);
    const found = await Promise.all(names.map((name) => client.get(configMaps, name, 'ns')));
    expect(found.map(({ metadata }) => metadata.name)).toEqual(names);
  });

  test('a large answer comes whole', async () => {
    const data = { text: 'ä✓'.repeat(3_000_000) };
    const { client } = await start((_call, reply) => reply.json({ ...configMap('a'), data }), { protocol });
    expect((await client.get(configMaps, 'a', 'ns')).data).toEqual(data);
  });

  test('an answer cut off is an error, and not taken for whole', async () => {
    const { client, server } = await start(
      (_call, reply) => {
        reply.start();
        reply.write('{"metadata":');
        setImmediate(() => reply.reset());
      },
      { protocol },
    );
    await expect(client.get(configMaps, 'a', 'ns')).rejects.toThrow(ConnectionError);
    expect(server.calls).toHaveLength(3);
  });

  test('a write is not sent again when its fate is unknown, an apply is', async () => {
    const { client, server } = await start((_call, reply) => reply.reset(), { protocol });
    await expect(client.create(configMaps, configMap('a'))).rejects.toThrow(ConnectionError);
    expect(server.calls).toHaveLength(1);
    await expect(client.apply(configMaps, configMap('a'), { fieldManager: 'me' })).rejects.toThrow(
      ConnectionError,
    );
    expect(server.calls).toHaveLength(4);
  });

  test('a review, which stores nothing, is asked for again', async () => {
    const { client, server } = await start(
      (_call, reply) => (server.calls.length < 3 ? reply.reset() : reply.json({ status: { allowed: true } })),
      { protocol },
    );
    const review = {
      metadata: {} as never,
      spec: { resourceAttributes: { verb: 'watch', resource: 'secrets' } },
    };
    expect(await client.create(selfSubjectAccessReviews, review)).toMatchObject({
      status: { allowed: true },
    });
    expect(server.calls).toHaveLength(3);
  });

  test('a request without an answer ends at its time-out', async () => {
    const { client } = await start(() => {}, { protocol, client: { requestTimeoutMs: 50 } });
    // Be it that a busy machine does not even shake hands in that time.
    await expect(client.get(configMaps, 'a', 'ns')).rejects.toThrow(/(no|not) answer within 0.05 s/);
  });

  test('an abort ends a request at once', async () => {
    const { client } = await start(() => {}, { protocol });
    const reason = new Error('enough');
    await expect(client.get(configMaps, 'a', 'ns', { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const controller = new AbortController();
    const waiting = client.get(configMaps, 'a', 'ns', { signal: controller.signal });
    setImmediate(() => controller.abort(reason));
    await expect(waiting).rejects.toBe(reason);
  });

  test('a closed client rejects', async () => {
    const { client } = await start((_call, reply) => reply.json({}), { protocol });
    await client.get(configMaps, 'a', 'ns');
    await client.close();
    await expect(client.get(configMaps, 'a', 'ns')).rejects.toThrow(/the client is closed/);
  });
});

describe('refusals', () => {
  test('carry the status and name the request, never the body that was sent', async () => {
    const { client } = await start((_call, reply) => reply.json(refusal(409, 'Conflict', 'it changed'), 409));
    const error: unknown = await client
      .create(configMaps, { ...configMap('a'), data: { k: 's3cr3t' } })
      .catch((e) => e);
    expect(error).toBeInstanceOf(ApiError);
    expect(error).toMatchObject({
      code: 409,
      reason: 'Conflict',
      message: 'POST /api/v1/namespaces/ns/configmaps: it changed',
    });
  });

  test('in words of something else keep only a short line of them', async () => {
    const { client } = await start((call, reply) =>
      reply.text(call.path.endsWith('a') ? 'no healthy upstream\nmore' : '<html>s3cr3t</html>', 502),
    );
    await expect(client.get(configMaps, 'a', 'ns')).rejects.toThrow(/a: no healthy upstream$/);
    await expect(client.get(configMaps, 'b', 'ns')).rejects.toThrow(/b: the server answered 502$/);
  });

  test('by a redirect, or an answer that is no JSON, say that this may be no API server', async () => {
    const { client } = await start((call, reply) =>
      call.path.endsWith('a')
        ? reply.text('', 302, { location: 'https://login' })
        : reply.text('<html>', 200, { 'content-type': 'text/html' }),
    );
    await expect(client.get(configMaps, 'a', 'ns')).rejects.toThrow(
      /redirects \(302\) to https:\/\/login; is this an API/,
    );
    await expect(client.get(configMaps, 'b', 'ns')).rejects.toThrow(
      /the answer is not JSON; is this an API server\?/,
    );
    await expect(client.request({ method: 'GET', path: '/b' })).resolves.toBe('<html>');
  });

  test('of what is not there: find gives undefined, delete false', async () => {
    const { client } = await start((_call, reply) => reply.json(refusal(404, 'NotFound'), 404));
    await expect(client.find(configMaps, 'a', 'ns')).resolves.toBeUndefined();
    await expect(client.delete(configMaps, { name: 'a', namespace: 'ns' })).resolves.toBe(false);
    await expect(client.get(configMaps, 'a', 'ns')).rejects.toMatchObject({ reason: 'NotFound' });
  });

  test('an empty name or namespace never addresses a collection', async () => {
    const { client, server } = await start((_call, reply) => reply.json({}));
    await expect(client.get(configMaps, '', 'ns')).rejects.toThrow(/an object of configmaps needs a name/);
    await expect(client.delete(configMaps, { name: 'a' })).rejects.toThrow(
      /configmaps "a" needs a namespace/,
    );
    expect(server.calls).toHaveLength(0);
  });
});

describe('a busy server', () => {
  test.each([429, 503])(
    'that answers %d with Retry-After is asked again, with a write too',
    async (status) => {
      let refusals = 3;
      const { client, server } = await start((_call, reply) =>
        refusals-- > 0
          ? reply.json(refusal(status, 'TooManyRequests'), status, { 'retry-after': '0' })
          : reply.json(configMap('a')),
      );
      await expect(client.create(configMaps, configMap('a'))).resolves.toMatchObject(configMap('a'));
      expect(server.calls).toHaveLength(4);
    },
  );

  test('is not asked for ever', async () => {
    const { client, server } = await start((_call, reply) =>
      reply.json(refusal(429, 'TooManyRequests'), 429, { 'retry-after': '0' }),
    );
    await expect(client.get(configMaps, 'a', 'ns')).rejects.toMatchObject({ code: 429 });
    expect(server.calls).toHaveLength(10);
  });

  test.each([429, 500, 503])('that answers %d without Retry-After is not asked again', async (status) => {
    const { client, server } = await start((_call, reply) => reply.json(refusal(status, 'X'), status));
    await expect(client.get(configMaps, 'a', 'ns')).rejects.toMatchObject({ code: status });
    expect(server.calls).toHaveLength(1);
  });

  test('that wants a long wait gives way to the signal', async () => {
    const controller = new AbortController();
    const { client } = await start((_call, reply) => {
      reply.json(refusal(429, 'TooManyRequests'), 429, { 'retry-after': '3600' });
      setTimeout(() => controller.abort(new Error('enough')), 20);
    });
    await expect(client.get(configMaps, 'a', 'ns', { signal: controller.signal })).rejects.toThrow('enough');
  });

  test('gets no more requests at once than allowed', async () => {
    let running = 0;
    let most = 0;
    const { client } = await start(
      (_call, reply) => {
        most = Math.max(most, ++running);
        setTimeout(() => {
          running--;
          reply.json({});
        }, 5);
      },
      { client: { concurrency: 4 } },
    );
    await Promise.all(Array.from({ length: 20 }, () => client.get(configMaps, 'a', 'ns')));
    expect(most).toBe(4);
  });
});

describe('HTTP/2 connections', () => {
  test('another one is opened at the limit of streams, and watches have their own', async () => {
    const held: Reply[] = [];
    const { client, server } = await start(
      (call, reply) => {
        if (call.query.has('watch')) return reply.start();
        held.push(reply);
        if (held.length === 7) for (const each of held) each.json(configMap('a'));
      },
      { maxConcurrentStreams: 3 },
    );
    const controller = new AbortController();
    const watches = Array.from({ length: 4 }, async () => {
      for await (const _ of client.watch(configMaps, { signal: controller.signal }));
    });
    await Promise.all(Array.from({ length: 7 }, () => client.get(configMaps, 'a', 'ns')));
    expect(server.sessions.size).toBe(5);
    controller.abort();
    await Promise.allSettled(watches);
  });

  test('a watch that nobody reads stops neither its neighbours nor what comes after', async () => {
    const { client, server } = await start((call, reply) => {
      reply.start();
      const size = call.query.get('labelSelector') === 'unread' ? 1_000_000 : 10;
      reply.event('ADDED', configMap('first'));
      reply.event('ADDED', configMap('a'.repeat(size)));
    });
    const watchOf = (labelSelector: string) =>
      client.watch(configMaps, { labelSelector })[Symbol.asyncIterator]();
    const unread = watchOf('unread');
    await unread.next();
    const read = watchOf('read');
    await read.next();
    await expect(read.next()).resolves.toMatchObject({ value: { type: 'ADDED' } });
    await expect(unread.next()).resolves.toMatchObject({ value: { type: 'ADDED' } });
    expect(server.accepted).toBe(1);
    await Promise.all([unread.return?.(), read.return?.()]);
  });

  test('a dial that fails after everybody has left harms nobody', async () => {
    const { client, server } = await start((_call, reply) => reply.json(configMap('a')), {
      maxConcurrentStreams: 1,
    });
    await client.get(configMaps, 'a', 'ns');
    await server.close();
    cleanups.splice(0, 1);
    const signal = AbortSignal.abort(new Error('enough'));
    await expect(client.get(configMaps, 'a', 'ns', { signal })).rejects.toThrow('enough');
    const controller = new AbortController();
    const waiting = client.get(configMaps, 'a', 'ns', { signal: controller.signal });
    controller.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    await expect(client.get(configMaps, 'a', 'ns')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });

  test('a client that is closed while it connects ends in silence', async () => {
    const { client, server } = await start((_call, reply) => reply.json(configMap('a')));
    const relay = await startRelay(server.port);
    cleanups.push(() => relay.close());
    const closing = clientOf({ ...server, url: `https://127.0.0.1:${relay.port}` });
    const signal = AbortSignal.timeout(100_000);
    const request = closing.get(configMaps, 'a', 'ns', { signal });
    request.catch(() => {}); // its end is not the matter
    while (relay.accepted === 0) await new Promise((resolve) => setImmediate(resolve));
    await closing.close();
    await expect(request).rejects.toBeInstanceOf(Error);
    // An error of the connection that nobody holds any more would come by now, and end the process.
    await expect(client.get(configMaps, 'a', 'ns')).resolves.toBeDefined();
  });

  test('a server that says goodbye (GOAWAY) loses no request', async () => {
    const { client, server } = await start((call, reply) => {
      if (server.calls.length % 10 === 0) for (const session of server.sessions) session.goaway();
      reply.json(configMap(call.path));
    });
    for (let round = 0; round < 5; round++) {
      await Promise.all(Array.from({ length: 20 }, () => client.create(configMaps, configMap('a'))));
    }
    expect(server.calls.length).toBe(100);
    expect(server.accepted).toBeGreaterThan(3);
  });

  test('a connection that is open but dead is left: the next request has another', async () => {
    const server = await serverWith((_call, reply) => reply.json(configMap('a')));
    const relay = await startRelay(server.port);
    cleanups.push(() => relay.close());
    const client = clientOf(
      { ...server, url: `https://127.0.0.1:${relay.port}` },
      {},
      { requestTimeoutMs: 10_000, timing: { readIdleMs: 60_000, pingTimeoutMs: 60_000 } },
    );
    await client.get(configMaps, 'a', 'ns');
    relay.freeze();
    await expect(client.get(configMaps, 'a', 'ns')).rejects.toThrow(/no answer within/);
    await expect(client.get(configMaps, 'a', 'ns')).resolves.toMatchObject(configMap('a'));
    expect(relay.accepted).toBe(2);
  });

  test('a watch on a connection that is open but dead ends by the unanswered ping', async () => {
    const server = await serverWith((_call, reply) => {
      reply.start();
      reply.event('ADDED', configMap('a'));
    });
    const relay = await startRelay(server.port);
    cleanups.push(() => relay.close());
    const client = clientOf(
      { ...server, url: `https://127.0.0.1:${relay.port}` },
      {},
      { timing: { readIdleMs: 200, pingTimeoutMs: 200 } },
    );
    const watching = (async () => {
      for await (const _ of client.watch(configMaps)) relay.freeze();
    })();
    await expect(watching).rejects.toThrow(/the server did not answer a ping/);
  });

  test('a quiet watch whose server answers pings lives on', async () => {
    const { client, server } = await start(
      (_call, reply) => {
        reply.start();
        setTimeout(() => {
          reply.event('ADDED', configMap('a'));
          reply.end();
        }, 400);
      },
      { client: { timing: { readIdleMs: 20, pingTimeoutMs: 60_000, idleMs: 20 } } },
    );
    let events = 0;
    for await (const _ of client.watch(configMaps)) events++;
    expect(events).toBe(1);
    expect(server.accepted).toBe(1);
  });

  test('an unused connection is closed', async () => {
    const { client, server } = await start((_call, reply) => reply.json({}), {
      client: { timing: { readIdleMs: 20, idleMs: 20 } },
    });
    await client.get(configMaps, 'a', 'ns');
    await Promise.all(
      [...server.sessions].map((session) => new Promise((resolve) => session.once('close', resolve))),
    );
    await client.get(configMaps, 'a', 'ns');
    expect(server.accepted).toBe(2);
  });
});

describe('connection errors name the server, the cause and the remedy', () => {
  test.each(['h2', 'https'] as const)('an authority that is not trusted (%s)', async (protocol) => {
    const { client } = await start((_call, reply) => reply.json({}), {
      protocol,
      connection: { caData: undefined },
    });
    await expect(client.get(configMaps, 'a', 'ns')).rejects.toThrow(
      /^GET \/api\/v1\/namespaces\/ns\/configmaps\/a at https:\/\/127\.0\.0\.1:\d+: the server presented a certificate of "CN=server", issued by "CN=scripted", valid from .* to .*, where one was expected from a CA that this system trusts; name that of the server/,
    );
  });

  test('a certificate for other names, unless tls-server-name says so', async () => {
    const options = { dnsNames: ['api.example'], addresses: [] };
    const { client, server } = await start((_call, reply) => reply.json({}), options);
    await expect(client.get(configMaps, 'a', 'ns')).rejects.toThrow(
      /which is for DNS:api.example and not for 127.0.0.1; connect by one of its names, or set tls-server-name/,
    );
    await clientOf(server, { tlsServerName: 'api.example' }).get(configMaps, 'a', 'ns');
    await clientOf(server, { caData: undefined, insecureSkipTlsVerify: true }).get(configMaps, 'a', 'ns');
  });

  test('a server that is not there, and one that speaks no TLS', async () => {
    const { client, server } = await start((_call, reply) => reply.json({}), { protocol: 'http' });
    await server.close();
    cleanups.splice(0, 1);
    await expect(client.get(configMaps, 'a', 'ns')).rejects.toMatchObject({
      name: 'ConnectionError',
      code: 'ECONNREFUSED',
      message: expect.stringMatching(/nothing listens there; check the server address/) as unknown,
    });
    const plain = await serverWith((_call, reply) => reply.json({}), { protocol: 'http' });
    const secure = clientOf({ ...plain, url: plain.url.replace('http:', 'https:') });
    await expect(secure.get(configMaps, 'a', 'ns')).rejects.toThrow(ConnectionError);
  });

  test('a name that does not resolve', async () => {
    const client = clientOf({ url: 'https://nowhere.invalid', caData: '' }, { caData: undefined });
    await expect(client.get(configMaps, 'a', 'ns')).rejects.toThrow(
      /cannot be resolved; check the server address and the DNS$/,
    );
  });

  test('credentials in the server URL are never told', async () => {
    const client = clientOf(
      { url: 'http://u:s3cr3t@127.0.0.1:1/prefix/', caData: '' },
      { caData: undefined },
    );
    expect(client.server).toBe('http://127.0.0.1:1/prefix');
    await expect(client.get(configMaps, 'a', 'ns')).rejects.not.toThrow(/s3cr3t/);
  });
});

describe('lists', () => {
  const page = (names: string[], next?: string) => ({
    metadata: { resourceVersion: '10', continue: next },
    items: names.map((name) => configMap(name)),
  });

  test('are read page by page, and each object names its kind', async () => {
    const { client, server } = await start((call, reply) => {
      const from = call.query.get('continue');
      reply.json(from === null ? page(['a', 'b'], 'next') : page(['c']));
    });
    const list = await client.list(configMaps, {
      namespace: 'ns',
      labelSelector: 'a=b',
      limit: 2,
      resourceVersion: '0',
    });
    expect(list.items.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toEqual([
      'ConfigMap a',
      'ConfigMap b',
      'ConfigMap c',
    ]);
    expect(list.resourceVersion).toBe('10');
    expect(server.calls.map(({ query }) => query.toString())).toEqual([
      'labelSelector=a%3Db&limit=2&resourceVersion=0',
      'labelSelector=a%3Db&limit=2&continue=next',
    ]);
  });

  test('whose later pages have expired begin anew, whole', async () => {
    const { client, server } = await start((call, reply) => {
      if (call.query.has('continue')) return reply.json(refusal(410, 'Expired'), 410);
      reply.json(call.query.has('limit') ? page(['a'], 'next') : page(['b', 'c']));
    });
    const { items } = await client.list(configMaps);
    expect(items.map(({ metadata }) => metadata.name)).toEqual(['b', 'c']);
    expect(server.calls).toHaveLength(3);
  });

  test('of metadata ask for no more, and keep no more', async () => {
    const { client, server } = await start((_call, reply) =>
      reply.json({
        metadata: {},
        items: [{ kind: 'PartialObjectMetadata', ...configMap('a'), data: { k: 'v' } }],
      }),
    );
    const { items } = await client.list(configMaps, { metadataOnly: true });
    expect(items).toEqual([{ apiVersion: 'v1', kind: 'ConfigMap', ...configMap('a') }]);
    expect(server.calls[0]?.headers.accept).toMatch(
      /^application\/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1/,
    );
  });

  test('may be empty', async () => {
    const { client } = await start((_call, reply) =>
      reply.json({ metadata: { resourceVersion: '3' }, items: null }),
    );
    await expect(client.list(namespaces)).resolves.toEqual({ items: [], resourceVersion: '3' });
  });
});

describe.each(['h2', 'https', 'http'] as const)('watches over %s', (protocol) => {
  const collect = async <T>(events: AsyncIterable<T>) => {
    const all: T[] = [];
    for await (const event of events) all.push(event);
    return all;
  };

  test('give events and bookmarks until the server ends', async () => {
    const { client, server } = await start(
      (_call, reply) => {
        reply.start();
        reply.event('ADDED', configMap('a'));
        reply.event('BOOKMARK', {
          metadata: { resourceVersion: '7', annotations: { 'k8s.io/initial-events-end': 'true' } },
        });
        reply.event('BOOKMARK', { metadata: { resourceVersion: '8' } });
        reply.event('DELETED', configMap('a'));
        reply.end();
      },
      { protocol },
    );
    const object = { apiVersion: 'v1', kind: 'ConfigMap', ...configMap('a') };
    const options = {
      namespace: 'ns',
      resourceVersion: '5',
      timeoutSeconds: 300,
      fieldSelector: 'metadata.name=a',
    };
    expect(await collect(client.watch(configMaps, options))).toEqual([
      { type: 'ADDED', object },
      { type: 'BOOKMARK', resourceVersion: '7', initialEventsEnd: true },
      { type: 'BOOKMARK', resourceVersion: '8', initialEventsEnd: false },
      { type: 'DELETED', object },
    ]);
    expect(server.calls[0]?.query.toString()).toBe(
      'watch=true&allowWatchBookmarks=true&fieldSelector=metadata.name%3Da&resourceVersion=5&timeoutSeconds=300',
    );
  });

  test('put together lines and characters that arrive in pieces', async () => {
    const long = 'ä✓😀'.repeat(100_000);
    const events = ['x', long, 'y'].map(
      (name) => `${JSON.stringify({ type: 'ADDED', object: configMap(name) })}\n`,
    );
    const bytes = Buffer.from(events.join(''));
    const { client } = await start(
      async (_call, reply) => {
        reply.start();
        for (const cut of [1, 7, 61, 67, 68, 69, 70, 5_001, 100_003]) {
          const from = [1, 7, 61, 67, 68, 69, 70, 5_001, 100_003].findLast((other) => other < cut) ?? 0;
          reply.write(bytes.subarray(from, cut));
          await new Promise((resolve) => setImmediate(resolve));
        }
        reply.write(bytes.subarray(100_003));
        reply.end();
      },
      { protocol },
    );
    const got = await collect(client.watch(configMaps));
    expect(got.map((event) => ('object' in event ? event.object.metadata.name : ''))).toEqual([
      'x',
      long,
      'y',
    ]);
  });

  test('reject with the error that the server sends, before or within the stream', async () => {
    const { client } = await start(
      (call, reply) => {
        if (call.query.get('resourceVersion') === '1') return reply.json(refusal(403, 'Forbidden'), 403);
        reply.start();
        reply.event('ERROR', refusal(410, 'Expired', 'too old resource version'));
      },
      { protocol },
    );
    await expect(collect(client.watch(configMaps, { resourceVersion: '1' }))).rejects.toMatchObject({
      code: 403,
    });
    await expect(collect(client.watch(configMaps))).rejects.toMatchObject({
      code: 410,
      message: 'watch /api/v1/configmaps: too old resource version',
    });
  });

  test.each([
    ['garbage', '{"type":\n', /sent something that is not JSON/],
    ['an unknown event', '{"type":"NEWS","object":{}}\n', /an event of the unknown type "NEWS"/],
  ])('reject %s', async (_name, text, message) => {
    const { client } = await start(
      (_call, reply) => {
        reply.start();
        reply.write(text);
      },
      { protocol },
    );
    const watching = collect(client.watch(configMaps));
    await expect(watching).rejects.toThrow(ConnectionError);
    await expect(watching).rejects.toThrow(message);
  });

  test.each(['reset', 'end'] as const)('reject when the stream breaks (%s) within a line', async (way) => {
    const { client } = await start(
      (_call, reply) => {
        reply.start();
        reply.event('ADDED', configMap('a'));
        reply.write('{"type":"ADD');
        setTimeout(() => reply[way](), 10);
      },
      { protocol },
    );
    await expect(collect(client.watch(configMaps))).rejects.toThrow(ConnectionError);
  });

  test('reject when the connection breaks between two lines', async () => {
    const { client } = await start(
      (_call, reply) => {
        reply.start();
        reply.event('ADDED', configMap('a'));
        setTimeout(() => reply.reset(), 10);
      },
      { protocol },
    );
    await expect(collect(client.watch(configMaps))).rejects.toMatchObject({ code: 'ECONNRESET' });
  });

  test('end at the server when the loop is left or the signal aborts', async () => {
    const gone: Promise<unknown>[] = [];
    const { client } = await start(
      (_call, reply) => {
        gone.push(reply.closed);
        reply.start();
        reply.event('ADDED', configMap('a'));
      },
      { protocol },
    );
    for await (const _ of client.watch(configMaps)) break;
    const controller = new AbortController();
    const reason = new Error('enough');
    const watching = (async () => {
      for await (const _ of client.watch(configMaps, { signal: controller.signal })) controller.abort(reason);
    })();
    await expect(watching).rejects.toBe(reason);
    await Promise.all(gone);
    expect(gone).toHaveLength(2);
  });
});

test('requests are counted by code, host and method', async () => {
  const metrics = createMetrics();
  const { client, server } = await start(
    (call, reply) => (call.path.endsWith('a') ? reply.json({}) : reply.json(refusal(404, 'NotFound'), 404)),
    { client: { metrics } },
  );
  await client.get(configMaps, 'a', 'ns');
  await client.find(configMaps, 'b', 'ns');
  await server.close();
  cleanups.splice(0, 1);
  await client.find(configMaps, 'b', 'ns').catch(() => {});
  const host = `host="127.0.0.1:${server.port}"`;
  const lines = metrics.expose();
  expect(lines).toContain(`rest_client_requests_total{code="200",${host},method="GET"} 1`);
  expect(lines).toContain(`rest_client_requests_total{code="404",${host},method="GET"} 1`);
  expect(lines).toContain(`rest_client_requests_total{code="<error>",${host},method="GET"}`);
});

describe('impersonation', () => {
  const identity = {
    user: 'system:serviceaccount:ns:sa',
    uid: 'u',
    groups: ['a', 'b'],
    extra: { 'Example.org/Key(1)': ['x', 'y'] },
  };

  test.each(['h2', 'https'] as const)('sends every group and extra (%s)', async (protocol) => {
    const { client, server } = await start((_call, reply) => reply.json({}), {
      protocol,
      connection: { token: 't', impersonate: identity },
    });
    await client.get(configMaps, 'a', 'ns');
    const headers = server.calls.map((call) =>
      Object.fromEntries(
        Object.entries(call.headers).filter(([name]) => /^impersonate|^authorization/.test(name)),
      ),
    );
    expect(headers).toEqual([
      {
        authorization: 'Bearer t',
        'impersonate-user': 'system:serviceaccount:ns:sa',
        'impersonate-uid': 'u',
        'impersonate-group': 'a, b',
        'impersonate-extra-example.org%2fkey%281%29': 'x, y',
      },
    ]);
  });
});
