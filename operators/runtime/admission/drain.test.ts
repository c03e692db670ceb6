import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { once } from 'node:events';
import { Agent, type Server, createServer, request } from 'node:https';
import type { AddressInfo } from 'node:net';
import { selfSignedCertificate } from '../process/serving/self-signed.ts';
import { drain } from './drain.ts';

/** Longer than any test waits for what comes sooner. */
const never = 600_000;

let server: Server;
let port: number;
let agent: Agent;

beforeEach(async () => {
  server = createServer(
    selfSignedCertificate(['localhost']),
    (_request, response) => void response.end('yes'),
  );
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ({ port } = server.address() as AddressInfo);
  agent = new Agent({ rejectUnauthorized: false, keepAlive: true, maxSockets: 1 });
});

afterEach(() => {
  agent.destroy();
  server.close();
  server.closeAllConnections();
});

/** Asks once; resolves to what the answer says of the connection, and whether that had been used before. */
const ask = (): Promise<{ connection: string | undefined; reused: boolean }> =>
  new Promise((resolve, reject) => {
    const sent = request({ host: '127.0.0.1', port, agent }, (response) => {
      const found = { connection: response.headers.connection, reused: sent.reusedSocket };
      response.resume().on('end', () => resolve(found));
    });
    sent.on('error', reject).end();
  });

describe('a server that ends while callers still come', () => {
  test('answers all of them, and each on a connection that is not used again', async () => {
    await ask();
    expect(await ask()).toEqual({ connection: 'keep-alive', reused: true });
    void drain(server, { quietMs: never, longestMs: never, graceMs: never });
    expect(await ask()).toEqual({ connection: 'close', reused: true });
    for (let i = 0; i < 3; i += 1) expect(await ask()).toEqual({ connection: 'close', reused: false });
  });

  test('closes connections that rest when nobody has come for a while', async () => {
    await ask();
    await drain(server, { quietMs: 1, longestMs: never, graceMs: never });
    // On a connection of its own: the one that rested may not have heard yet.
    agent.destroy();
    await expect(ask()).rejects.toThrow('ECONNREFUSED');
  });

  test('does not stay for ever, however many come', async () => {
    await drain(server, { quietMs: never, longestMs: 1, graceMs: never });
    await expect(ask()).rejects.toThrow('ECONNREFUSED');
  });
});
