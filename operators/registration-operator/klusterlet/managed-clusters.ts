import type { Klusterlet } from '../../api/generated/operator.ts';
import { secret as secretName } from '../../api/names.ts';
import { createInformers } from '../../runtime/cache/informers.ts';
import { connect } from '../../runtime/client/connect.ts';
import type { Connection } from '../../runtime/client/connection.ts';
import { type Secret, secrets } from '../../runtime/client/kubernetes.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import type { Metrics } from '../../runtime/process/metrics.ts';
import { type Cluster, hashOf } from '../apply/index.ts';
import { connectionOfSecret } from '../secret-connection.ts';
import { agentNamespace, isHosted, type Mode } from './mode.ts';

/** The cluster that a Klusterlet registers, and in hosted modes how it is reached. */
export interface ManagedCluster {
  cluster: Cluster;
  hosted?: { connection: Connection; secret: Secret };
}

interface Entry extends ManagedCluster {
  hash: string;
  stop: AbortController;
}

export interface ManagedClustersOptions {
  management: Cluster;
  userAgent: string;
  logger: Logger;
  metrics?: Metrics;
  signal: AbortSignal;
}

/**
 * The managed clusters of all Klusterlets: in Default and Singleton mode the cluster of the operator itself, in hosted
 * modes the one that the Secret `external-managed-kubeconfig` leads to. A connection lasts until its Secret says
 * something else.
 */
export class ManagedClusters {
  private readonly options: ManagedClustersOptions;
  private readonly entries = new Map<string, Entry>();

  constructor(options: ManagedClustersOptions) {
    this.options = options;
  }

  /**
   * @returns undefined when the Secret of a hosted Klusterlet does not exist
   * @throws KubeconfigError when its kubeconfig cannot be used
   */
  async of(klusterlet: Klusterlet, mode: Mode): Promise<ManagedCluster | undefined> {
    const { name } = klusterlet.metadata;
    const { management } = this.options;
    if (!isHosted(mode)) {
      await this.drop(name);
      return { cluster: management };
    }
    const secret = await management.client.find(
      secrets,
      secretName.externalManagedKubeconfig,
      agentNamespace(klusterlet, mode),
    );
    if (!secret) {
      await this.drop(name);
      return undefined;
    }
    const hash = hashOf([secret.metadata.uid, secret.data]);
    const known = this.entries.get(name);
    if (known?.hash === hash) return known;
    await this.drop(name);
    const entry = this.open(name, secret, hash);
    this.entries.set(name, entry);
    return entry;
  }

  /** Forgets the connection of a Klusterlet and ends its watches. */
  async drop(name: string): Promise<void> {
    const entry = this.entries.get(name);
    if (!entry) return;
    this.entries.delete(name);
    entry.stop.abort();
    await entry.cluster.client.close();
  }

  private open(name: string, secret: Secret, hash: string): Entry {
    const { userAgent, metrics, signal } = this.options;
    const logger = this.options.logger.with({ klusterlet: name });
    const connection = connectionOfSecret(secret);
    const client = connect(connection, { userAgent, logger, metrics });
    const informers = createInformers(client, { logger });
    const stop = new AbortController();
    informers.start(AbortSignal.any([signal, stop.signal]));
    return { cluster: { client, informers }, hosted: { connection, secret }, hash, stop };
  }
}
