import type { Command } from 'commander';
import { type ManagedCluster, managedClusters } from '../../operators/api/index.ts';
import { annotation, label } from '../../operators/api/names.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import {
  type CertificateSigningRequest,
  certificateSigningRequests,
} from '../../operators/runtime/client/kubernetes.ts';
import { type ApprovalFlags, decide, type Decision, ofPresentLife } from '../accept/decide.ts';
import { readRequests } from '../accept/request.ts';
import { writeOptions } from '../cluster/apply.ts';
import { requireHub } from '../cluster/required-apis.ts';
import { waitFor } from '../cluster/wait.ts';
import type { CommandContext } from '../context.ts';
import { clusterFlags, type ClusterFlags, requiredClusters } from '../flags/cluster-flags.ts';
import { bool, slice } from '../flags/flags.ts';

interface AcceptFlags extends ClusterFlags, ApprovalFlags {
  wait: boolean;
}

export const define = (command: Command): void => {
  clusterFlags(command);
  bool(command, '--wait', 'wait until the clusters ask to join');
  bool(command, '--skip-approve-check', 'approve every CSR of the clusters, whoever made it');
  slice(command, '--requesters', 'common names of the CSRs to approve');
};

/** `clusteradm accept` (cli.md 6). All clusters are tried; the errors are thrown together. */
export const run = async (context: CommandContext, flags: AcceptFlags): Promise<void> => {
  await requireHub(context.client());
  const errors: string[] = [];
  for (const name of requiredClusters(flags, context.isGiven)) {
    try {
      await acceptCluster(context, name, flags);
    } catch (error) {
      errors.push((error as Error).message);
    }
  }
  if (errors.length > 0) throw new Error(errors.join('\n'));
};

const acceptCluster = async (context: CommandContext, name: string, flags: AcceptFlags): Promise<void> => {
  const client = context.client();
  const { output, globals } = context;
  const wait = flags.wait && !globals.dryRun;
  if (wait) await waitForCluster(context, name);
  const cluster = await findCluster(client, name);
  const accepted = cluster.spec?.hubAcceptsClient === true;
  // A cluster that was accepted long ago has its certificate, and the CSR for it is gone.
  const needsCsr = !accepted && cluster.metadata.annotations?.[annotation.managedClusterArn] === undefined;
  if (wait && needsCsr) await waitForCsr(context, cluster, flags);
  const { approved, refused } = await approveCsrs(context, cluster, flags);
  if (accepted) {
    output.print(`hubAcceptsClient already set for managed cluster ${name}\n`);
  } else if (approved || !refused) {
    const body = { spec: { hubAcceptsClient: true } };
    const options = writeOptions(context);
    await client.patch(managedClusters, { name }, { type: 'merge', body }, options);
    output.print(`set hubAcceptsClient to true for managed cluster ${name}\n`);
  }
  if (needsCsr && !approved && !globals.dryRun) throw new Error(unapproved(name, refused));
  output.print(
    `\n Your managed cluster ${name} has joined the Hub successfully. Visit https://open-cluster-management.io/scenarios or https://github.com/open-cluster-management-io/OCM/tree/main/solutions for next steps.\n`,
  );
};

const unapproved = (name: string, refused: boolean): string => {
  const why = refused
    ? 'none of its CSRs could be approved, see above'
    : 'it has none; if it has not joined yet, join it or wait for it with --wait';
  return `no csr is approved yet for cluster ${name}: ${why}`;
};

const findCluster = async (client: Client, name: string): Promise<ManagedCluster> => {
  const cluster = await client.find(managedClusters, name).catch((error: Error) => {
    throw new Error(`fail to get managedcluster ${name}: ${error.message}`, { cause: error });
  });
  if (!cluster) {
    throw new Error(
      `fail to get managedcluster ${name}: it does not exist; join the cluster to this hub first, or wait for it with --wait`,
    );
  }
  return cluster;
};

const waitForCluster = (context: CommandContext, name: string): Promise<void> =>
  waitFor(context, context.client(), {
    resource: managedClusters,
    scope: { fieldSelector: `metadata.name=${name}` },
    waiting: `Waiting for managed cluster ${name} to be created...`,
    done: `Managed cluster ${name} is created.`,
    look: (found) => ({ reached: found.length > 0, state: `the hub has no ManagedCluster ${name} yet` }),
  });

const csrsOf = (name: string): string => `${label.clusterName}=${name}`;

const decisionFor = async (
  { metadata }: ManagedCluster,
  csrs: CertificateSigningRequest[],
  flags: ApprovalFlags,
): Promise<Decision> =>
  decide(metadata.name, await readRequests(ofPresentLife(csrs, metadata.creationTimestamp)), flags);

const waitForCsr = (
  context: CommandContext,
  cluster: ManagedCluster,
  flags: ApprovalFlags,
): Promise<void> => {
  const { name } = cluster.metadata;
  return waitFor(context, context.client(), {
    resource: certificateSigningRequests,
    scope: { labelSelector: csrsOf(name) },
    waiting: `Waiting for cluster ${name} to ask for a certificate...`,
    done: `Cluster ${name} asks for a certificate.`,
    look: async (csrs) => {
      const { approve, approved, notices, problems } = await decisionFor(cluster, csrs, flags);
      return {
        reached: approved || approve.length > 0,
        state: [...notices, ...problems].join('; ') || `no CSR to approve for cluster ${name}`,
      };
    },
  });
};

/** Approves what may be approved; tells whether a CSR is approved, now or before, and whether there are others. */
const approveCsrs = async (
  context: CommandContext,
  cluster: ManagedCluster,
  flags: ApprovalFlags,
): Promise<{ approved: boolean; refused: boolean }> => {
  const { name } = cluster.metadata;
  const { print, note } = context.output;
  const { items } = await context.client().list(certificateSigningRequests, { labelSelector: csrsOf(name) });
  const { approve, approved, notices, problems } = await decisionFor(cluster, items, flags);
  for (const problem of problems) note(`${problem}\n`);
  for (const notice of notices) print(`${notice}\n`);
  if (approve.length > 0) print(`Starting approve csrs for the cluster ${name}\n`);
  for (const csr of approve) {
    await approveCsr(context, csr);
    print(`CSR ${csr.metadata.name} approved\n`);
  }
  return { approved: approved || approve.length > 0, refused: items.length > 0 };
};

const approveCsr = async (context: CommandContext, csr: CertificateSigningRequest): Promise<void> => {
  const { program } = context;
  const approval = {
    type: 'Approved',
    status: 'True',
    reason: `${program} Approve`,
    message: `This CSR was approved by ${program} certificate approve.`,
  };
  const conditions = [...(csr.status?.conditions ?? []), approval];
  await context
    .client()
    .replace(
      certificateSigningRequests,
      { ...csr, status: { ...csr.status, conditions } },
      { ...writeOptions(context), subresource: 'approval' },
    );
};
