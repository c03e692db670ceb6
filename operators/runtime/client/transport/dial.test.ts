import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { afterEach, describe, expect, test } from '@jest/globals';
import { type ProxyServer, startProxy, startSocksProxy } from '../../../../test/scripted/proxy.ts';
import { type Protocol, startScriptedServer, testAuthority } from '../../../../test/scripted/server.ts';
import { connect } from '../connect.ts';
import { configMaps } from '../kubernetes.ts';

const cleanups: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).toReversed()) await cleanup();
});

const through = async (proxy: ProxyServer, proxyUrl: string, protocol: Protocol = 'h2') => {
  cleanups.push(() => proxy.close());
  const server = await startScriptedServer({
    protocol,
    handler: (_call, reply) => reply.json({ data: { a: 'b' } }),
  });
  cleanups.push(() => server.close());
  const client = connect(
    { server: server.url, caData: server.caData, proxyUrl },
    { userAgent: 'test', env: {} },
  );
  cleanups.push(() => client.close());
  return { server, get: () => client.get(configMaps, 'a', 'ns') };
};

describe('through an HTTP proxy', () => {
  test.each(['h2', 'https', 'http'] as const)('%s is tunnelled', async (protocol) => {
    const proxy = await startProxy();
    const { get, server } = await through(proxy, `http://127.0.0.1:${proxy.port}`, protocol);
    await expect(get()).resolves.toEqual({ data: { a: 'b' } });
    expect(proxy.tunnels).toEqual([`127.0.0.1:${server.port}`]);
  });

  test('with user and password', async () => {
    const proxy = await startProxy({ credentials: 'me:p@ss' });
    const { get } = await through(proxy, `http://me:p%40ss@127.0.0.1:${proxy.port}`);
    await expect(get()).resolves.toEqual({ data: { a: 'b' } });
  });

  test('that wants a password says where to put it', async () => {
    const proxy = await startProxy({ credentials: 'me:s3cr3t' });
    const { get } = await through(proxy, `http://me:wr0ng@127.0.0.1:${proxy.port}`);
    const asking = get();
    await expect(asking).rejects.toThrow(/refused the tunnel with 407; put user and password in its URL/);
    await expect(asking).rejects.not.toThrow(/wr0ng/);
  });

  test('that cannot reach the server, or is not there, is named', async () => {
    const proxy = await startProxy();
    const { get, server } = await through(proxy, `http://127.0.0.1:${proxy.port}`);
    await server.close();
    cleanups.splice(1, 1);
    await expect(get()).rejects.toThrow(/the proxy 127\.0\.0\.1:\d+ refused the tunnel with 502/);
    await proxy.close();
    cleanups.splice(0, 1);
    await expect(get()).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

describe('through a proxy that speaks TLS', () => {
  const setUp = async () => {
    const proxy = await startProxy({ tls: true });
    return { proxy, ...(await through(proxy, `https://localhost:${proxy.port}`)) };
  };

  test("a proxy is checked against the system's authorities", async () => {
    const { get } = await setUp();
    await expect(get()).rejects.toMatchObject({ code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' });
  });

  test('one that is trusted tunnels', async () => {
    const before = getCACertificates('default');
    setDefaultCACertificates([(await testAuthority()).certificate]);
    cleanups.push(async () => setDefaultCACertificates(before));
    const { get, proxy, server } = await setUp();
    await expect(get()).resolves.toEqual({ data: { a: 'b' } });
    expect(proxy.tunnels).toEqual([`127.0.0.1:${server.port}`]);
  });
});

describe('through a SOCKS proxy', () => {
  test('without a password', async () => {
    const proxy = await startSocksProxy();
    const { get, server } = await through(proxy, `socks5://127.0.0.1:${proxy.port}`);
    await expect(get()).resolves.toEqual({ data: { a: 'b' } });
    expect(proxy.tunnels).toEqual([`127.0.0.1:${server.port}`]);
  });

  test('with a password', async () => {
    const proxy = await startSocksProxy('me:p@ss');
    const { get } = await through(proxy, `socks5://me:p%40ss@127.0.0.1:${proxy.port}`);
    await expect(get()).resolves.toEqual({ data: { a: 'b' } });
  });

  test.each([
    ['', /wants a user and password; put them in its URL/],
    ['me:wr0ng@', /refused the user/],
  ])('that refuses %j', async (credentials, message) => {
    const proxy = await startSocksProxy('me:s3cr3t');
    const { get } = await through(proxy, `socks5://${credentials}127.0.0.1:${proxy.port}`);
    await expect(get()).rejects.toThrow(message);
  });
});
