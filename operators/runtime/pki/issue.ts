import { type KeyObject, type X509Certificate, randomBytes, sign } from 'node:crypto';
import * as der from './der.ts';
import { encodePem } from './pem.ts';
import { extension } from './x509.ts';

/** Certificates for those who asked for one, as Kubernetes' own signer makes them. */

/** A signer's certificate and private key, both PEM; of several certificates the first is the one that signs. */
export interface Authority {
  certificate: string;
  key: string;
}

const oid = { serverAuth: '1.3.6.1.5.5.7.3.1', clientAuth: '1.3.6.1.5.5.7.3.2' };

/** How a key signs: the identifier of the algorithm, and the digest that it signs. */
const algorithmOf = (key: KeyObject): { id: Buffer; digest: string | null } => {
  const id = (dotted: string, ...parameters: Buffer[]) =>
    der.sequence(der.objectIdentifier(dotted), ...parameters);
  const none = Buffer.from([0x05, 0x00]);
  const type: string = key.asymmetricKeyType ?? 'secret';
  switch (type) {
    case 'rsa':
      return { id: id('1.2.840.113549.1.1.11', none), digest: 'sha256' };
    case 'ec': {
      const curve = key.asymmetricKeyDetails?.namedCurve;
      if (curve === 'secp384r1') return { id: id('1.2.840.10045.4.3.3'), digest: 'sha384' };
      if (curve === 'secp521r1') return { id: id('1.2.840.10045.4.3.4'), digest: 'sha512' };
      return { id: id('1.2.840.10045.4.3.2'), digest: 'sha256' };
    }
    case 'ed25519':
      return { id: id('1.3.101.112'), digest: null };
    default:
      throw new Error(`a signing key of type ${type} cannot be used; take RSA, ECDSA or Ed25519`);
  }
};

/** The subject of a certificate as it stands there, to the byte: who checks a chain compares it so. */
const subjectOf = (certificate: X509Certificate): Buffer => {
  const [body] = der.decode(certificate.raw, der.tag.sequence);
  const fields = der.partsOf(body, der.tag.sequence);
  // version is the only optional field before it
  const first = fields[0]?.tag === der.contextTag(0, true) ? 1 : 0;
  return der.encodeValue(fields[first + 4]!);
};

const usages = (): Buffer[] => [
  extension('2.5.29.15', true, der.bitString(Buffer.from([0xa0]), 5)), // digitalSignature, keyEncipherment
  extension(
    '2.5.29.37',
    false,
    der.sequence(der.objectIdentifier(oid.serverAuth), der.objectIdentifier(oid.clientAuth)),
  ),
  extension('2.5.29.19', true, der.sequence()), // no CA
];

export interface Issued {
  /** DER. */
  subject: Buffer;
  /** DER, with its algorithm. */
  publicKey: Buffer;
  notBefore: Date;
  notAfter: Date;
  /** DER of extensions beside the usages of servers and clients. */
  extensions?: Buffer[];
}

/**
 * A certificate, PEM, that `key`, the one of `issuer`, signs.
 * @throws Error when keys of this type are not known
 */
export const issue = (
  issuer: X509Certificate,
  key: KeyObject,
  { subject, publicKey, notBefore, notAfter, extensions = [] }: Issued,
): string => {
  const { id, digest } = algorithmOf(key);
  const body = der.sequence(
    der.explicitTag(0, der.integer(2)), // version 3
    der.integer(randomBytes(16)),
    id,
    subjectOf(issuer),
    der.sequence(der.time(notBefore), der.time(notAfter)),
    subject,
    publicKey,
    der.explicitTag(3, der.sequence(...usages(), ...extensions)),
  );
  return encodePem('CERTIFICATE', der.sequence(body, id, der.bitString(sign(digest, body, key))));
};
