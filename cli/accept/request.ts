import type { CertificateSigningRequest } from '../../operators/runtime/client/kubernetes.ts';

/** Who a CSR asks a certificate for. */
export interface Subject {
  commonName: string;
  organizations: string[];
}

/** A CSR with the subject of its request, or why that cannot be read. */
export type ReadRequest = { csr: CertificateSigningRequest } & ({ subject: Subject } | { problem: string });

/** Reads the requests; the parser of certificates is loaded only here. */
export const readRequests = async (csrs: CertificateSigningRequest[]): Promise<ReadRequest[]> => {
  if (csrs.length === 0) return [];
  await import('reflect-metadata');
  const { Pkcs10CertificateRequest } = await import('@peculiar/x509');
  return csrs.map((csr) => {
    try {
      const pem = Buffer.from(csr.spec.request, 'base64').toString();
      const { subjectName } = new Pkcs10CertificateRequest(pem);
      const [commonName, ...others] = subjectName.getField('CN');
      if (!commonName || others.length > 0) throw new Error('its request must have one common name');
      return { csr, subject: { commonName, organizations: subjectName.getField('O') } };
    } catch (error) {
      return { csr, problem: (error as Error).message };
    }
  });
};
