import 'reflect-metadata';
import { Pkcs10CertificateRequest } from '@peculiar/x509';
import type { Command } from 'commander';
import { managedClusters } from '../../operators/api/index.ts';
import { label } from '../../operators/api/names.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  type CertificateSigningRequest,
  certificateSigningRequests,
} from '../../operators/runtime/client/kubernetes.ts';
import { requireHub } from '../checks.ts';
import type { CommandContext } from '../context.ts';
import { bool, slice } from '../flags.ts';
import { waitFor } from '../wait.ts';

interface AcceptFlags {
  cluster: string;
  clusters: string[];
  wait: boolean;
  skipApproveCheck: boolean;
  requesters: string[];
}

export const defineAccept = (command: Command): Command => {
  command
    .description('Accept clusters that ask to join the hub')
    .option('-c, --cluster <string>', 'name of a cluster', '');
  slice(command, '--clusters', 'names of clusters');
  bool(command, 'wait', 'wait until the clusters have asked to join');
  bool(command, 'skip-approve-check', 'approve the CSRs of the clusters whoever made them');
  slice(command, '--requesters', 'common names of the CSRs to approve');
  return command;
};

/** `clusteradm accept` (cli.md 6). All clusters are tried; the errors are thrown together. */
export const accept = async (context: CommandContext, flags: AcceptFlags, given: string[]): Promise<void> => {
  const client = await context.client();
  await requireHub(client);
  const names = [...new Set([...flags.clusters, ...(flags.cluster ? [flags.cluster] : [])])];
  if (names.length === 0) {
    throw new Error(
      given.includes('clusters')
        ? '--clusters cannot be set as an empty value'
        : 'either --cluster or --clusters needs to be set',
    );
  }
  const errors: string[] = [];
  for (const name of names) {
    try {
      await acceptCluster(context, client, name, flags);
    } catch (error) {
      errors.push((error as Error).message);
    }
  }
  if (errors.length > 0) throw new Error(errors.join('\n'));
};

const ARN_ANNOTATION = 'agent.open-cluster-management.io/managed-cluster-arn';

const acceptCluster = async (
  context: CommandContext,
  client: Client,
  name: string,
  flags: AcceptFlags,
): Promise<void> => {
  const { output, globals } = context;
  if (flags.wait) await waitForCluster(context, client, name);
  const cluster = await client.find(managedClusters, name);
  if (!cluster) {
    throw new Error(
      `fail to get managedcluster ${name}: it does not exist; has the cluster joined this hub?`,
    );
  }
  const withoutCsr = cluster.metadata.annotations?.[ARN_ANNOTATION] !== undefined;
  const approved =
    withoutCsr || (await approveCsrs(context, client, name, flags, !!cluster.spec?.hubAcceptsClient));
  if (cluster.spec?.hubAcceptsClient) {
    output.print(`hubAcceptsClient already set for managed cluster ${name}\n`);
  } else if (approved || !flags.wait) {
    await acceptOnHub(client, name, globals.dryRun);
    output.print(`set hubAcceptsClient to true for managed cluster ${name}\n`);
  }
  if (!approved && !cluster.spec?.hubAcceptsClient && !globals.dryRun) {
    throw new Error(`no csr is approved yet for cluster ${name}`);
  }
  output.print(
    `\n Your managed cluster ${name} has joined the Hub successfully. Visit https://open-cluster-management.io/scenarios or https://github.com/open-cluster-management-io/OCM/tree/main/solutions for next steps.\n`,
  );
};

const acceptOnHub = async (client: Client, name: string, dryRun: boolean): Promise<void> => {
  await client.patch(
    managedClusters,
    { name },
    { type: 'merge', body: { spec: { hubAcceptsClient: true } } },
    { fieldManager: 'clusteradm', dryRun },
  );
};

const waitForCluster = (context: CommandContext, client: Client, name: string): Promise<void> =>
  waitFor(
    client,
    {
      resource: managedClusters,
      scope: { fieldSelector: `metadata.name=${name}` },
      waiting: `Waiting for managed cluster ${name} to be created...`,
      done: `Managed cluster ${name} is created.`,
      until: (found) => found.length > 0,
      describe: () => `the hub has no ManagedCluster ${name} yet`,
    },
    context.globals.timeout * 1000,
    context.output,
  );

const csrsOf = (name: string): string => `${label.clusterName}=${name}`;

