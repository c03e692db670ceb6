import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { Pkcs10CertificateRequestGenerator } from '@peculiar/x509';

/** A certificate request as an agent makes it, PEM; for tests. */
export const certificateRequest = async (commonName: string, organizations: string[]): Promise<string> => {
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);
  const request = await Pkcs10CertificateRequestGenerator.create({
    name: [{ CN: [commonName] }, ...organizations.map((organization) => ({ O: [organization] }))],
    keys,
    signingAlgorithm: algorithm,
  });
  return request.toString('pem');
};
