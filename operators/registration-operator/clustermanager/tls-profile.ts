import { isTlsVersion, knownCipherSuites } from '../../runtime/process/tls.ts';

/** What operands offer on their TLS ports, in Go's terms. */
export interface OperandTls {
  minVersion: string;
  cipherSuites: string[];
}

const goNames: Record<string, string> = {
  'TLSv1.0': 'VersionTLS10',
  'TLSv1.1': 'VersionTLS11',
  'TLSv1.2': 'VersionTLS12',
  'TLSv1.3': 'VersionTLS13',
};

/**
 * Reads ConfigMap `ocm-tls-profile` (operator.md 1.5). Without it: TLS 1.2 and the operands' own ciphers.
 * @returns the profile, and the cipher suites that nobody knows, for a warning
 * @throws Error on an unknown version, or when none of the ciphers is known
 */
export const parseTlsProfile = (
  data: Record<string, string> | undefined,
): { profile: OperandTls; unknownCiphers: string[] } => {
  const version = data?.minTLSVersion?.trim() || 'VersionTLS12';
  if (!isTlsVersion(version))
    throw new Error(
      `ConfigMap ocm-tls-profile: minTLSVersion ${JSON.stringify(version)} is unknown; use VersionTLS10 to VersionTLS13`,
    );
  const named = (data?.cipherSuites ?? '')
    .split(',')
    .map((name) => name.trim())
    .filter(Boolean);
  const known = knownCipherSuites(named);
  if (named.length > 0 && known.length === 0)
    throw new Error('ConfigMap ocm-tls-profile: none of its cipherSuites is known; use IANA names');
  return {
    profile: { minVersion: goNames[version] ?? version, cipherSuites: known },
    unknownCiphers: named.filter((name) => !known.includes(name)),
  };
};
