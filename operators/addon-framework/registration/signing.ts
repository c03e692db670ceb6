import { type KeyObject, X509Certificate, createPrivateKey, randomBytes, sign } from 'node:crypto';
import * as der from '../../runtime/pki/der.ts';
import { decodePem, encodePem } from '../../runtime/pki/pem.ts';
import { extension } from '../../runtime/pki/x509.ts';

/** A signer's certificate and private key, both PEM. */
export interface SigningAuthority {
  certificate: string;
  key: string;
}

export interface SigningOptions {
  /** Milliseconds for which the certificate is valid, unless the authority ends before; default a day. */
  validityMs?: number;
  now?: Date;
}

const dayMs = 24 * 3_600_000;
/** For agents whose clock is behind. */
const skewMs = 5 * 60_000;
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

/** The subject of a certificate, as its bytes are. */
const subjectOf = (certificate: X509Certificate): Buffer => {
  const [body] = der.decode(certificate.raw, der.tag.sequence);
  const fields = der.partsOf(body, der.tag.sequence);
  // version is the only optional field before it
  const first = fields[0]?.tag === der.contextTag(0, true) ? 1 : 0;
  return der.sequence(fields[first + 4]!.content);
};

const extensions = (): Buffer =>
  der.sequence(
    extension('2.5.29.15', true, der.bitString(Buffer.from([0xa0]), 5)), // digitalSignature, keyEncipherment
    extension(
      '2.5.29.37',
      false,
      der.sequence(der.objectIdentifier(oid.serverAuth), der.objectIdentifier(oid.clientAuth)),
    ),
    extension('2.5.29.19', true, der.sequence()), // no CA
  );

/**
 * Signs a certificate request in PEM as an add-on's own signer (addon.md 6.6, A16): its subject and key, and nothing else
 * of what it asks for. Returns the certificate in PEM.
 * @throws when the request cannot be read, key and certificate of the authority do not belong together, or it has expired
 */
export const signRequest = (
  request: string,
  authority: SigningAuthority,
  { validityMs = dayMs, now = new Date() }: SigningOptions = {},
): string => {
  const issuer = new X509Certificate(authority.certificate);
  const key = createPrivateKey(authority.key);
  if (!issuer.checkPrivateKey(key))
    throw new Error('tls.key of the signing CA does not belong to its tls.crt');
  const [info] = der.decode(decodePem(request, 'CERTIFICATE REQUEST'), der.tag.sequence);
  const [, subject, publicKey] = der.partsOf(info, der.tag.sequence);
  if (subject?.tag !== der.tag.sequence || publicKey?.tag !== der.tag.sequence)
    throw new der.DerError('the request has no subject or no key');
  const ends = new Date(Math.min(now.getTime() + validityMs, new Date(issuer.validTo).getTime()));
  if (ends <= now) throw new Error(`the signing CA expired at ${issuer.validTo}`);
  const begins = new Date(Math.max(now.getTime() - skewMs, new Date(issuer.validFrom).getTime()));
  const { id, digest } = algorithmOf(key);
  const body = der.sequence(
    der.explicitTag(0, der.integer(2)), // version 3
    der.integer(randomBytes(16)),
    id,
    subjectOf(issuer),
    der.sequence(der.time(begins), der.time(ends)),
    der.sequence(subject.content),
    der.sequence(publicKey.content),
    der.explicitTag(3, extensions()),
  );
  return encodePem('CERTIFICATE', der.sequence(body, id, der.bitString(sign(digest, body, key))));
};
