import { describe, expect, test } from '@jest/globals';
import { parseTlsProfile } from './tls-profile.ts';

describe('operator.md 7, 9: TLS profile', () => {
  test.each([
    ['absent', undefined, 'VersionTLS12', []],
    ['version only', { minTLSVersion: 'VersionTLS13' }, 'VersionTLS13', []],
    ['OpenSSL name', { minTLSVersion: 'TLSv1.3' }, 'VersionTLS13', []],
    [
      'ciphers only',
      { cipherSuites: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, NOPE' },
      'VersionTLS12',
      ['TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256'],
    ],
  ])('%s', (_, data, minVersion, cipherSuites) => {
    expect(parseTlsProfile(data as Record<string, string> | undefined).profile).toEqual({
      minVersion,
      cipherSuites,
    });
  });

  test('unknown ciphers among known ones are told', () => {
    expect(
      parseTlsProfile({ cipherSuites: 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,NOPE' }).unknownCiphers,
    ).toEqual(['NOPE']);
  });

  test.each([
    ['unknown version', { minTLSVersion: 'VersionTLS14' }],
    ['only unknown ciphers', { cipherSuites: 'NOPE' }],
  ])('%s is an error', (_, data) => {
    expect(() => parseTlsProfile(data)).toThrow(/ocm-tls-profile/);
  });
});