/** Approves what may be approved; true when a CSR of the cluster is approved, now or before. */
const approveCsrs = async (
  context: CommandContext,
  client: Client,
  name: string,
  flags: AcceptFlags,
  accepted: boolean,
): Promise<boolean> => {
  // An accepted cluster whose CSR was collected long ago needs no other.
  if (flags.wait && !accepted) await waitForCsr(context, client, name, flags);
  const { items } = await client.list(certificateSigningRequests, { labelSelector: csrsOf(name) });
  const { approve, approved, notices } = decide(items, flags);
  for (const notice of notices) context.output.print(`${notice}\n`);
  if (approve.length > 0) context.output.print(`Starting approve csrs for the cluster ${name}\n`);
  for (const csr of approve) {
    await approveCsr(client, csr, context);
    context.output.print(`CSR ${csr.metadata.name} approved\n`);
  }
  return approved || approve.length > 0;
};

const waitForCsr = (
  context: CommandContext,
  client: Client,
  name: string,
  flags: AcceptFlags,
): Promise<void> =>
  waitFor(
    client,
    {
      resource: certificateSigningRequests,
      scope: { labelSelector: csrsOf(name) },
      waiting: `Waiting for cluster ${name} to ask for a certificate...`,
      done: `Cluster ${name} asks for a certificate.`,
      until: (items) => {
        const { approve, approved } = decide(items, flags);
        return approved || approve.length > 0;
      },
      describe: (items) => decide(items, flags).notices.join('; ') || `no CSR to approve for cluster ${name}`,
    },
    context.globals.timeout * 1000,
    context.output,
  );

const REQUESTERS = [
  /^system:bootstrap:/,
  /^system:serviceaccount:open-cluster-management:agent-registration-bootstrap$/,
  /^system:serviceaccount:open-cluster-management-hub:grpc-server-sa$/,
];
const GROUPS = [
  'system:bootstrappers:managedcluster',
  'system:serviceaccounts:open-cluster-management',
  'system:serviceaccounts:open-cluster-management-hub',
];

const fromBootstrapIdentity = ({ spec }: CertificateSigningRequest): boolean =>
  REQUESTERS.some((pattern) => pattern.test(spec.username ?? '')) &&
  GROUPS.some((group) => spec.groups?.includes(group));

export interface Decision {
  approve: CertificateSigningRequest[];
  /** A CSR was approved before. */
  approved: boolean;
  notices: string[];
}

/** Which CSRs to approve, and what to tell about the others (cli.md 6 steps 3-6). */
export const decide = (
  csrs: CertificateSigningRequest[],
  { skipApproveCheck, requesters }: Pick<AcceptFlags, 'skipApproveCheck' | 'requesters'>,
): Decision => {
  const decision: Decision = { approve: [], approved: false, notices: [] };
  const named = csrs
    .filter((csr) => skipApproveCheck || fromBootstrapIdentity(csr))
    .flatMap((csr) => {
      try {
        return [{ csr, requester: commonName(csr) }];
      } catch (error) {
        decision.notices.push(`csr ${csr.metadata.name} is not valid: ${(error as Error).message}`);
        return [];
      }
    });
  const names = [...new Set(named.map(({ requester }) => requester))];
  if (names.length > 1 && requesters.length === 0 && !skipApproveCheck) {
    decision.notices.push(
      `There are CSRs of different requesters: ${names.join(',')}, approve is skipped please specify the certain requesters with --requesters or set --skip-approve-check if all CSRs need to be approved`,
    );
    return decision;
  }
  for (const { csr, requester } of named) {
    const { name } = csr.metadata;
    const condition = (type: string) => csr.status?.conditions?.some((present) => present.type === type);
    if (requesters.length > 0 && !requesters.includes(requester)) {
      decision.notices.push(`CSR ${name} with requester ${requester} is not in the approve list`);
    } else if (condition('Denied')) {
      decision.notices.push(`CSR ${name} already denied`);
    } else if (condition('Approved')) {
      decision.notices.push(`CSR ${name} already approved`);
      decision.approved = true;
    } else {
      decision.approve.push(csr);
    }
  }
  return decision;
};

const commonName = ({ spec }: CertificateSigningRequest): string => {
  const request = new Pkcs10CertificateRequest(Buffer.from(spec.request, 'base64').toString());
  const [name] = request.subjectName.getField('CN');
  if (!name) throw new Error('its request has no common name');
  return name;
};

const approveCsr = async (
  client: Client,
  csr: CertificateSigningRequest,
  { program, globals }: CommandContext,
): Promise<void> => {
  const conditions = [
    ...(csr.status?.conditions ?? []),
    {
      type: 'Approved',
      status: 'True',
      reason: `${program} Approve`,
      message: `This CSR was approved by ${program} certificate approve.`,
    },
  ];
  await client.replace(
    certificateSigningRequests,
    { ...csr, status: { ...csr.status, conditions } },
    { subresource: 'approval', dryRun: globals.dryRun },
  );
};
