import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { filesOf, grpcClientConfigOf, grpcClientOptionsOf, readGrpcClientConfig } from './client-config.ts';

const base64 = (text: string): string => Buffer.from(text).toString('base64');
const full = {
  url: 'hub:8090',
  caData: base64('ca'),
  clientCertFile: '/c',
  clientKeyFile: '/k',
  keepAliveConfig: { enable: true, time: '1m', timeout: 5_000_000_000, permitWithoutStream: true },
  serverHealthinessTimeout: '20s',
};

describe('registration.md 5.2: the configuration of a gRPC client', () => {
  test('all fields are read, and what is handed on stays as it was written', () => {
    const config = grpcClientConfigOf(full);
    expect(config).toMatchObject({
      url: 'hub:8090',
      ca: { data: 'ca' },
      cert: { file: '/c' },
      key: { file: '/k' },
      keepAlive: { intervalMs: 60_000, timeoutMs: 5_000 },
      healthinessMs: 20_000,
      asWritten: { keepAliveConfig: full.keepAliveConfig, serverHealthinessTimeout: '20s' },
    });
    expect(filesOf(config)).toEqual(['/c', '/k']);
  });

  test('pings are sent where they are asked for, every thirty seconds and never more often than ten', () => {
    const pings = (keepAliveConfig?: object) => grpcClientConfigOf({ url: 'h:1', keepAliveConfig }).keepAlive;
    expect(pings()).toBeUndefined();
    expect(pings({ time: '1s' })).toBeUndefined();
    expect(pings({ enable: true })).toEqual({ intervalMs: 30_000, timeoutMs: 10_000 });
    expect(pings({ enable: true, time: '1s' })).toEqual({ intervalMs: 10_000, timeoutMs: 10_000 });
  });

  test('without an authority nothing is encrypted, and nothing secret is sent', async () => {
    const { secrets, token } = grpcClientOptionsOf(grpcClientConfigOf({ url: 'h:1' }));
    expect(secrets).toBeUndefined();
    expect(await token?.()).toBeUndefined();
  });

  test.each([
    ['no URL', {}, 'url is required'],
    ['a token without an authority', { url: 'h:1', token: 't' }, 'setting token requires authority'],
    ['a certificate without its key', { ...full, clientKeyFile: '' }, 'must come together'],
    ['a certificate without an authority', { ...full, caData: '' }, 'requires authority'],
    ['a duration that is none', { ...full, serverHealthinessTimeout: 'soon' }, 'serverHealthinessTimeout'],
    ['a list of pings', { ...full, keepAliveConfig: [] }, 'keepAliveConfig must be a map'],
    ['a number for a name', { url: 5 }, 'url must be a string'],
  ])('registration.md 153: %s is refused', (_what, values, message) => {
    expect(() => grpcClientConfigOf(values)).toThrow(message);
  });

  test('registration.md 153: a missing file is an error that names it, files are read when they are needed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grpc-config-'));
    try {
      const path = join(folder, 'config.yaml');
      await expect(readGrpcClientConfig(path)).rejects.toThrow(path);
      await writeFile(path, '- a list\n');
      await expect(readGrpcClientConfig(path)).rejects.toThrow('the content must be a map');
      const file = (name: string) => join(folder, name);
      await writeFile(path, `url: h:1\ncaFile: ${file('ca')}\ntokenFile: ${file('token')}\n`);
      const { secrets, token } = grpcClientOptionsOf(await readGrpcClientConfig(path));
      await expect(token!()).rejects.toThrow('ENOENT');
      await writeFile(file('ca'), 'authority');
      await writeFile(file('token'), 'first\n');
      expect(await secrets!()).toMatchObject({ ca: 'authority' });
      expect(await token!()).toBe('first');
      await writeFile(file('token'), 'second\n');
      expect(await token!()).toBe('second');
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
