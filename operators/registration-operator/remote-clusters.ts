import { createInformers } from '../runtime/cache/informers.ts';
import { connect } from '../runtime/client/connect.ts';
import type { Connection } from '../runtime/client/connection.ts';
import type { Secret } from '../runtime/client/kubernetes.ts';
import type { Logger } from '../runtime/process/logger.ts';
import type { Metrics } from '../runtime/process/metrics.ts';
import { type Cluster, hashOf } from './apply/index.ts';
import { connectionOfSecret } from './secrets/secret-connection.ts';

/** A cluster that the kubeconfig of a Secret leads to. */
export interface RemoteCluster {
  cluster: Cluster;
  connection: Connection;
  secret: Secret;
}

interface Entry extends RemoteCluster {
  hash: string;
  stop: AbortController;
}

export interface RemoteClustersOptions {
  /** What owns the clusters, as log records name it: `klusterlet`, for example. */
  ownerField: string;
  userAgent: string;
  log: Logger;
  metrics: Metrics;
  signal: AbortSignal;
}

/** One remote cluster for each owner. Its connection lasts until its Secret says something else. */
export class RemoteClusters {
  private readonly options: RemoteClustersOptions;
  private readonly entries = new Map<string, Entry>();

  constructor(options: RemoteClustersOptions) {
    this.options = options;
  }

  /** @throws KubeconfigError when the kubeconfig of the Secret cannot be used */
  async of(owner: string, secret: Secret): Promise<RemoteCluster> {
    const hash = hashOf([secret.metadata.uid, secret.data]);
    const known = this.entries.get(owner);
    if (known?.hash === hash) return known;
    const closed = this.drop(owner);
    try {
      // Before anything is awaited: of two who ask at once, the second must find what the first has opened.
      const entry = this.open(owner, secret, hash);
      this.entries.set(owner, entry);
      return entry;
    } finally {
      await closed;
    }
  }

  /** Forgets the connection of an owner and ends its watches. */
  async drop(owner: string): Promise<void> {
    const entry = this.entries.get(owner);
    if (!entry) return;
    this.entries.delete(owner);
    entry.stop.abort();
    await entry.cluster.client.close();
  }

  private open(owner: string, secret: Secret, hash: string): Entry {
    const { ownerField, userAgent, metrics, signal } = this.options;
    const logger = this.options.log.with({ [ownerField]: owner });
    const connection = connectionOfSecret(secret);
    const client = connect(connection, { userAgent, logger, metrics });
    const informers = createInformers(client, { logger, metrics });
    const stop = new AbortController();
    informers.start(AbortSignal.any([signal, stop.signal]));
    return { cluster: { client, informers }, connection, secret, hash, stop };
  }
}
