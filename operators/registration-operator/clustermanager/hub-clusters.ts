import type { ClusterManager } from '../../api/generated/operator.ts';
import { secret as secretName } from '../../api/names.ts';
import { createInformers } from '../../runtime/cache/informers.ts';
import { connect } from '../../runtime/client/connect.ts';
import type { Connection } from '../../runtime/client/connection.ts';
import { type Secret, secrets } from '../../runtime/client/kubernetes.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { type Cluster, hashOf } from '../apply/index.ts';
import { connectionOfSecret } from '../secret-connection.ts';
import { hubNamespaceOf, isHosted } from './mode.ts';

/** A hub, and for a hosted one how its API server is reached. */
export interface Hub {
  cluster: Cluster;
  connection?: Connection;
}

/** The hub of a hosted ClusterManager cannot be reached for want of its kubeconfig; the message says what to do. */
export class HubKubeconfigError extends Error {
  override readonly name = 'HubKubeconfigError';
}

interface Entry extends Hub {
  hash: string;
  stop: AbortController;
}

export interface HubClustersOptions {
  management: Cluster;
  userAgent: string;
  log: Logger;
  signal: AbortSignal;
}

/**
 * The hubs of all ClusterManagers: in Default mode the operator's own cluster, in Hosted mode the one that the Secret
 * `external-hub-kubeconfig` leads to (operator.md 4.1 step 3). A connection lasts until its Secret says something else.
 */
export class HubClusters {
  private readonly options: HubClustersOptions;
  private readonly entries = new Map<string, Entry>();

  constructor(options: HubClustersOptions) {
    this.options = options;
  }

  /** @throws HubKubeconfigError when the Secret of a hosted hub is missing or cannot be used */
  async of(clusterManager: ClusterManager): Promise<Hub> {
    const { name } = clusterManager.metadata;
    const { management } = this.options;
    if (!isHosted(clusterManager)) return { cluster: management };
    const namespace = hubNamespaceOf(clusterManager);
    const secret = await management.client.find(secrets, secretName.externalHubKubeconfig, namespace);
    if (!secret) {
      await this.drop(name);
      throw new HubKubeconfigError(
        `Secret ${namespace}/${secretName.externalHubKubeconfig} does not exist; create it with the hub's kubeconfig under the key "kubeconfig"`,
      );
    }
    const hash = hashOf([secret.metadata.uid, secret.data]);
    const known = this.entries.get(name);
    if (known?.hash === hash) return known;
    await this.drop(name);
    const entry = this.open(name, secret, hash);
    this.entries.set(name, entry);
    return entry;
  }

  /** Forgets the connection of a ClusterManager and ends its watches. */
  async drop(name: string): Promise<void> {
    const entry = this.entries.get(name);
    if (!entry) return;
    this.entries.delete(name);
    entry.stop.abort();
    await entry.cluster.client.close();
  }

  private open(name: string, secret: Secret, hash: string): Entry {
    const { userAgent, signal } = this.options;
    const logger = this.options.log.with({ clusterManager: name });
    let connection: Connection;
    try {
      connection = connectionOfSecret(secret);
    } catch (cause) {
      throw new HubKubeconfigError(cause instanceof Error ? cause.message : String(cause), { cause });
    }
    const client = connect(connection, { userAgent, logger });
    const informers = createInformers(client, { logger });
    const stop = new AbortController();
    informers.start(AbortSignal.any([signal, stop.signal]));
    return { cluster: { client, informers }, connection, hash, stop };
  }
}
