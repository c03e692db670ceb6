import { type Certificate, parseChain, validityOf } from '../../../runtime/pki/certificate.ts';
import { type Subject, namesSubject } from '../../../runtime/pki/subject.ts';
import { grpcConfigFile } from '../grpc-paths.ts';
import type { SecretData } from './driver.ts';

const textOf = (data: SecretData, key: string): string | undefined =>
  data[key] === undefined ? undefined : Buffer.from(data[key], 'base64').toString('utf8');

/** Why a new certificate is needed, as the names of log records say it (registration.md 9). */
export interface Need {
  reason: 'NoValidCertificateFound' | 'AdditonalSecretDataChanged' | 'CertificateRotationStarted';
  message: string;
}

export type Freshness =
  | { fresh: false; need: Need }
  /** `rotateAt`: when the share of life that is left falls to the threshold. */
  | { fresh: true; rotateAt: Date };

const stale = (reason: Need['reason'], message: string): Freshness => ({
  fresh: false,
  need: { reason, message },
});

/** The configuration for gRPC is there or not: by that a certificate for one way to the hub is told from one for the other. */
const differing = (data: SecretData, additional: Readonly<Record<string, string>>): string | undefined =>
  [...Object.keys(additional), grpcConfigFile].find((key) => textOf(data, key) !== additional[key]);

const chainOf = (data: SecretData): Certificate[] | undefined => {
  const certificate = textOf(data, 'tls.crt');
  if (certificate === undefined || data['tls.key'] === undefined) return undefined;
  try {
    return parseChain(certificate);
  } catch {
    return undefined; // what cannot be read is replaced, like what is missing
  }
};

/**
 * Whether the certificate of a secret can stay (registration.md 3.6): it is there, valid, of this subject, the other
 * data of the secret is as it should be, and more than `threshold` (0 to 1) of its life is left.
 */
export const freshnessOf = (
  data: SecretData,
  wanted: { subject: Subject; additional: Readonly<Record<string, string>> },
  threshold: number,
  now: Date,
): Freshness => {
  const chain = chainOf(data);
  if (!chain?.[0]) return stale('NoValidCertificateFound', 'there is no readable certificate with its key');
  const { notBefore, notAfter } = validityOf(chain);
  if (now > notAfter)
    return stale('NoValidCertificateFound', `the certificate expired at ${notAfter.toISOString()}`);
  if (!namesSubject(chain[0].subject, wanted.subject))
    return stale('NoValidCertificateFound', `the certificate is not of ${wanted.subject.commonName}`);
  const key = differing(data, wanted.additional);
  if (key !== undefined) return stale('AdditonalSecretDataChanged', `${key} is missing or has changed`);
  const life = notAfter.getTime() - notBefore.getTime();
  const rotateAt = new Date(notAfter.getTime() - life * threshold);
  if (now >= rotateAt)
    return stale('CertificateRotationStarted', `the certificate expires at ${notAfter.toISOString()}`);
  return { fresh: true, rotateAt };
};

/** A threshold from [0.20, 0.25), so that a fleet does not rotate at one moment. */
export const drawThreshold = (random = Math.random): number => 0.2 + 0.05 * random();
