import { X509Certificate, createPrivateKey } from 'node:crypto';
import { contextTag, decode, partsOf, tag } from './der.ts';
import { decodePemAll, encodePem } from './pem.ts';
import { type ParsedSubject, parseSubject } from './subject.ts';

/** What the agent needs to know of a certificate. */
export interface Certificate {
  subject: ParsedSubject;
  notBefore: Date;
  notAfter: Date;
}

const subjectOf = (der: Buffer): ParsedSubject => {
  const [toBeSigned] = decode(der, tag.sequence);
  const fields = partsOf(toBeSigned, tag.sequence);
  // version is the only optional field before the subject: serial, algorithm, issuer, validity, subject
  const first = fields[0]?.tag === contextTag(0, true) ? 1 : 0;
  return parseSubject(fields[first + 4]);
};

/** The certificates of a PEM chain. Throws when there is none or one cannot be read. */
export const parseChain = (pem: string): Certificate[] => {
  const chain = decodePemAll(pem, 'CERTIFICATE').map((der) => {
    const certificate = new X509Certificate(der);
    return {
      subject: subjectOf(der),
      notBefore: new Date(certificate.validFrom),
      notAfter: new Date(certificate.validTo),
    };
  });
  if (chain.length === 0) throw new Error('there is no certificate in the PEM data');
  return chain;
};

/** Whether the first certificate of the chain was issued for this private key. Throws when one cannot be read. */
export const isKeyPair = (chainPem: string, keyPem: string): boolean => {
  const [leaf] = decodePemAll(chainPem, 'CERTIFICATE');
  if (!leaf) throw new Error('there is no certificate in the PEM data');
  return new X509Certificate(encodePem('CERTIFICATE', leaf)).checkPrivateKey(createPrivateKey(keyPem));
};

/** When the whole chain is valid: from its latest NotBefore to its earliest NotAfter. */
export const validityOf = (chain: readonly Certificate[]): { notBefore: Date; notAfter: Date } => ({
  notBefore: new Date(Math.max(...chain.map(({ notBefore }) => notBefore.getTime()))),
  notAfter: new Date(Math.min(...chain.map(({ notAfter }) => notAfter.getTime()))),
});
