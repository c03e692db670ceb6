import type { Klusterlet } from '../../api/generated/operator.ts';
import { secret as secretName } from '../../api/names.ts';
import type { Connection } from '../../runtime/client/connection.ts';
import { type Secret, secrets } from '../../runtime/client/kubernetes.ts';
import type { Cluster } from '../apply/index.ts';
import type { RemoteClusters } from '../remote-clusters.ts';
import { agentNamespace, isHosted, type Mode } from './mode.ts';

/** The cluster that a Klusterlet registers, and in hosted modes how it is reached. */
export interface ManagedCluster {
  cluster: Cluster;
  hosted?: { connection: Connection; secret: Secret };
}

/**
 * The managed clusters of all Klusterlets: in Default and Singleton mode the cluster of the operator itself, in hosted
 * modes the one that the Secret `external-managed-kubeconfig` leads to.
 */
export class ManagedClusters {
  private readonly management: Cluster;
  private readonly remote: RemoteClusters;

  constructor(management: Cluster, remote: RemoteClusters) {
    this.management = management;
    this.remote = remote;
  }

  /**
   * @returns undefined when the Secret of a hosted Klusterlet does not exist
   * @throws KubeconfigError when its kubeconfig cannot be used
   */
  async of(klusterlet: Klusterlet, mode: Mode): Promise<ManagedCluster | undefined> {
    const { name } = klusterlet.metadata;
    const { management } = this;
    if (!isHosted(mode)) {
      await this.drop(name);
      return { cluster: management };
    }
    const namespace = agentNamespace(klusterlet, mode);
    const secret = await management.client.find(secrets, secretName.externalManagedKubeconfig, namespace);
    if (!secret) {
      await this.drop(name);
      return undefined;
    }
    const { cluster, ...hosted } = await this.remote.of(name, secret);
    return { cluster, hosted };
  }

  /** Forgets the connection of a Klusterlet and ends its watches. */
  drop(name: string): Promise<void> {
    return this.remote.drop(name);
  }
}
