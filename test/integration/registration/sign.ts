import { webcrypto } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type CertificateSigningRequest,
  certificateSigningRequests,
} from '../../../operators/runtime/client/kubernetes.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import type { ControlPlane } from '../../cluster/index.ts';
import { loadX509 } from '../../cluster/x509.ts';

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

const der = (pem: string): Buffer => Buffer.from(pem.replaceAll(/-----[^-]+-----|\s/g, ''), 'base64');

/**
 * Signs a request as the authority of its cluster, with dates of the test's choice: the cluster's own signer then leaves it
 * alone when it is approved.
 */
export const sign = async (
  hub: Client,
  controlPlane: ControlPlane,
  { metadata, spec }: CertificateSigningRequest,
  valid: { notBefore: Date; notAfter: Date },
): Promise<void> => {
  const x509 = await loadX509();
  const pki = join(controlPlane.folder, 'pki');
  const [certificate, key] = await Promise.all(
    ['ca.crt', 'ca.key'].map((file) => readFile(join(pki, file), 'utf8')),
  );
  const request = new x509.Pkcs10CertificateRequest(Buffer.from(spec.request, 'base64').toString());
  const signed = await x509.X509CertificateGenerator.create({
    subject: request.subject,
    issuer: new x509.X509Certificate(certificate!).subject,
    publicKey: await request.publicKey.export(),
    signingKey: (await webcrypto.subtle.importKey('pkcs8', der(key!), algorithm, false, [
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
