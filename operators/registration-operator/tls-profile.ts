import { isTlsVersion, knownCipherSuites } from '../runtime/process/serving/tls.ts';

/** What operands and agents offer on their TLS ports, in Go's terms. */
export interface TlsSettings {
  minVersion: string;
  cipherSuites: string[];
}

/** The profile cannot be used; the message names the ConfigMap and its key, and says what to do. */
export class TlsProfileError extends Error {
  override readonly name = 'TlsProfileError';
}

const goNames: Record<string, string> = {
  'TLSv1.0': 'VersionTLS10',
  'TLSv1.1': 'VersionTLS11',
  'TLSv1.2': 'VersionTLS12',
  'TLSv1.3': 'VersionTLS13',
};

/**
 * Reads the data of ConfigMap `ocm-tls-profile` (operator.md 1.5). Without any: TLS 1.2 and the operands' own ciphers.
 * @returns the profile, and the cipher suites that nobody knows, for a warning
 * @throws TlsProfileError on an unknown version, or when none of the ciphers is known
 */
export const parseTlsProfile = (
  data: Record<string, string> | undefined,
): { profile: TlsSettings; unknownCiphers: string[] } => {
  const version = data?.minTLSVersion?.trim() || 'VersionTLS12';
  if (!isTlsVersion(version))
    throw new TlsProfileError(
      `ConfigMap ocm-tls-profile: minTLSVersion ${JSON.stringify(version)} is unknown; use VersionTLS10 to VersionTLS13`,
    );
  const named = (data?.cipherSuites ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const known = knownCipherSuites(named);
  if (named.length > 0 && known.length === 0)
    throw new TlsProfileError('ConfigMap ocm-tls-profile: none of its cipherSuites is known; use IANA names');
  return {
    profile: { minVersion: goNames[version] ?? version, cipherSuites: known },
    unknownCiphers: named.filter((name) => !known.includes(name)),
  };
};
