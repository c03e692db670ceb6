import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { managedClusters } from '../../../api/generated/cluster.ts';
import { agentUser } from '../../../api/identities.ts';
import { connect } from '../../../runtime/client/connect.ts';
import { ApiError } from '../../../runtime/client/errors.ts';
import { parseKubeconfig } from '../../../runtime/client/kubeconfig/connection-of.ts';
import { isDenied } from '../hubs/denied.ts';
import type { Identity } from '../identity/identity.ts';
import { certificateUser, currentCluster, hubKubeconfig } from '../kubeconfig.ts';
import { userAgent } from '../user-agent.ts';
import { isCertificateOf, readIfExists } from '../validity.ts';
import { whoAmI } from './who-am-i.ts';

/** A certificate of the agent, and where a bootstrap kubeconfig leads. */
export interface Acquaintance {
  bootstrapKubeconfig: string;
  hubKubeconfig: string;
  /** Folder of the hub kubeconfig, with its key and certificate. */
  directory: string;
  identity: Identity;
}

/**
 * The kubeconfig with which the agent's present certificate leads to where its bootstrap kubeconfig leads now, if the hub
 * there knows the agent by it: its own ManagedCluster may be read, and was not denied. Undefined when there is no valid
 * certificate, when the hub does not know it, or when the cluster of the bootstrap kubeconfig has another name, by which
 * a rebuilt hub is announced (registration.md 3.4).
 * @throws ConnectionError when nobody answers there, Error when a kubeconfig cannot be read
 */
export const recognizedKubeconfig = async (
  { bootstrapKubeconfig, hubKubeconfig: hubPath, directory, identity }: Acquaintance,
  signal: AbortSignal,
): Promise<string | undefined> => {
  const [present, certificate, key] = await Promise.all([
    readIfExists(hubPath),
    readIfExists(join(directory, certificateUser['client-certificate'] ?? '')),
    readIfExists(join(directory, certificateUser['client-key'] ?? '')),
  ]);
  if (present === undefined || certificate === undefined || key === undefined) return undefined;
  if (!isCertificateOf(identity, certificate, new Date())) return undefined;
  const bootstrap = await readFile(bootstrapKubeconfig, 'utf8');
  if (currentCluster(bootstrap).name !== currentCluster(present).name) return undefined;
  const wanted = hubKubeconfig(bootstrap, certificateUser);
  const hub = connect(parseKubeconfig(wanted, { folder: directory }), {
    userAgent,
    requestTimeoutMs: 10_000,
  });
  try {
    const user = await whoAmI(hub, signal);
    if (user !== undefined && user !== agentUser(identity.clusterName, identity.agentName)) return undefined;
    const cluster = await hub.get(managedClusters, identity.clusterName, undefined, { signal });
    return isDenied(cluster) ? undefined : wanted;
  } catch (error) {
    if (error instanceof ApiError && [401, 403, 404].includes(error.code)) return undefined;
    throw error;
  } finally {
    await hub.close();
  }
};
