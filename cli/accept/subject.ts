import 'reflect-metadata';
import { Pkcs10CertificateRequest } from '@peculiar/x509';

/** Who a CSR asks a certificate for. */
export interface Subject {
  commonName: string;
  organizations: string[];
}

/**
 * Whom a certificate request, in PEM, is for.
 * @throws Error when it cannot be read, or names nobody or several
 */
export const subjectOf = (pem: string): Subject => {
  const { subjectName } = new Pkcs10CertificateRequest(pem);
  const [commonName, ...others] = subjectName.getField('CN');
  if (!commonName || others.length > 0) throw new Error('its request must have one common name');
  return { commonName, organizations: subjectName.getField('O') };
};
