import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { readServerConfig, serverConfigOf } from './config.ts';

const none = { minVersion: '', cipherSuites: '' };

describe('the configuration of the gRPC server (registration.md 6)', () => {
  test('the defaults are those of the contract', () => {
    expect(serverConfigOf({}, none)).toEqual({
      port: 8090,
      certFile: '/var/run/secrets/hub/grpc/serving-cert/tls.crt',
      keyFile: '/var/run/secrets/hub/grpc/serving-cert/tls.key',
      clientCaFile: '/var/run/secrets/hub/grpc/ca/ca-bundle.crt',
      tls: { minVersion: 'TLSv1.2', maxVersion: 'TLSv1.3', ciphers: expect.stringContaining('ECDHE') },
      maxConcurrentStreams: 2 ** 32 - 1,
      maxReceiveBytes: 4 * 1024 * 1024,
      connectionTimeoutMs: 120_000,
      maxConnectionAgeMs: undefined,
      pingIntervalMs: 30_000,
      pingTimeoutMs: 10_000,
      certWatchIntervalMs: 60_000,
    });
  });

  test('values win over defaults, and the command line over both', () => {
    const values = {
      server_bind_port: 9000,
      tls_min_version: 'VersionTLS12',
      server_ping_interval: '1m30s',
      server_ping_timeout: 5_000_000_000,
      max_connection_age: '1h',
      client_ca_file: '',
      write_buffer_size: 1,
    };
    expect(serverConfigOf(values, { minVersion: 'VersionTLS13', cipherSuites: '' })).toMatchObject({
      port: 9000,
      clientCaFile: '',
      tls: { minVersion: 'TLSv1.3', maxVersion: 'TLSv1.3' },
      pingIntervalMs: 90_000,
      pingTimeoutMs: 5000,
      maxConnectionAgeMs: 3_600_000,
    });
  });

  test.each<[object, RegExp]>([
    [{ tls_min_version: 'VersionTLS11' }, /lower than TLS 1.2; minimum supported is TLS 1.2/],
    [{ tls_min_version: 'VersionTLS13', tls_max_version: 'VersionTLS12' }, /must be <= tls_max_version/],
    [{ tls_max_version: 'TLS9' }, /invalid tls_max_version "TLS9"/],
    [{ cert_watch_interval: '30s' }, /must be greater than 30 seconds/],
    [{ cipher_suites: 'TLS_RSA_WITH_NOTHING' }, /unrecognized cipher suite: TLS_RSA_WITH_NOTHING/],
    [{ server_bind_port: 'x' }, /server_bind_port/],
    [{ max_receive_message_size: -1 }, /max_receive_message_size/],
    [{ connection_timeout: 'soon' }, /connection_timeout must be a duration/],
    [{ tls_cert_file: {} }, /tls_cert_file must be a string/],
  ])('%j is refused', (values, message) => {
    expect(() => serverConfigOf(values as Record<string, unknown>, none)).toThrow(message);
  });

  test('a file that is missing means the defaults, and one that is none is refused', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'grpc-config-'));
    try {
      let missing = 0;
      const onMissing = () => void missing++;
      const path = join(folder, 'config.yaml');
      expect(await readServerConfig(path, none, onMissing)).toEqual(serverConfigOf({}, none));
      expect(await readServerConfig('', none, onMissing)).toEqual(serverConfigOf({}, none));
      expect(missing).toBe(1);
      await writeFile(path, 'server_bind_port: "1234"\n');
      expect((await readServerConfig(path, none, onMissing)).port).toBe(1234);
      await writeFile(path, '- a\n');
      await expect(readServerConfig(path, none, onMissing)).rejects.toThrow(
        `${path}: the content must be a map`,
      );
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
