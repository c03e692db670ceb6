import type { Cluster } from './cluster.ts';

/**
 * Publishes where Pods of other clusters reach this one, as kubeadm does (`kube-public/cluster-info`), so that
 * `clusteradm join --force-internal-endpoint-lookup` works from a machine that reaches the cluster by another address.
 */
export const publishClusterInfo = async (cluster: Cluster): Promise<void> => {
  const [entry] = cluster.kubeconfig.clusters;
  const kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: '', cluster: { ...entry?.cluster, server: cluster.internalServer } }],
  };
  const configMap = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'cluster-info', namespace: 'kube-public' },
    data: { kubeconfig: JSON.stringify(kubeconfig) },
  };
  await cluster.kubectl(['apply', '--server-side', '--filename', '-'], JSON.stringify(configMap));
};
