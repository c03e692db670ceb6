import { env } from 'node:process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { authType, clusterLabelsVariable, namespace } from '../../api/names.ts';
import type { Connection } from '../../runtime/client/connection.ts';
import { loadConnection } from '../../runtime/client/kubeconfig/load.ts';
import { type Process, UsageError } from '../../runtime/process/command.ts';
import type { ClusterDescription } from './creating.ts';
import type { RegistrationAgentFlags } from './flags.ts';
import { type GrpcPaths, grpcPathsOf } from './grpc-paths.ts';
import { type Identity, completeIdentity } from './identity/identity.ts';
import { clusterLabelsIn, filterAnnotations, validateClusterName } from './options.ts';

/** What an agent works with, once its flags, its files and its secrets have been looked at. */
export interface Settings {
  flags: RegistrationAgentFlags;
  /** Namespace of the hub and bootstrap secrets on the management cluster. */
  agentNamespace: string;
  identity: Identity;
  cluster: ClusterDescription;
  /** The managed cluster, which may be another one than the cluster on which the agent runs. */
  spoke: Connection;
  hubKubeconfig: string;
  bootstrapKubeconfig: string;
  /** Undefined where the hub is reached by its API server. */
  grpc: GrpcPaths | undefined;
}

export const hubKubeconfigPath = (flags: RegistrationAgentFlags): string =>
  flags['hub-kubeconfig'] || join(flags['hub-kubeconfig-dir'], 'kubeconfig');

export const agentNamespaceOf = (process: Process): string =>
  process.serviceAccountNamespace ?? namespace.agent;

/**
 * The authority of the managed cluster's API server, base64, for those who are given its URLs (registration.md 3.1 step
 * 4). Rejects when its kubeconfig names none, or a file that cannot be read.
 */
export const authorityOf = async ({
  caData,
  caFile,
}: Pick<Connection, 'caData' | 'caFile'>): Promise<string> => {
  if (caData === undefined && caFile === undefined)
    throw new UsageError(
      '--spoke-external-server-urls needs a certificate authority in the kubeconfig of the managed cluster: ' +
        'add certificate-authority-data',
    );
  return Buffer.from(caData ?? (await readFile(caFile!, 'utf8')), 'utf8').toString('base64');
};

/**
 * Who the agent is, by its flags, its files and what it recorded. Throws a UsageError when the cluster's name cannot be
 * used.
 */
export const identityOf = async (
  flags: RegistrationAgentFlags,
  recorded: Partial<Identity>,
): Promise<Identity> => {
  const identity = await completeIdentity(
    { clusterName: flags['spoke-cluster-name'], agentName: flags['agent-id'] },
    flags['hub-kubeconfig-dir'],
    recorded,
  );
  validateClusterName(identity.clusterName);
  return identity;
};

/** Completes what the flags leave open (registration.md 3.1 to 3.3). Rejects when that cannot be done. */
export const completeSettings = async (
  process: Process,
  flags: RegistrationAgentFlags,
  identity: Identity,
  bootstrapKubeconfig: string,
): Promise<Settings> => {
  const spoke = flags['spoke-kubeconfig'] ? loadConnection(flags['spoke-kubeconfig']) : process.connection;
  const urls = flags['spoke-external-server-urls'];
  const caBundle = urls.length > 0 ? await authorityOf(spoke) : undefined;
  const { allowed, dropped } = filterAnnotations(flags['cluster-annotations']);
  if (dropped.length > 0)
    process.log.warn('annotations with other keys than agent.open-cluster-management.io… are dropped', {
      dropped,
    });
  return {
    flags,
    agentNamespace: agentNamespaceOf(process),
    identity,
    cluster: {
      name: identity.clusterName,
      annotations: allowed,
      labels: clusterLabelsIn(process.log, env[clusterLabelsVariable]),
      clientConfigs: urls.map((url) => ({ url, caBundle })),
    },
    spoke,
    hubKubeconfig: hubKubeconfigPath(flags),
    bootstrapKubeconfig,
    grpc: flags['registration-auth'] === authType.grpc ? grpcPathsOf(flags) : undefined,
  };
};
