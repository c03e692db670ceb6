import { load } from 'js-yaml';
import type { Cluster } from './cluster.ts';
import type { Kubeconfig } from './kubeconfig.ts';

/**
 * Throws unless a cluster publishes the address by which Pods of other clusters reach it, or nothing yet. What it
 * publishes is its owner's: agents dial what it says.
 */
const checkPublished = async ({ kubectl, internalServer }: Cluster): Promise<'absent' | 'right'> => {
  const text = await kubectl([
    ...['get', 'configmap', 'cluster-info', '--namespace', 'kube-public'],
    ...['--ignore-not-found', '--output', 'jsonpath={.data.kubeconfig}'],
  ]);
  if (text === '') return 'absent';
  const server = (load(text) as Partial<Kubeconfig>).clusters?.[0]?.cluster.server;
  if (server === internalServer) return 'right';
  throw new Error(
    `ConfigMap kube-public/cluster-info of the hub names ${server}, and agents are to reach it by ${internalServer}. ` +
      'Set OCM_HUB_INTERNAL_SERVER to the former if that is right, else delete the ConfigMap.',
  );
};

/**
 * Publishes where Pods of other clusters reach this one, as kubeadm does (`kube-public/cluster-info`), so that
 * `clusteradm join --force-internal-endpoint-lookup` works from a machine that reaches the cluster by another address. A
 * cluster of the user's that publishes something keeps that; throws when it is something else.
 */
export const publishClusterInfo = async (cluster: Cluster): Promise<void> => {
  if (cluster.isExternal && (await checkPublished(cluster)) === 'right') return;
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
