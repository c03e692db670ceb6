import { expect, test } from '@jest/globals';
import { tlsOf } from './controller-command.ts';
import { tlsProfile } from './serving/tls.ts';

const suite = 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256';
const flagsOf = (minVersion: string, suites: string[], config = '') => ({
  config,
  'tls-min-version': minVersion,
  'tls-cipher-suites': suites,
});
const file = { minTlsVersion: 'VersionTLS13', cipherSuites: [] };
const obeying = { appliesTlsFlags: true };

test.each([
  ['no flag', flagsOf('', []), tlsProfile('', [])],
  ['a version', flagsOf('VersionTLS13', []), tlsProfile('VersionTLS13', [])],
  ['suites', flagsOf('', [suite]), tlsProfile('VersionTLS12', [suite])],
  ['both', flagsOf('VersionTLS11', [suite]), tlsProfile('VersionTLS11', [suite])],
  ['a configuration file', flagsOf('VersionTLS12', [suite], '/c'), tlsProfile('VersionTLS13', [])],
])('registration.md 13: with %s the port offers what it is told', (_what, flags, profile) => {
  expect(tlsOf(obeying, flags, file)).toEqual(profile);
});

test.each([
  ['version', flagsOf('VersionTLS9', []), 'invalid TLS flags: unknown tls version "VersionTLS9"'],
  ['suite', flagsOf('', ['NONE']), 'invalid TLS flags: unsupported cipher suites: [NONE]'],
])('registration.md 13: an unknown %s is refused', (_what, flags, message) => {
  expect(() => tlsOf(obeying, flags, {})).toThrow(message);
});

test('operator.md 1.5: operators do not obey them', () => {
  expect(tlsOf({}, flagsOf('VersionTLS9', []), {})).toEqual(tlsProfile('', []));
});
