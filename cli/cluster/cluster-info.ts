import { readFileSync } from 'node:fs';
import type { Client } from '../../operators/runtime/client/client.ts';
import type { Connection } from '../../operators/runtime/client/connection.ts';
import { configMaps } from '../../operators/runtime/client/kubernetes.ts';
import { firstDocument } from '../files/yaml.ts';

/** Where a cluster publishes how it is reached. */
export const CLUSTER_INFO = { name: 'cluster-info', namespace: 'kube-public' };

/** How a cluster is reached: server and certificate authority (PEM). */
export interface ClusterEndpoint {
  server: string;
  ca?: string;
}

/** The certificate authority of a connection, as PEM; undefined when it has none. */
export const caOf = ({ caData, caFile }: Connection): string | undefined =>
  caData ?? (caFile ? readFileSync(caFile, 'utf8') : undefined);

/** Reads `kube-public/cluster-info`; undefined when it is absent. */
export const readClusterInfo = async (client: Client): Promise<ClusterEndpoint | undefined> => {
  const info = await client.find(configMaps, CLUSTER_INFO.name, CLUSTER_INFO.namespace);
  if (!info) return undefined;
  const kubeconfig = firstDocument(info.data?.kubeconfig ?? '') as
    { clusters?: { cluster?: { server?: string; 'certificate-authority-data'?: string } }[] } | undefined;
  const [entry, ...others] = kubeconfig?.clusters ?? [];
  if (!entry || others.length > 0) {
    throw new Error(
      'can not find the cluster in the cluster-info: the kubeconfig in ConfigMap kube-public/cluster-info must have exactly one',
    );
  }
  const { server = '', 'certificate-authority-data': ca } = entry.cluster ?? {};
  return { server, ...(ca && { ca: Buffer.from(ca, 'base64').toString() }) };
};

/** The certificate authority that a cluster publishes (cli.md 5.2 step 11). */
export const publishedCa = async (
  client: Client,
  info: ClusterEndpoint | undefined,
): Promise<string | undefined> => {
  if (info) return info.ca;
  const root = await client.find(configMaps, 'kube-root-ca.crt', CLUSTER_INFO.namespace);
  return root?.data?.['ca.crt'];
};
