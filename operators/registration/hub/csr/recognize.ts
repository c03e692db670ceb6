import { clusterGroup, managedClustersGroup } from '../../../api/identities.ts';
import { label } from '../../../api/names.ts';
import { agentOf, hasClientUsages } from '../../../fleet/identities.ts';
import type { CertificateSigningRequest } from '../../../runtime/client/kubernetes.ts';
import { parseRequest } from '../../../runtime/pki/request.ts';

/** What a request for the certificate of a cluster's agent says. */
export interface AgentRequest {
  clusterName: string;
  commonName: string;
}

/**
 * Reads a request as one for the certificate of a managed cluster's agent; undefined when it is anything else
 * (registration.md 4.4). Names are compared whole, never by prefix, and whatever such a certificate does not need makes
 * it another request: a second name, a foreign group, alternative names, other usages.
 */
export const recognize = (
  request: CertificateSigningRequest,
  signerName: string,
): AgentRequest | undefined => {
  const clusterName = request.metadata.labels?.[label.clusterName];
  if (!clusterName || request.spec.signerName !== signerName || !hasClientUsages(request.spec.usages ?? []))
    return undefined;
  let parsed;
  try {
    parsed = parseRequest(Buffer.from(request.spec.request, 'base64').toString('utf8'));
  } catch {
    return undefined; // what cannot be read is not recognised
  }
  const { commonNames, organizations, organizationalUnits, others } = parsed.subject;
  if (others.length > 0 || organizationalUnits.length > 0 || parsed.extensions.length > 0) return undefined;
  const groups = organizations.filter((organization) => organization !== managedClustersGroup);
  if (groups.length !== 1 || groups[0] !== clusterGroup(clusterName)) return undefined;
  const [commonName, ...more] = commonNames;
  if (commonName === undefined || more.length > 0) return undefined;
  if (agentOf(commonName, clusterName) === undefined) return undefined;
  return { clusterName, commonName };
};
