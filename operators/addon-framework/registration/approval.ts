import {
  addonAgentUser,
  addonFleetGroup,
  addonGroup,
  authenticatedGroup,
  serviceAccountUser,
} from '../../api/identities.ts';
import { annotation, label, namespace, serviceAccount, signer } from '../../api/names.ts';
import { agentOf, hasClientUsages } from '../../fleet/identities.ts';
import type { CertificateSigningRequest } from '../../runtime/client/kubernetes.ts';
import { labelValue } from '../../runtime/client/legal-name.ts';
import { parseRequest } from '../../runtime/pki/request.ts';
import { type Subject, namesSubject } from '../../runtime/pki/subject.ts';

/** A certificate that the agent of an add-on may have. */
export interface Credential {
  signerName: string;
  subject: Subject;
}

/** An add-on on the cluster whose agent asks. */
export interface Applicant {
  addon: string;
  cluster: string;
}

const subjectAltName = '2.5.29.17';

/** Who asks for agents that reach the hub by gRPC; whom it asks for stands in an annotation. */
const grpcServer = serviceAccountUser(namespace.hub, serviceAccount.grpcServer);

/** What an add-on's agent is to the hub's API server, unless the add-on says otherwise (addon.md 6.5). */
export const defaultSubject = ({ addon, cluster }: Applicant, agent: string): Subject => ({
  commonName: addonAgentUser(cluster, addon, agent),
  organizations: [addonGroup(cluster, addon), addonFleetGroup(addon)],
});

/** The credential by which an agent speaks to the hub's API server. */
export const kubeCredential = (applicant: Applicant, agent: string): Credential => ({
  signerName: signer.kubeApiServerClient,
  subject: defaultSubject(applicant, agent),
});

/** The user for whom a request was made. */
const requesterOf = ({ metadata, spec }: CertificateSigningRequest): string =>
  spec.username === grpcServer ? (metadata.annotations?.[annotation.csrUser] ?? '') : (spec.username ?? '');

/** Whether a request is one of an add-on's agent on this cluster, by its name and labels (addon.md 7.6). */
export const isRequestOf = (
  { metadata: { name, labels } }: CertificateSigningRequest,
  { addon, cluster }: Applicant,
): boolean =>
  name.startsWith('addon') &&
  labels?.[label.addonName] === labelValue(addon) &&
  labels[label.clusterName] === cluster;

/**
 * Whether a request asks for just this credential on behalf of the cluster's own agent (addon.md 6.5, A23). Names are
 * compared whole and sets of groups as sets; agents of older versions ask for the group of all authenticated users as well,
 * which every user is in anyway.
 */
export const isEntitledTo = (
  request: CertificateSigningRequest,
  applicant: Applicant,
  { signerName, subject }: Credential,
): boolean => {
  if (!isRequestOf(request, applicant) || request.spec.signerName !== signerName) return false;
  if (agentOf(requesterOf(request), applicant.cluster) === undefined) return false;
  if (!hasClientUsages(request.spec.usages ?? [])) return false;
  let parsed;
  try {
    parsed = parseRequest(Buffer.from(request.spec.request, 'base64').toString('utf8'));
  } catch {
    return false; // what cannot be read asks for nothing
  }
  const found = {
    ...parsed.subject,
    organizations: parsed.subject.organizations.filter((each) => each !== authenticatedGroup),
  };
  return (
    found.others.length === 0 &&
    parsed.extensions.every((extension) => extension === subjectAltName) &&
    namesSubject(found, {
      ...subject,
      organizations: subject.organizations.filter((each) => each !== authenticatedGroup),
    })
  );
};
