import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';
import { isIPv4 } from 'node:net';
import * as der from '../../pki/der.ts';
import { encodePem } from '../../pki/pem.ts';
import { extension, nameOf, serverAuth } from '../../pki/x509.ts';

export interface KeyPair {
  /** PEM. */
  cert: string;
  /** PEM, PKCS #8. */
  key: string;
}

const yearMs = 365 * 24 * 3_600_000;

/** A self-signed ECDSA P-256 serving certificate, valid for a year from an hour ago, made in about a millisecond. */
export const selfSignedCertificate = (names: string[], now: Date = new Date()): KeyPair => {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const ecdsaWithSha256 = der.sequence(der.objectIdentifier('1.2.840.10045.4.3.2'));
  const commonName = nameOf(`${names[0]}@${Math.floor(now.getTime() / 1000)}`);
  const validity = der.sequence(
    der.time(new Date(now.getTime() - 3_600_000)),
    der.time(new Date(now.getTime() + yearMs)),
  );
  const extensions = der.sequence(
    extension('2.5.29.15', true, der.bitString(Buffer.from([0x80]), 7)), // digitalSignature
    serverAuth(),
    extension('2.5.29.19', true, der.sequence()), // no CA
    extension('2.5.29.17', false, der.sequence(...names.map(alternativeName))),
  );
  const body = der.sequence(
    der.explicitTag(0, der.integer(2)), // version 3
    der.integer(randomBytes(16)),
    ecdsaWithSha256,
    commonName,
    validity,
    commonName,
    publicKey.export({ type: 'spki', format: 'der' }),
    der.explicitTag(3, extensions),
  );
  const signature = sign('sha256', body, privateKey);
  return {
    cert: encodePem('CERTIFICATE', der.sequence(body, ecdsaWithSha256, der.bitString(signature))),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
};

const alternativeName = (name: string): Buffer =>
  isIPv4(name)
    ? der.implicitTag(7, Buffer.from(name.split('.').map(Number)))
    : der.implicitTag(2, Buffer.from(name, 'ascii'));
