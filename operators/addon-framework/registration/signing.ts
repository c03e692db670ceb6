import { X509Certificate, createPrivateKey } from 'node:crypto';
import * as der from '../../runtime/pki/der.ts';
import { type Authority, issue } from '../../runtime/pki/issue.ts';
import { decodePem } from '../../runtime/pki/pem.ts';

export interface SigningOptions {
  /** Milliseconds for which the certificate is valid, unless the authority ends before; default a day. */
  validityMs?: number;
  now?: Date;
}

const dayMs = 24 * 3_600_000;
/** For agents whose clock is behind. */
const skewMs = 5 * 60_000;
/**
 * Signs a certificate request in PEM as an add-on's own signer (addon.md 6.6, A16): its subject and key, and nothing else
 * of what it asks for. Returns the certificate in PEM.
 * @throws when the request cannot be read, key and certificate of the authority do not belong together, or it has expired
 */
export const signRequest = (
  request: string,
  authority: Authority,
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
  return issue(issuer, key, {
    subject: der.encodeValue(subject),
    publicKey: der.encodeValue(publicKey),
    notBefore: begins,
    notAfter: ends,
  });
};
