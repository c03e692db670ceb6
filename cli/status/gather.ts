import {
  type ManagedCluster,
  managedClusters,
  type ManagedClusterSet,
  type ManagedClusterSetBinding,
  managedClusterSetBindings,
  managedClusterSets,
} from '../../operators/api/index.ts';
import { clusterLease, label } from '../../operators/api/names.ts';
import { setsOf } from '../../operators/fleet/cluster-sets/membership.ts';
import type { Client } from '../../operators/runtime/client/client.ts';
import { certificateSigningRequests, leases } from '../../operators/runtime/client/kubernetes.ts';
import type { ClusterFacts } from './cluster-steps.ts';

/** What the hub knows of one cluster, now. */
export const clusterFacts = async (client: Client, name: string): Promise<ClusterFacts> => {
  const [cluster, requests, lease, sets, bindings] = await Promise.all([
    client.find(managedClusters, name),
    client.list(certificateSigningRequests, { labelSelector: `${label.clusterName}=${name}` }),
    client.find(leases, clusterLease, name),
    client.list(managedClusterSets),
    client.list(managedClusterSetBindings),
  ]);
  return {
    name,
    cluster,
    requests: requests.items,
    lease,
    sets: boundSets(cluster, sets.items, bindings.items),
  };
};

/** What the hub knows of all its clusters, now; it is asked as often as for one. */
export const fleetFacts = async (client: Client): Promise<ClusterFacts[]> => {
  const [clusters, requests, held, sets, bindings] = await Promise.all([
    client.list(managedClusters),
    client.list(certificateSigningRequests, { labelSelector: label.clusterName }),
    client.list(leases, { fieldSelector: `metadata.name=${clusterLease}` }),
    client.list(managedClusterSets),
    client.list(managedClusterSetBindings),
  ]);
  const requestsOf = Map.groupBy(requests.items, ({ metadata }) => metadata.labels?.[label.clusterName]);
  const leaseOf = new Map(held.items.map((lease) => [lease.metadata.namespace, lease]));
  return clusters.items.map((cluster) => {
    const { name } = cluster.metadata;
    return {
      name,
      cluster,
      requests: requestsOf.get(name) ?? [],
      lease: leaseOf.get(name),
      sets: boundSets(cluster, sets.items, bindings.items),
    };
  });
};

const boundSets = (
  cluster: ManagedCluster | undefined,
  sets: readonly ManagedClusterSet[],
  bindings: readonly ManagedClusterSetBinding[],
): ClusterFacts['sets'] =>
  (cluster ? setsOf(cluster, sets) : []).map(({ metadata: { name } }) => ({
    name,
    boundTo: bindings
      .filter(({ spec }) => spec?.clusterSet === name)
      .map(({ metadata }) => metadata.namespace ?? '')
      .sort(),
  }));
