import { webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CertificateSigningRequest,
  certificateSigningRequests,
} from '../../../operators/runtime/client/kubernetes.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import type { KeyPair } from '../../cluster/certificates.ts';
import type { ControlPlane } from '../../cluster/index.ts';
import { loadX509 } from '../../cluster/x509.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const der = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');

interface Validity {
  notBefore: Date;
  notAfter: Date;
}

const fromNow = (hours: number): Date => new Date(Date.now() + hours * 3_600_000);

/** Of a certificate that has expired. */
export const over = (): Validity => ({ notBefore: fromNow(-2), notAfter: fromNow(-1) });

/** Of a certificate that is to be replaced at once, and serves until then however long that takes. */
export const ending = (): Validity => ({ notBefore: fromNow(-24), notAfter: fromNow(3) });

/** The authority that signs client certificates of a cluster. */
export const authorityOf = async ({ folder }: ControlPlane): Promise<KeyPair> => {
  const [certificate, privateKey] = await Promise.all(
    ['ca.crt', 'ca.key'].map((file) => readFile(join(folder, 'pki', file), 'utf8')),
  );
  return { certificate: certificate!, privateKey: privateKey! };
};

/** Signs a request with dates of the test's choice: whoever signs by himself leaves it alone when it is approved. */
export const sign = async (
  hub: Client,
  { certificate, privateKey }: KeyPair,
  { metadata, spec }: CertificateSigningRequest,
  valid: Validity,
): Promise<void> => {
  const x509 = await loadX509();
  const request = new x509.Pkcs10CertificateRequest(Buffer.from(spec.request, 'base64').toString());
  const signed = await x509.X509CertificateGenerator.create({
    subject: request.subject,
    issuer: new x509.X509Certificate(certificate).subject,
    publicKey: await request.publicKey.export(),
    signingKey: (await webcrypto.subtle.importKey('pkcs8', der(privateKey), algorithm, false, [
      'sign',
    ])) as webcrypto.CryptoKey,
    signingAlgorithm: algorithm,
    ...valid,
    extensions: [
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.clientAuth]),
    ],
  });
  await hub.patch(
    certificateSigningRequests,
    metadata,
    {
      type: 'merge',
      body: { status: { certificate: Buffer.from(signed.toString('pem')).toString('base64') } },
    },
    { subresource: 'status' },
  );
};
