import { managedClusters } from '../../../api/generated/cluster.ts';
import { group } from '../../../api/names.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { connect } from '../../../runtime/client/connect.ts';
import { loadConnection } from '../../../runtime/client/kubeconfig/load.ts';
import { mayDo } from '../../../runtime/client/self-review.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import { type Acquaintance, recognizedKubeconfig } from '../credential/recognized.ts';
import { currentCluster } from '../kubeconfig.ts';
import { userAgent } from '../user-agent.ts';
import { readIfExists } from '../validity.ts';
import { isDenied } from './denied.ts';

/** What a bootstrap identity must be allowed (registration.md 3.9). */
const needed = [
  ...['create', 'get'].map((verb) => ({ group: group.cluster, resource: 'managedclusters', verb })),
  ...['create', 'get', 'list', 'watch'].map((verb) => ({
    group: 'certificates.k8s.io',
    resource: 'certificatesigningrequests',
    verb,
  })),
];

/** Why a hub cannot be joined; undefined when it can. */
export const obstacleAt = async (
  hub: Client,
  clusterName: string,
  signal: AbortSignal,
): Promise<string | undefined> => {
  try {
    for (const resourceAttributes of needed) {
      const { verb, resource } = resourceAttributes;
      if (!(await mayDo(hub, resourceAttributes, signal)))
        return `the bootstrap identity may not ${verb} ${resource}`;
    }
    const cluster = await hub.find(managedClusters, clusterName, undefined, { signal });
    return isDenied(cluster) ? `the hub denied the cluster ${clusterName}` : undefined;
  } catch (error) {
    signal.throwIfAborted();
    return (error as Error).message;
  }
};

/**
 * Which bootstrap kubeconfig to use: that of the present hub while it can be joined, else the first that can
 * (registration.md 3.9).
 * @param serverOf the server of a kubeconfig; undefined when there is no such file
 * @throws when none can be joined
 */
export const selectHub = async (
  candidates: readonly string[],
  presentServer: string | undefined,
  serverOf: (path: string) => Promise<string | undefined>,
  obstacle: (path: string) => Promise<string | undefined>,
  clusterName: string,
): Promise<string> => {
  const obstacles: string[] = [];
  const canJoin = async (path: string): Promise<boolean> => {
    const found = await obstacle(path);
    if (found !== undefined) obstacles.push(`${path}: ${found}`);
    return found === undefined;
  };
  let present: string | undefined;
  for (const path of candidates)
    if (presentServer !== undefined && (await serverOf(path)) === presentServer) {
      present = path;
      break;
    }
  if (present !== undefined && (await canJoin(present))) return present;
  for (const path of candidates) if (path !== present && (await canJoin(path))) return path;
  throw new Error(
    `failed to select a bootstrap kubeconfig: no bootstrap kubeconfig in [${candidates.join(' ')}] is available for ` +
      `managed cluster ${clusterName}: ${obstacles.join('; ')}`,
  );
};

const serverIn = async (path: string): Promise<string | undefined> => {
  const text = await readIfExists(path);
  return text === undefined ? undefined : currentCluster(text).cluster.server;
};

/** What the bootstrap identity meets at the hub that a file leads to. */
const obstacleOfFile = async (
  path: string,
  clusterName: string,
  log: Logger,
  signal: AbortSignal,
): Promise<string | undefined> => {
  let hub: Client;
  try {
    hub = connect(loadConnection(path), { userAgent, logger: log, requestTimeoutMs: 10_000 });
  } catch (error) {
    return (error as Error).message;
  }
  try {
    return await obstacleAt(hub, clusterName, signal);
  } finally {
    await hub.close();
  }
};

/**
 * {@link selectHub} among files, asking the hubs behind them: as the bootstrap identity, and where that is of no use
 * (any more) with the certificate that the agent has.
 */
export const selectBootstrapKubeconfig = async (
  candidates: readonly string[],
  present: Omit<Acquaintance, 'bootstrapKubeconfig'>,
  log: Logger,
  signal: AbortSignal,
): Promise<string> => {
  const { clusterName } = present.identity;
  const isKnownAt = async (bootstrapKubeconfig: string): Promise<boolean> => {
    try {
      return (await recognizedKubeconfig({ ...present, bootstrapKubeconfig }, signal)) !== undefined;
    } catch {
      return false; // what the bootstrap identity met says more
    }
  };
  const selected = await selectHub(
    candidates,
    await serverIn(present.hubKubeconfig),
    serverIn,
    async (path) => {
      const found = await obstacleOfFile(path, clusterName, log, signal);
      return found !== undefined && (await isKnownAt(path)) ? undefined : found;
    },
    clusterName,
  );
  log.info('BootstrapSelected', { kubeconfig: selected });
  return selected;
};
