import { KeyObject, webcrypto } from 'node:crypto';
import type { Extension, JsonGeneralNames, JsonName, X509Certificate } from '@peculiar/x509';
import { loadX509 } from './x509.ts';
import type { X509 } from './x509.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const day = 24 * 60 * 60 * 1000;
const lifetime = 365 * day;

/** A key and its certificate, both PEM. */
export interface KeyPair {
  certificate: string;
  privateKey: string;
}

/** What a certificate is to say. A certificate with names or addresses serves; any one may also be a client's. */
export interface Subject {
  commonName: string;
  organizations?: readonly string[];
  dnsNames?: readonly string[];
  addresses?: readonly string[];
  /** Other dates than those of a good certificate. */
  valid?: { notBefore: Date; notAfter: Date };
}

export interface Authority extends KeyPair {
  issue(subject: Subject): Promise<KeyPair>;
}

const newKeys = (): Promise<webcrypto.CryptoKeyPair> =>
  webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']) as Promise<webcrypto.CryptoKeyPair>;

const privatePem = (keys: webcrypto.CryptoKeyPair): string =>
  KeyObject.from(keys.privateKey).export({ type: 'pkcs8', format: 'pem' }).toString();

/** Dates that tolerate a clock which is an hour behind. */
const validity = (): { notBefore: Date; notAfter: Date } => ({
  notBefore: new Date(Date.now() - day / 24),
  notAfter: new Date(Date.now() + lifetime),
});

const distinguishedName = ({ commonName, organizations = [] }: Subject): JsonName => [
  ...organizations.map((organization) => ({ O: [organization] })),
  { CN: [commonName] },
];

const leafExtensions = (x509: X509, subject: Subject): Extension[] => {
  const names: JsonGeneralNames = [
    ...(subject.dnsNames ?? []).map((value) => ({ type: 'dns' as const, value })),
    ...(subject.addresses ?? []).map((value) => ({ type: 'ip' as const, value })),
  ];
  const usages = [x509.ExtendedKeyUsage.clientAuth];
  if (names.length > 0) usages.push(x509.ExtendedKeyUsage.serverAuth);
  return [
    new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
    new x509.ExtendedKeyUsageExtension(usages),
    ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names)] : []),
  ];
};

const issue = async (
  authority: X509Certificate,
  signingKey: webcrypto.CryptoKey,
  subject: Subject,
): Promise<KeyPair> => {
  const [x509, keys] = await Promise.all([loadX509(), newKeys()]);
  const certificate = await x509.X509CertificateGenerator.create({
    subject: distinguishedName(subject),
    issuer: authority.subjectName.toJSON(),
    publicKey: keys.publicKey,
    signingKey,
    signingAlgorithm: algorithm,
    ...(subject.valid ?? validity()),
    extensions: leafExtensions(x509, subject),
  });
  return { certificate: certificate.toString('pem'), privateKey: privatePem(keys) };
};

/** A new certificate authority with a P-256 key, valid for a year. */
export const createAuthority = async (commonName: string): Promise<Authority> => {
  const [x509, keys] = await Promise.all([loadX509(), newKeys()]);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    name: distinguishedName({ commonName }),
    keys,
    signingAlgorithm: algorithm,
    ...validity(),
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return {
    certificate: certificate.toString('pem'),
    privateKey: privatePem(keys),
    issue: (subject) => issue(certificate, keys.privateKey, subject),
  };
};

/** A P-256 key pair as PEM, for signing and checking service-account tokens. */
export const createSigningKey = async (): Promise<{ publicKey: string; privateKey: string }> => {
  const keys = await newKeys();
  const publicKey = KeyObject.from(keys.publicKey).export({ type: 'spki', format: 'pem' }).toString();
  return { publicKey, privateKey: privatePem(keys) };
};
