import { createPrivateKey, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import type { KeyPair } from './issue.ts';

/** A certificate is replaced when less than this part of its lifetime is left (operator.md 4.9). */
const renewalShare = 1 / 5;

/** The certificates of a PEM text, in order; throws when one cannot be read. */
export const certificatesOf = (pem: string): X509Certificate[] =>
  (pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []).map(
    (block) => new X509Certificate(block),
  );

const readable = (pair: KeyPair): X509Certificate | undefined => {
  try {
    const [leaf] = certificatesOf(pair.certificate);
    return leaf?.checkPrivateKey(createPrivateKey(pair.key)) ? leaf : undefined;
  } catch {
    // Whatever it is that cannot be read, the answer is a new pair.
    return undefined;
  }
};

const isDue = ({ validFromDate, validToDate }: X509Certificate, now: Date): boolean => {
  const lifetime = validToDate.getTime() - validFromDate.getTime();
  return now < validFromDate || validToDate.getTime() - now.getTime() < lifetime * renewalShare;
};

/** Why an authority must be made anew; undefined when it serves. */
export const authorityProblem = (pair: KeyPair | undefined, now: Date): string | undefined => {
  if (!pair) return 'missing';
  const certificate = readable(pair);
  if (!certificate?.ca) return 'unusable';
  return isDue(certificate, now) ? 'due for renewal' : undefined;
};

/**
 * The bundle that clients trust: the current authority first, then those before it that are still valid, so that what
 * they signed is trusted until it is replaced.
 * @throws Error when the present bundle cannot be read
 */
export const nextBundle = (present: string | undefined, authority: string, now: Date): string => {
  const [current] = certificatesOf(authority);
  const older = certificatesOf(present ?? '');
  if (present !== undefined && present.trim() !== '' && older.length === 0)
    throw new Error('the CA bundle holds no certificate; delete the ConfigMap to have it made anew');
  const all = [current, ...older].filter((certificate) => certificate !== undefined);
  const unique = all.filter(
    ({ fingerprint256 }, at) => all.findIndex((other) => other.fingerprint256 === fingerprint256) === at,
  );
  return unique
    .filter((certificate) => certificate === current || certificate.validToDate > now)
    .map((certificate) => certificate.toString())
    .join('');
};

const namesOf = (certificate: X509Certificate): string[] =>
  (certificate.subjectAltName ?? '').split(', ').map((name) => name.replace('IP Address:', 'IP:'));

const wantedNames = (hosts: readonly string[]): string[] =>
  hosts.flatMap((host) => (isIP(host) ? [`DNS:${host}`, `IP:${host}`] : [`DNS:${host}`]));

const sameSet = (a: readonly string[], b: readonly string[]): boolean =>
  new Set(a).size === new Set(b).size && a.every((item) => b.includes(item));

/** Why a serving certificate must be issued anew; undefined when it serves. */
export const servingProblem = (
  pair: KeyPair | undefined,
  hosts: readonly string[],
  bundle: string,
  now: Date,
): string | undefined => {
  if (!pair) return 'missing';
  const leaf = readable(pair);
  if (!leaf) return 'unusable';
  if (isDue(leaf, now)) return 'due for renewal';
  if (
    !certificatesOf(bundle).some(
      (authority) => leaf.checkIssued(authority) && leaf.verify(authority.publicKey),
    )
  )
    return 'issued by an authority that is not in the bundle';
  return sameSet(namesOf(leaf), wantedNames(hosts)) ? undefined : 'made for other hosts';
};
