import { type KeyObject, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { DerError, contextTag, decode, decodeOid, encode, encodeOid, partsOf, tag } from './der.ts';
import { decodePem, encodePem } from './pem.ts';
import { type ParsedSubject, type Subject, encodeSubject, parseSubject } from './subject.ts';

/** PKCS#10 certificate requests (RFC 2986). */

const oid = {
  ecdsaWithSha256: '1.2.840.10045.4.3.2',
  extensionRequest: '1.2.840.113549.1.9.14',
  subjectAltName: '2.5.29.17',
};
const pemType = 'CERTIFICATE REQUEST';

/** A new EC P-256 private key as `EC PRIVATE KEY` PEM (registration.md 3.3). */
export const generatePrivateKey = (): string =>
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'sec1', format: 'pem' })
    .toString();

const subjectAltNames = (dnsNames: readonly string[]): Buffer => {
  const names = encode(
    tag.sequence,
    ...dnsNames.map((name) => encode(contextTag(2, false), Buffer.from(name, 'latin1'))),
  );
  const extension = encode(tag.sequence, encodeOid(oid.subjectAltName), encode(tag.octetString, names));
  return encode(
    tag.sequence,
    encodeOid(oid.extensionRequest),
    encode(tag.set, encode(tag.sequence, extension)),
  );
};

/** A certificate request in PEM for the P-256 `key`, with DNS names where given. */
export const createRequest = (key: KeyObject, subject: Subject, dnsNames: readonly string[] = []): string => {
  const publicKey = createPublicKey(key).export({ type: 'spki', format: 'der' });
  const attributes = dnsNames.length > 0 ? [subjectAltNames(dnsNames)] : [];
  const info = encode(
    tag.sequence,
    encode(tag.integer, Buffer.from([0])),
    encodeSubject(subject),
    publicKey,
    encode(contextTag(0, true), ...attributes),
  );
  const signature = sign('sha256', info, key);
  return encodePem(
    pemType,
    encode(
      tag.sequence,
      info,
      encode(tag.sequence, encodeOid(oid.ecdsaWithSha256)),
      encode(tag.bitString, Buffer.from([0]), signature),
    ),
  );
};

export interface ParsedRequest {
  subject: ParsedSubject;
  /** Object identifiers of the extensions that the request asks for. */
  extensions: string[];
}

/**
 * Reads a PEM certificate request. Its signature is not checked: the API server does so when a
 * CertificateSigningRequest is created. Throws a DerError or an error of the PEM reader.
 */
export const parseRequest = (pem: string): ParsedRequest => {
  const [info] = decode(decodePem(pem, pemType), tag.sequence);
  const [version, subject, , attributes] = partsOf(info, tag.sequence);
  if (version?.tag !== tag.integer) throw new DerError('the request has no version');
  const extensions: string[] = [];
  for (const attribute of attributes ? partsOf(attributes, contextTag(0, true)) : []) {
    const [type, values] = partsOf(attribute, tag.sequence);
    if (decodeOid(type) !== oid.extensionRequest) continue;
    for (const list of partsOf(values, tag.set)) {
      for (const extension of partsOf(list, tag.sequence)) {
        extensions.push(decodeOid(partsOf(extension, tag.sequence)[0]));
      }
    }
  }
  return { subject: parseSubject(subject), extensions };
};
