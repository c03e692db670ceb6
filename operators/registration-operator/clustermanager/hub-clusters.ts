import type { ClusterManager } from '../../api/generated/operator.ts';
import { secret as secretName } from '../../api/names.ts';
import type { Connection } from '../../runtime/client/connection.ts';
import { KubeconfigError } from '../../runtime/client/kubeconfig/kubeconfig.ts';
import { secrets } from '../../runtime/client/kubernetes.ts';
import type { Cluster } from '../apply/index.ts';
import type { RemoteClusters } from '../remote-clusters.ts';
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

/**
 * The hubs of all ClusterManagers: in Default mode the operator's own cluster, in Hosted mode the one that the Secret
 * `external-hub-kubeconfig` leads to (operator.md 4.1 step 3).
 */
export class HubClusters {
  private readonly management: Cluster;
  private readonly remote: RemoteClusters;

  constructor(management: Cluster, remote: RemoteClusters) {
    this.management = management;
    this.remote = remote;
  }

  /** @throws HubKubeconfigError when the Secret of a hosted hub is missing or cannot be used */
  async of(clusterManager: ClusterManager): Promise<Hub> {
    const { name } = clusterManager.metadata;
    const { management } = this;
    if (!isHosted(clusterManager)) return { cluster: management };
    const namespace = hubNamespaceOf(clusterManager);
    const secret = await management.client.find(secrets, secretName.externalHubKubeconfig, namespace);
    if (!secret) {
      await this.drop(name);
      throw new HubKubeconfigError(
        `Secret ${namespace}/${secretName.externalHubKubeconfig} does not exist; create it with the hub's kubeconfig under the key "kubeconfig"`,
      );
    }
    try {
      return await this.remote.of(name, secret);
    } catch (cause) {
      if (!(cause instanceof KubeconfigError)) throw cause;
      throw new HubKubeconfigError(cause.message, { cause });
    }
  }

  /** Forgets the connection of a ClusterManager and ends its watches. */
  drop(name: string): Promise<void> {
    return this.remote.drop(name);
  }
}
