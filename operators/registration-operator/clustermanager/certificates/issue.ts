import { createHash, generateKeyPair, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { createPrivateKey } from 'node:crypto';
import { isIP } from 'node:net';
import { promisify } from 'node:util';
import * as der from '../../../runtime/pki/der.ts';
import { encodePem } from '../../../runtime/pki/pem.ts';
import { extension, nameOf, serverAuth } from '../../../runtime/pki/x509.ts';

/** A certificate, which may be followed by its authority's, and its private key, both PEM. */
export interface KeyPair {
  certificate: string;
  key: string;
}

const generate = promisify(generateKeyPair);
const sha256WithRsa = der.sequence(der.objectIdentifier('1.2.840.113549.1.1.11'), Buffer.from([0x05, 0x00]));
const clockSkewMs = 1000;

const basicConstraints = (isAuthority: boolean): Buffer =>
  extension('2.5.29.19', true, isAuthority ? der.sequence(der.boolean(true)) : der.sequence());

/** digitalSignature and keyEncipherment, with keyCertSign for an authority. */
const keyUsage = (isAuthority: boolean): Buffer =>
  extension(
    '2.5.29.15',
    true,
    isAuthority ? der.bitString(Buffer.from([0xa4]), 2) : der.bitString(Buffer.from([0xa0]), 5),
  );

const identifierOf = (publicKey: KeyObject): Buffer =>
  createHash('sha256')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest()
    .subarray(0, 20);
const subjectIdentifier = (publicKey: KeyObject): Buffer =>
  extension('2.5.29.14', false, der.octetString(identifierOf(publicKey)));
const authorityIdentifier = (publicKey: KeyObject): Buffer =>
  extension('2.5.29.35', false, der.sequence(der.implicitTag(0, identifierOf(publicKey))));

const addressBytes = (address: string): Buffer => {
  if (isIP(address) === 4) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail] = address.split('::');
  const groups = (text: string | undefined) => (text ? text.split(':') : []);
  const missing = 8 - groups(head).length - groups(tail).length;
  const all = [
    ...groups(head),
    ...Array<string>(tail === undefined ? 0 : missing).fill('0'),
    ...groups(tail),
  ];
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex');
};

/** Addresses are names as well, for clients that look only at those (operator.md 4.9). */
const alternativeNames = (hosts: readonly string[]): Buffer =>
  extension(
    '2.5.29.17',
    false,
    der.sequence(
      ...hosts.map((host) => der.implicitTag(2, Buffer.from(host, 'ascii'))),
      ...hosts.filter((host) => isIP(host) !== 0).map((host) => der.implicitTag(7, addressBytes(host))),
    ),
  );

interface Content {
  subject: Buffer;
  issuer: Buffer;
  publicKey: KeyObject;
  signer: KeyObject;
  notBefore: Date;
  notAfter: Date;
  extensions: Buffer[];
}

const certificateOf = ({
  subject,
  issuer,
  publicKey,
  signer,
  notBefore,
  notAfter,
  extensions,
}: Content): string => {
  const serial = randomBytes(16);
  serial[0] = (serial[0] as number) & 0x7f;
  const body = der.sequence(
    der.explicitTag(0, der.integer(2)),
    der.integer(serial),
    sha256WithRsa,
    issuer,
    der.sequence(der.time(notBefore), der.time(notAfter)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    der.explicitTag(3, der.sequence(...extensions)),
  );
  return encodePem(
    'CERTIFICATE',
    der.sequence(body, sha256WithRsa, der.bitString(sign('sha256', body, signer))),
  );
};

const exported = (privateKey: KeyObject): string =>
  privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;

/** A self-signed authority, RSA 2048 with SHA-256, named after its time (operator.md 4.9). */
export const createAuthority = async (now: Date, validityMs: number): Promise<KeyPair> => {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: 2048 });
  const subject = nameOf(`cluster-manager-webhook@${Math.floor(now.getTime() / 1000)}`);
  const certificate = certificateOf({
    subject,
    issuer: subject,
    publicKey,
    signer: privateKey,
    notBefore: new Date(now.getTime() - clockSkewMs),
    notAfter: new Date(now.getTime() + validityMs),
    extensions: [
      basicConstraints(true),
      keyUsage(true),
      subjectIdentifier(publicKey),
      authorityIdentifier(publicKey),
    ],
  });
  return { certificate, key: exported(privateKey) };
};

/**
 * A serving certificate for these hosts, followed by its authority's; it does not outlive the authority. Its common
 * name is the first host in sorted order.
 */
export const issueServing = async (
  authority: KeyPair,
  hosts: readonly string[],
  now: Date,
  validityMs: number,
): Promise<KeyPair> => {
  const { publicKey, privateKey } = await generate('rsa', { modulusLength: 2048 });
  const issuer = new X509Certificate(authority.certificate);
  const sorted = hosts.toSorted();
  const certificate = certificateOf({
    subject: nameOf(sorted[0] ?? ''),
    issuer: subjectOf(authority.certificate),
    publicKey,
    signer: createPrivateKey(authority.key),
    notBefore: new Date(now.getTime() - clockSkewMs),
    notAfter: new Date(Math.min(now.getTime() + validityMs, issuer.validToDate.getTime())),
    extensions: [
      basicConstraints(false),
      keyUsage(false),
      serverAuth(),
      subjectIdentifier(publicKey),
      authorityIdentifier(issuer.publicKey),
      alternativeNames(sorted),
    ],
  });
  return { certificate: certificate + authority.certificate, key: exported(privateKey) };
};

/** The subject of an authority of ours, which has a common name and nothing else. */
const subjectOf = (certificate: string): Buffer => {
  const [, commonName = ''] = /^CN=(.*)$/m.exec(new X509Certificate(certificate).subject) ?? [];
  return nameOf(commonName);
};
