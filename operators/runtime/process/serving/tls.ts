import type { SecureVersion } from 'node:tls';

/** What a server offers, in OpenSSL's terms; the input is named as in Go and in Kubernetes (operator.md 1.5). */
export interface TlsProfile {
  minVersion: SecureVersion;
  /** For Node's `ciphers` option. */
  ciphers: string;
}

/**
 * For the `ca` option of a server that asks for no client certificates: without it, OpenSSL parses the well-known
 * authorities of the world for every server, 7 MB that nothing uses.
 */
export const noAuthorities: string[] = [];

const versions: Record<string, SecureVersion> = {
  VersionTLS10: 'TLSv1',
  VersionTLS11: 'TLSv1.1',
  VersionTLS12: 'TLSv1.2',
  VersionTLS13: 'TLSv1.3',
  'TLSv1.0': 'TLSv1',
  'TLSv1.1': 'TLSv1.1',
  'TLSv1.2': 'TLSv1.2',
  'TLSv1.3': 'TLSv1.3',
};

/** Go does not let these be chosen: with TLS 1.3 all of them are offered. */
const tls13Ciphers = ['TLS_AES_128_GCM_SHA256', 'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256'];

/** Cipher suites that Go knows by their IANA names → OpenSSL's names. */
const opensslNames: Record<string, string> = {
  ...Object.fromEntries(tls13Ciphers.map((name) => [name, name])),
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256: 'ECDHE-RSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384: 'ECDHE-RSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305: 'ECDHE-ECDSA-CHACHA20-POLY1305',
  TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305: 'ECDHE-RSA-CHACHA20-POLY1305',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256: 'ECDHE-RSA-AES128-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA: 'ECDHE-ECDSA-AES128-SHA',
  TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA: 'ECDHE-RSA-AES128-SHA',
  TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA: 'ECDHE-ECDSA-AES256-SHA',
  TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA: 'ECDHE-RSA-AES256-SHA',
  TLS_RSA_WITH_AES_128_GCM_SHA256: 'AES128-GCM-SHA256',
  TLS_RSA_WITH_AES_256_GCM_SHA384: 'AES256-GCM-SHA384',
  TLS_RSA_WITH_AES_128_CBC_SHA256: 'AES128-SHA256',
  TLS_RSA_WITH_AES_128_CBC_SHA: 'AES128-SHA',
  TLS_RSA_WITH_AES_256_CBC_SHA: 'AES256-SHA',
  // Go knows these as insecure; OpenSSL 3 no longer has them, so that choosing them alone leaves nothing for TLS 1.2.
  TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA: 'ECDHE-RSA-DES-CBC3-SHA',
  TLS_RSA_WITH_3DES_EDE_CBC_SHA: 'DES-CBC3-SHA',
  TLS_ECDHE_ECDSA_WITH_RC4_128_SHA: 'ECDHE-ECDSA-RC4-SHA',
  TLS_ECDHE_RSA_WITH_RC4_128_SHA: 'ECDHE-RSA-RC4-SHA',
  TLS_RSA_WITH_RC4_128_SHA: 'RC4-SHA',
};

/** What Go offers unless told otherwise, in its order. */
const defaultCiphers = [
  ...tls13Ciphers,
  'ECDHE-ECDSA-AES128-GCM-SHA256',
  'ECDHE-RSA-AES128-GCM-SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384',
  'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305',
  'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-SHA',
  'ECDHE-RSA-AES128-SHA',
  'ECDHE-ECDSA-AES256-SHA',
  'ECDHE-RSA-AES256-SHA',
];

/** Whether this is a version as Go (`VersionTLS12`) or OpenSSL (`TLSv1.2`) names it. */
export const isTlsVersion = (name: string): boolean => Object.hasOwn(versions, name);

/** The names that are cipher suites of Go's. */
export const knownCipherSuites = (names: readonly string[]): string[] =>
  names.filter((name) => Object.hasOwn(opensslNames, name));

/**
 * What a server shall offer. An empty version means TLS 1.2, an empty list Go's default; with a minimum of TLS 1.3 the list
 * does not matter, nor whether its names are known. Throws an Error on an unknown version or suite.
 */
export const tlsProfile = (minVersion: string, cipherSuites: readonly string[]): TlsProfile => {
  if (minVersion && !isTlsVersion(minVersion))
    throw new Error(`unknown tls version ${JSON.stringify(minVersion)}`);
  const version = versions[minVersion || 'VersionTLS12']!;
  const names = cipherSuites.map((name) => name.trim()).filter(Boolean);
  if (version === 'TLSv1.3') return { minVersion: version, ciphers: tls13Ciphers.join(':') };
  const unknown = names.filter((name) => !Object.hasOwn(opensslNames, name));
  if (unknown.length > 0) throw new Error(`unsupported cipher suites: [${unknown.join(' ')}]`);
  const chosen = names.length > 0 ? names.map((name) => opensslNames[name]!) : defaultCiphers;
  const ciphers = [...new Set([...tls13Ciphers, ...chosen])].join(':');
  // OpenSSL refuses TLS 1.0 and 1.1 at its default security level.
  const old = version === 'TLSv1' || version === 'TLSv1.1';
  // Without any cipher of an older version, that version cannot be spoken, and a level for its ciphers is refused.
  if (chosen.every((name) => tls13Ciphers.includes(name))) return { minVersion: version, ciphers };
  return { minVersion: version, ciphers: old ? `${ciphers}:@SECLEVEL=0` : ciphers };
};
