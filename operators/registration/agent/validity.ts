import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { agentUser, subjectPrefix } from '../../api/identities.ts';
import { parseChain } from '../../runtime/pki/certificate.ts';
import { grpcConfigFile } from './grpc-paths.ts';
import type { Identity } from './identity/identity.ts';
import { isSameHub } from './kubeconfig.ts';

/** What the validity of a hub kubeconfig depends on (registration.md 3.4). */
export interface CredentialFiles {
  /** Path of the bootstrap kubeconfig; empty when there is none. */
  bootstrapKubeconfig: string;
  /** Path of the hub kubeconfig, and the folder with its key and certificate. */
  hubKubeconfig: string;
  directory: string;
  identity: Identity;
  /** Whether the agent reaches its hub over gRPC; a credential for one way is none for the other. */
  usesGrpc?: boolean;
}

/** The content of a file, or undefined when there is none. */
export const readIfExists = async (path: string): Promise<string | undefined> => {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
};

/** Whether a chain belongs to this agent and none of it has expired; one that cannot be read does not. */
export const isCertificateOf = (identity: Identity, chainPem: string, now: Date): boolean => {
  let chain;
  try {
    chain = parseChain(chainPem);
  } catch {
    return false; // an unreadable certificate asks for a new one, like a missing one
  }
  const names = chain
    .flatMap(({ subject }) => subject.commonNames)
    .find(
      (name) => name.startsWith(subjectPrefix) && name.slice(subjectPrefix.length).split(':').length === 2,
    );
  const second = Math.floor(now.getTime() / 1000) * 1000;
  return (
    names === agentUser(identity.clusterName, identity.agentName) &&
    chain.every(({ notAfter }) => second <= notAfter.getTime())
  );
};

/**
 * Whether the hub kubeconfig on disk can be used: it leads to the hub of the bootstrap kubeconfig, and its certificate
 * is this agent's and still valid. Whether the hub answers is not asked. Rejects when a kubeconfig cannot be read.
 */
export const isHubKubeconfigValid = async (files: CredentialFiles, now = new Date()): Promise<boolean> => {
  const hub = await readIfExists(files.hubKubeconfig);
  if (hub === undefined) return false;
  if (files.bootstrapKubeconfig !== '') {
    const bootstrap = await readFile(files.bootstrapKubeconfig, 'utf8');
    let same;
    try {
      same = isSameHub(bootstrap, hub);
    } catch (error) {
      throw new Error(
        `cannot compare the bootstrap kubeconfig ${files.bootstrapKubeconfig} with the hub kubeconfig ` +
          `${files.hubKubeconfig}: ${(error as Error).message}`,
        { cause: error },
      );
    }
    if (!same) return false;
  }
  const [key, certificate, grpcConfig] = await Promise.all([
    readIfExists(join(files.directory, 'tls.key')),
    readIfExists(join(files.directory, 'tls.crt')),
    readIfExists(join(files.directory, grpcConfigFile)),
  ]);
  if ((grpcConfig !== undefined) !== (files.usesGrpc ?? false)) return false;
  return key !== undefined && certificate !== undefined && isCertificateOf(files.identity, certificate, now);
};

/**
 * The part of `/healthz` that fails once the hub kubeconfig is no longer valid, so that the agent is restarted and
 * bootstraps (registration.md 3.8). Before `begin`, an agent that bootstraps is healthy without one.
 */
export const watchedValidity = (isValid: () => Promise<boolean>) => {
  let bootstrapped = false;
  return {
    name: 'hub-kube-config',
    check: async (): Promise<void> => {
      if (bootstrapped && !(await isValid()))
        throw new Error('the client certificate expires and rebootstrap is required.');
    },
    begin: (): void => void (bootstrapped = true),
  };
};
