import type { CertificateSigningRequest } from '../../operators/runtime/client/kubernetes.ts';
import type { Subject } from './subject.ts';

/** A CSR with the subject of its request, or why that cannot be read. */
export type ReadRequest = { csr: CertificateSigningRequest } & ({ subject: Subject } | { problem: string });

/** Reads the requests; the parser of certificates is loaded only here. */
export const readRequests = async (csrs: CertificateSigningRequest[]): Promise<ReadRequest[]> => {
  if (csrs.length === 0) return [];
  const { subjectOf } = await import('./subject.ts');
  return csrs.map((csr) => {
    try {
      return { csr, subject: subjectOf(Buffer.from(csr.spec.request, 'base64').toString()) };
    } catch (error) {
      return { csr, problem: (error as Error).message };
    }
  });
};
