import { describe, expect, test } from '@jest/globals';
import { X509Certificate } from 'node:crypto';
import { connect, createSecureContext, createServer, getCiphers } from 'node:tls';
import { selfSignedCertificate } from './self-signed.ts';
import { knownCipherSuites, tlsProfile } from './tls.ts';

describe('tlsProfile (operator.md 1.5)', () => {
  test.each([
    ['', 'TLSv1.2'],
    ['VersionTLS10', 'TLSv1'],
    ['VersionTLS11', 'TLSv1.1'],
    ['VersionTLS12', 'TLSv1.2'],
    ['VersionTLS13', 'TLSv1.3'],
    ['TLSv1.0', 'TLSv1'],
    ['TLSv1.2', 'TLSv1.2'],
    ['TLSv1.3', 'TLSv1.3'],
  ])('minimum version %j', (name, version) => {
    expect(tlsProfile(name, []).minVersion).toBe(version);
  });

  test.each(['TLS12', 'VersionTLS14', 'versiontls12', 'TLSv1', 'constructor'])(
    'unknown version %j',
    (name) => {
      expect(() => tlsProfile(name, [])).toThrow(`unknown tls version "${name}"`);
    },
  );

  test('chosen suites come after those of TLS 1.3, which are always offered', () => {
    expect(tlsProfile('VersionTLS12', ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256']).ciphers).toBe(
      'TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
    );
  });

  test('unknown suites are named; with TLS 1.3 the list does not matter', () => {
    const suites = ['TLS_RSA_WITH_AES_128_CBC_SHA', 'NOPE', 'toString'];
    expect(() => tlsProfile('', suites)).toThrow('unsupported cipher suites: [NOPE toString]');
    expect(tlsProfile('VersionTLS13', suites).ciphers).not.toContain('AES128-SHA');
    expect(knownCipherSuites(suites)).toEqual(['TLS_RSA_WITH_AES_128_CBC_SHA']);
  });

  test('every default cipher is one of OpenSSL', () => {
    const known = new Set(getCiphers().map((name) => name.toUpperCase()));
    for (const name of tlsProfile('', []).ciphers.split(':')) expect(known).toContain(name);
  });

  const negotiated = async (server: ReturnType<typeof tlsProfile>, client: object): Promise<string> => {
    const listening = createServer({ ...selfSignedCertificate(['localhost']), ...server }, (socket) =>
      socket.end(),
    );
    listening.on('tlsClientError', () => undefined);
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve));
    const { port } = listening.address() as { port: number };
    try {
      return await new Promise((resolve, reject) => {
        const socket = connect({ host: '127.0.0.1', port, rejectUnauthorized: false, ...client }, () => {
          resolve(`${socket.getProtocol()} ${socket.getCipher().standardName}`);
          socket.end();
        });
        socket.on('error', reject);
      });
    } finally {
      listening.close();
    }
  };

  test('a server offers what it is told', async () => {
    const only = tlsProfile('VersionTLS12', ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384']);
    expect(await negotiated(only, { maxVersion: 'TLSv1.2' })).toBe(
      'TLSv1.2 TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
    );
    expect(await negotiated(only, {})).toMatch(/^TLSv1\.3 /);
    await expect(
      negotiated(only, { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-GCM-SHA256' }),
    ).rejects.toThrow();
    await expect(negotiated(tlsProfile('VersionTLS13', []), { maxVersion: 'TLSv1.2' })).rejects.toThrow();
    const old = { minVersion: 'TLSv1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT:@SECLEVEL=0' };
    expect(await negotiated(tlsProfile('VersionTLS10', []), old)).toMatch(/^TLSv1\.1 /);
    await expect(negotiated(tlsProfile('VersionTLS12', []), old)).rejects.toThrow();
  });
});

test('the self-signed certificate is a valid one for its names', () => {
  const { cert, key } = selfSignedCertificate(['localhost', '127.0.0.1'], new Date('2049-06-01T00:00:00Z'));
  const parsed = new X509Certificate(cert);
  expect(parsed.verify(parsed.publicKey)).toBe(true);
  expect(parsed.checkHost('localhost')).toBe('localhost');
  expect(parsed.checkHost('example.com')).toBeUndefined();
  expect(parsed.checkIP('127.0.0.1')).toBe('127.0.0.1');
  expect(parsed.ca).toBe(false);
  expect(new Date(parsed.validFrom)).toEqual(new Date('2049-05-31T23:00:00Z'));
  expect(new Date(parsed.validTo)).toEqual(new Date('2050-06-01T00:00:00Z'));
  expect(parsed.keyUsage).toEqual(['1.3.6.1.5.5.7.3.1']);
  expect(key).toMatch(/^-----BEGIN PRIVATE KEY-----/);
});

test.each(['VersionTLS10', 'VersionTLS11', 'VersionTLS12'])(
  'a server of %s can be made with ciphers of TLS 1.3 alone',
  (version) => {
    const { ciphers, minVersion } = tlsProfile(version, ['TLS_AES_128_GCM_SHA256']);
    expect(() => createSecureContext({ ciphers, minVersion })).not.toThrow();
  },
);
