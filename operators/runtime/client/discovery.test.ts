import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { type Handler, type ScriptedServer, startScriptedServer } from '../../../test/scripted/server.ts';
import { connect } from './connect.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const start = async (handler: Handler) => {
  const server: ScriptedServer = await startScriptedServer({ handler });
  cleanups.push(() => server.close());
  const client = connect({ server: server.url, caData: server.caData }, { userAgent: 'test', env: {} });
  cleanups.push(() => client.close());
  return { server, client };
};

const notFound = { kind: 'Status', code: 404, reason: 'NotFound', message: 'not here' };

/** What an API server of before aggregated discovery answers. */
const documents: Record<string, object> = {
  '/api': { kind: 'APIVersions', versions: ['v1'] },
  '/apis': {
    kind: 'APIGroupList',
    groups: [
      {
        name: 'apps',
        versions: [{ version: 'v1beta1' }, { version: 'v1' }],
        preferredVersion: { version: 'v1' },
      },
      { name: 'broken.example', versions: [{ version: 'v1' }] },
    ],
  },
  '/api/v1': {
    resources: [
      {
        name: 'pods',
        singularName: 'pod',
        namespaced: true,
        kind: 'Pod',
        verbs: ['get'],
        shortNames: ['po'],
      },
      { name: 'pods/status', namespaced: true, kind: 'Pod', verbs: ['get'] },
      { name: 'pods/eviction', namespaced: true, kind: 'Eviction', verbs: ['create'] },
    ],
  },
  '/apis/apps/v1': {
    resources: [{ name: 'deployments', namespaced: true, kind: 'Deployment', verbs: ['get'] }],
  },
  '/apis/apps/v1beta1': { resources: [{ name: 'deployments', namespaced: true, kind: 'Deployment' }] },
};

const legacy: Handler = ({ path }, reply) => {
  if (path.startsWith('/apis/broken')) return reply.text('service unavailable', 503);
  const document = documents[path];
  if (document) reply.json(document);
  else reply.json(notFound, 404);
};

const pods = {
  group: '',
  version: 'v1',
  plural: 'pods',
  kind: 'Pod',
  namespaced: true,
  singular: 'pod',
  shortNames: ['po'],
  verbs: ['get'],
  subresources: ['status', 'eviction'],
};

describe('discovery of everything', () => {
  test('takes two requests where the server aggregates', async () => {
    const group = (name: string, version: string, resources: object[]) => ({
      kind: 'APIGroupDiscoveryList',
      items: [{ metadata: { name }, versions: [{ version, resources }] }],
    });
    const { client, server } = await start(({ path }, reply) =>
      reply.json(
        path === '/api'
          ? group('', 'v1', [
              {
                resource: 'pods',
                responseKind: { kind: 'Pod' },
                scope: 'Namespaced',
                singularResource: 'pod',
                shortNames: ['po'],
                verbs: ['get'],
                subresources: [{ subresource: 'status' }, { subresource: 'eviction' }],
              },
            ])
          : group('example.com', 'v2', [
              { resource: 'things', responseKind: { kind: 'Thing' }, scope: 'Cluster' },
            ]),
      ),
    );
    expect(await client.discover()).toEqual([
      pods,
      {
        group: 'example.com',
        version: 'v2',
        plural: 'things',
        kind: 'Thing',
        namespaced: false,
        singular: 'thing',
        shortNames: [],
        verbs: [],
        subresources: [],
      },
    ]);
    await client.discover();
    expect(server.calls).toHaveLength(2);
    expect(server.calls[0]?.headers.accept).toMatch(
      /^application\/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList/,
    );
    client.invalidateDiscovery();
    await client.discover();
    expect(server.calls).toHaveLength(4);
  });

  test('reads each version of an older server, the preferred first, without those that are down', async () => {
    const { client } = await start(legacy);
    const found = await client.discover();
    expect(found[0]).toEqual(pods);
    expect(
      found
        .slice(1)
        .map(({ group, version, plural, singular }) => `${group}/${version} ${plural} ${singular}`),
    ).toEqual(['apps/v1 deployments deployment', 'apps/v1beta1 deployments deployment']);
  });

  test('that failed is tried again', async () => {
    const { client, server } = await start((_call, reply) => reply.json(notFound, 404));
    await expect(client.discover()).rejects.toMatchObject({ code: 404 });
    server.handler = legacy;
    expect(await client.discover()).toHaveLength(3);
  });
});

describe('the resource of a kind', () => {
  test('is asked for by its version alone, once for all who ask', async () => {
    const { client, server } = await start(legacy);
    const ask = () => client.resourceFor('v1', 'Pod');
    expect(await Promise.all([ask(), ask(), ask()])).toEqual([pods, pods, pods]);
    expect(await ask()).toEqual(pods);
    expect(server.calls.map(({ path }) => path)).toEqual(['/api/v1']);
  });

  test('that is unknown is looked for again, but not at every question', async () => {
    const { client, server } = await start(legacy);
    const clock = jest.spyOn(performance, 'now').mockReturnValue(0);
    cleanups.push(async () => clock.mockRestore());
    for (let count = 0; count < 5; count++)
      expect(await client.resourceFor('apps/v1', 'Gadget')).toBeUndefined();
    expect(await client.resourceFor('gone.example/v1', 'Gadget')).toBeUndefined();
    expect(server.calls).toHaveLength(2);
    server.handler = (_call, reply) =>
      reply.json({ resources: [{ name: 'gadgets', namespaced: false, kind: 'Gadget' }] });
    clock.mockReturnValue(1_000);
    expect(await client.resourceFor('apps/v1', 'Gadget')).toMatchObject({
      plural: 'gadgets',
      namespaced: false,
    });
    expect(server.calls).toHaveLength(3);
  });

  test('is an error when the server cannot say', async () => {
    const { client, server } = await start(legacy);
    await expect(client.resourceFor('broken.example/v1', 'Thing')).rejects.toMatchObject({ code: 503 });
    server.handler = (_call, reply) =>
      reply.json({ resources: [{ name: 'things', namespaced: false, kind: 'Thing' }] });
    expect(await client.resourceFor('broken.example/v1', 'Thing')).toMatchObject({ plural: 'things' });
  });
});
