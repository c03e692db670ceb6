import { afterEach, expect, test } from '@jest/globals';
import { type Handler, startScriptedServer } from '../../../../test/scripted/server.ts';
import type { Client } from '../client.ts';
import { connect, unfenced } from '../connect.ts';
import { configMaps, serviceAccounts } from '../kubernetes.ts';
import { FencedError, fenceWrites } from './fence.ts';

const cleanups: (() => Promise<void>)[] = [];
afterEach(async () => {
  fenceWrites(undefined);
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const start = async (handler: Handler = (_call, reply) => reply.json({ items: [] })) => {
  const server = await startScriptedServer({ handler });
  cleanups.push(() => server.close());
  const client = connect({ server: server.url, caData: server.caData }, { userAgent: 'test/1', env: {} });
  cleanups.push(() => client.close());
  return { server, client };
};

const name = { name: 'a', namespace: 'ns' };
const object = { metadata: name };
const review = { method: 'POST', path: '/apis/authorization.k8s.io/v1/selfsubjectaccessreviews', body: {} };

test.each<[string, (client: Client) => Promise<unknown>]>([
  ['create', (client) => client.create(configMaps, object)],
  ['replace', (client) => client.replace(configMaps, object)],
  ['merge patch', (client) => client.patch(configMaps, name, { type: 'merge', body: {} })],
  ['apply', (client) => client.apply(configMaps, object, { fieldManager: 'test' })],
  ['delete', (client) => client.delete(configMaps, name)],
  ['a subresource', (client) => client.createSubresource(serviceAccounts, name, 'token', {})],
])('faults R19: %s is sent only while this process may write', async (_, write) => {
  const { client, server } = await start();
  let mayWrite = true;
  fenceWrites(() => mayWrite);
  await write(client);
  mayWrite = false;
  await expect(write(client)).rejects.toThrow(FencedError);
  expect(server.calls).toHaveLength(1);
});

test.each<[string, (client: Client) => Promise<unknown>]>([
  ['a read', (client) => client.list(configMaps)],
  ['a question that stores nothing', (client) => client.request(review)],
  ['what is about the lease', (client) => unfenced(client).create(configMaps, object)],
])('faults R19: %s passes the fence', async (_, ask) => {
  const { client, server } = await start();
  fenceWrites(() => false);
  await ask(client);
  expect(server.calls).toHaveLength(1);
});

test('faults R19: a write that is to be tried again is refused when the lease has run out meanwhile', async () => {
  let mayWrite = true;
  const { client, server } = await start((_call, reply) => {
    mayWrite = false;
    reply.json({ kind: 'Status', reason: 'TooManyRequests' }, 429, { 'retry-after': '0' });
  });
  fenceWrites(() => mayWrite);
  await expect(client.create(configMaps, object)).rejects.toThrow(FencedError);
  expect(server.calls).toHaveLength(1);
});
