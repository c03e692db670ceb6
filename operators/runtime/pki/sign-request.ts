import { X509Certificate, createPrivateKey, createPublicKey, verify } from 'node:crypto';
import * as der from './der.ts';
import { type Authority, issue } from './issue.ts';
import { decodePem } from './pem.ts';

const oid = { subjectAltName: '2.5.29.17', extensionRequest: '1.2.840.113549.1.9.14' };

/** Digest by the object identifier of the signature of a request. */
const digests: Record<string, string | null> = {
  '1.2.840.113549.1.1.11': 'sha256',
  '1.2.840.113549.1.1.12': 'sha384',
  '1.2.840.113549.1.1.13': 'sha512',
  '1.2.840.10045.4.3.2': 'sha256',
  '1.2.840.10045.4.3.3': 'sha384',
  '1.2.840.10045.4.3.4': 'sha512',
  '1.3.101.112': null, // Ed25519
};

interface Request {
  info: Buffer;
  subject: Buffer;
  publicKey: Buffer;
  /** The extension with alternative names, if the request has one. */
  alternativeNames: Buffer | undefined;
  algorithm: string;
  signature: Buffer;
}

const alternativeNamesIn = (attributes: der.Value | undefined): Buffer | undefined => {
  for (const attribute of attributes ? der.partsOf(attributes, der.contextTag(0, true)) : []) {
    const [type, values] = der.partsOf(attribute, der.tag.sequence);
    if (der.decodeOid(type) !== oid.extensionRequest) continue;
    for (const list of der.partsOf(values, der.tag.set))
      for (const each of der.partsOf(list, der.tag.sequence))
        if (der.decodeOid(der.partsOf(each, der.tag.sequence)[0]) === oid.subjectAltName)
          return der.encodeValue(each);
  }
  return undefined;
};

const read = (pem: string): Request => {
  const [info, algorithm, signature] = der.decode(decodePem(pem, 'CERTIFICATE REQUEST'), der.tag.sequence);
  const [, subject, publicKey, attributes] = der.partsOf(info, der.tag.sequence);
  if (!info || !subject || !publicKey || signature?.tag !== der.tag.bitString)
    throw new der.DerError('the request is incomplete');
  return {
    info: der.encodeValue(info),
    subject: der.encodeValue(subject),
    publicKey: der.encodeValue(publicKey),
    alternativeNames: alternativeNamesIn(attributes),
    algorithm: der.decodeOid(der.partsOf(algorithm, der.tag.sequence)[0]),
    signature: signature.content.subarray(1),
  };
};

/** Whether who made the request has the key that it names. */
const isSignedByItsKey = ({ info, publicKey, algorithm, signature }: Request): boolean => {
  const digest = digests[algorithm];
  if (digest === undefined)
    throw new der.DerError(`the request is signed with ${algorithm}, which is not known`);
  return verify(digest, info, createPublicKey({ key: publicKey, format: 'der', type: 'spki' }), signature);
};

/**
 * A certificate, PEM, for a certificate request: its subject and alternative names, from now on for `durationMs`, though
 * not longer than the authority lives (registration.md 5.2).
 * @throws Error when the request cannot be read or is not signed by its key, when the authority has expired, or when its key
 * is not its own
 */
export const signRequest = (
  pem: string,
  authority: Authority,
  durationMs: number,
  now = new Date(),
): string => {
  const request = read(pem);
  if (!isSignedByItsKey(request)) throw new Error('the request is not signed by the key that it names');
  const issuer = new X509Certificate(authority.certificate);
  const key = createPrivateKey(authority.key);
  if (!issuer.checkPrivateKey(key))
    throw new Error('the key of the authority is not that of its certificate');
  if (now > issuer.validToDate)
    throw new Error(`the authority has expired at ${issuer.validToDate.toISOString()}; renew it`);
  return issue(issuer, key, {
    subject: request.subject,
    publicKey: request.publicKey,
    notBefore: now,
    notAfter: new Date(Math.min(now.getTime() + durationMs, issuer.validToDate.getTime())),
    extensions: request.alternativeNames && [request.alternativeNames],
  });
};
