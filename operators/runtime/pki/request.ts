import { type KeyObject, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import * as der from './der.ts';
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
  const names = der.sequence(...dnsNames.map((name) => der.implicitTag(2, Buffer.from(name, 'latin1'))));
  const extension = der.sequence(der.objectIdentifier(oid.subjectAltName), der.octetString(names));
  return der.sequence(der.objectIdentifier(oid.extensionRequest), der.setOf(der.sequence(extension)));
};

/** A certificate request in PEM for the P-256 `key`, with DNS names where given. */
export const createRequest = (key: KeyObject, subject: Subject, dnsNames: readonly string[] = []): string => {
  const info = der.sequence(
    der.integer(0),
    encodeSubject(subject),
    createPublicKey(key).export({ type: 'spki', format: 'der' }),
    der.explicitTag(0, ...(dnsNames.length > 0 ? [subjectAltNames(dnsNames)] : [])),
  );
  const algorithm = der.sequence(der.objectIdentifier(oid.ecdsaWithSha256));
  return encodePem(pemType, der.sequence(info, algorithm, der.bitString(sign('sha256', info, key))));
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
  const [info] = der.decode(decodePem(pem, pemType), der.tag.sequence);
  const [version, subject, , attributes] = der.partsOf(info, der.tag.sequence);
  if (version?.tag !== der.tag.integer) throw new der.DerError('the request has no version');
  const extensions: string[] = [];
  for (const attribute of attributes ? der.partsOf(attributes, der.contextTag(0, true)) : []) {
    const [type, values] = der.partsOf(attribute, der.tag.sequence);
    if (der.decodeOid(type) !== oid.extensionRequest) continue;
    for (const list of der.partsOf(values, der.tag.set)) {
      for (const extension of der.partsOf(list, der.tag.sequence)) {
        extensions.push(der.decodeOid(der.partsOf(extension, der.tag.sequence)[0]));
      }
    }
  }
  return { subject: parseSubject(subject), extensions };
};
