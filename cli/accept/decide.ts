import { agentUser, clusterGroup, managedClustersGroup } from '../../operators/api/identities.ts';
import type { CertificateSigningRequest } from '../../operators/runtime/client/kubernetes.ts';
import type { ReadRequest } from './request.ts';
import type { Subject } from './subject.ts';

export interface ApprovalFlags {
  skipApproveCheck: boolean;
  requesters: string[];
}

/** Who may ask for a cluster's first certificate (cli.md 6 step 3); compared whole, since a prefix is no identity. */
const BOOTSTRAP_USERS = [
  /^system:bootstrap:[^:]+$/,
  /^system:serviceaccount:open-cluster-management:agent-registration-bootstrap$/,
  /^system:serviceaccount:open-cluster-management-hub:grpc-server-sa$/,
];
const BOOTSTRAP_GROUPS = [
  'system:bootstrappers:managedcluster',
  'system:serviceaccounts:open-cluster-management',
  'system:serviceaccounts:open-cluster-management-hub',
];
const SIGNERS = ['kubernetes.io/kube-apiserver-client', 'open-cluster-management.io/grpc'];

/** Whether somebody asks who may join clusters. */
const fromBootstrapIdentity = ({ spec }: CertificateSigningRequest): boolean =>
  BOOTSTRAP_USERS.some((pattern) => pattern.test(spec.username ?? '')) &&
  BOOTSTRAP_GROUPS.some((group) => spec.groups?.includes(group));

const uninvited = ({ metadata, spec }: CertificateSigningRequest): string =>
  `csr ${metadata.name} was made by ${spec.username}, who may not join clusters; --skip-approve-check approves it nevertheless`;

/**
 * Why a request is none of an agent of the cluster, whatever its label says; undefined when it is one. Whoever joins
 * one cluster must not receive the certificate of another (registration.md 0.1).
 */
const foreignSubject = (
  cluster: string,
  { commonName, organizations }: Subject,
  signer: string,
): string | undefined => {
  const groups = [clusterGroup(cluster), managedClustersGroup];
  const stranger = organizations.find((organization) => !groups.includes(organization));
  if (stranger !== undefined) return `asks for the group ${stranger}`;
  const agents = agentUser(cluster, '');
  const agent = commonName.slice(agents.length);
  if (!commonName.startsWith(agents) || !agent || agent.includes(':'))
    return `asks for the user ${commonName}`;
  return SIGNERS.includes(signer) ? undefined : `asks the signer ${signer}`;
};

/**
 * The CSRs that concern a ManagedCluster as it is now. A cluster that left and joined again under its name has CSRs of
 * its former life, decided long ago: they say nothing about the present one.
 */
export const ofPresentLife = (
  csrs: CertificateSigningRequest[],
  clusterCreated: string | undefined,
): CertificateSigningRequest[] =>
  csrs.filter(({ metadata, status }) => {
    const isDecided = (status?.conditions?.length ?? 0) > 0;
    return !isDecided || (metadata.creationTimestamp ?? '') >= (clusterCreated ?? '');
  });

export interface Decision {
  approve: CertificateSigningRequest[];
  /** A CSR of the cluster was approved before. */
  approved: boolean;
  /** What the user should know, for stdout. */
  notices: string[];
  /** What is wrong, for stderr. */
  problems: string[];
}

/** Which CSRs of a cluster to approve, and what to tell about the others (cli.md 6 steps 3 to 6). */
export const decide = (cluster: string, requests: ReadRequest[], flags: ApprovalFlags): Decision => {
  const { skipApproveCheck, requesters } = flags;
  const decision: Decision = { approve: [], approved: false, notices: [], problems: [] };
  const candidates: { csr: CertificateSigningRequest; requester: string }[] = [];
  for (const request of requests) {
    const { csr } = request;
    const { name } = csr.metadata;
    if (!skipApproveCheck && !fromBootstrapIdentity(csr)) {
      if (!csr.status?.conditions?.length) decision.problems.push(uninvited(csr));
      continue;
    }
    if ('problem' in request) {
      decision.problems.push(`csr ${name} is not valid: ${request.problem}`);
      continue;
    }
    const foreign = foreignSubject(cluster, request.subject, csr.spec.signerName);
    if (foreign !== undefined && !skipApproveCheck) {
      decision.problems.push(`csr ${name} is not of an agent of cluster ${cluster}: it ${foreign}`);
      continue;
    }
    candidates.push({ csr, requester: request.subject.commonName });
  }
  const names = [...new Set(candidates.map(({ requester }) => requester))];
  if (names.length > 1 && requesters.length === 0 && !skipApproveCheck) {
    decision.notices.push(
      `There are CSRs of different requesters: ${names.join(',')}, approve is skipped please specify the certain requesters with --requesters or set --skip-approve-check if all CSRs need to be approved`,
    );
    return decision;
  }
  for (const { csr, requester } of candidates) {
    const { name } = csr.metadata;
    const has = (type: string) => csr.status?.conditions?.some((condition) => condition.type === type);
    if (requesters.length > 0 && !requesters.includes(requester)) {
      decision.notices.push(`CSR ${name} with requester ${requester} is not in the approve list`);
    } else if (has('Denied')) {
      decision.notices.push(`CSR ${name} already denied`);
    } else if (has('Approved')) {
      decision.notices.push(`CSR ${name} already approved`);
      decision.approved = true;
    } else {
      decision.approve.push(csr);
    }
  }
  return decision;
};
