import { isIP } from 'node:net';
import { readFileSync } from 'node:fs';
import { dump, load } from 'js-yaml';
import type { Client } from '../operators/runtime/client/client.ts';
import type { Connection } from '../operators/runtime/client/connection.ts';
import { configMaps } from '../operators/runtime/client/kubernetes.ts';
import type { Finding } from './preflight.ts';

const CLUSTER_INFO = { name: 'cluster-info', namespace: 'kube-public' };

/** Where a cluster says that it is reached: server and certificate authority (PEM). */
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
  const kubeconfig = load(info.data?.kubeconfig ?? '') as
    { clusters?: { cluster?: { server?: string; 'certificate-authority-data'?: string } }[] } | undefined;
  const clusters = kubeconfig?.clusters ?? [];
  if (clusters.length !== 1) throw new Error('can not find the cluster in the cluster-info');
  const cluster = clusters[0]?.cluster;
  const ca = cluster?.['certificate-authority-data'];
  return {
    server: cluster?.server ?? '',
    ...(ca && { ca: Buffer.from(ca, 'base64').toString() }),
  };
};

/** The hub's certificate authority as the hub publishes it (cli.md 5.2 step 11). */
export const publishedCa = async (
  client: Client,
  info: ClusterEndpoint | undefined,
): Promise<string | undefined> => {
  if (info) return info.ca;
  const root = await client.find(configMaps, 'kube-root-ca.crt', CLUSTER_INFO.namespace);
  return root?.data?.['ca.crt'];
};

/** `HubApiServer check`: people are warned when managed clusters must resolve the hub's name. */
export const checkHubApiServer = ({ server }: Connection): Finding => {
  const host = new URL(server).hostname.replace(/^\[|\]$/g, '');
  const warnings =
    isIP(host) === 0 ? ['Hub Api Server is a domain name, maybe you should set HostAlias in klusterlet'] : [];
  return { warnings, errors: [] };
};

/** `cluster-info check`: publishes where the hub is when the cluster does not say so itself. */
export const checkClusterInfo = async (
  client: Client,
  connection: Connection,
  dryRun: boolean,
): Promise<Finding> => {
  const present = await client.find(configMaps, CLUSTER_INFO.name, CLUSTER_INFO.namespace);
  if (present?.data?.kubeconfig) return { warnings: [], errors: [] };
  if (present) return { warnings: [], errors: ['empty kubeconfig data in cluster-info'] };
  const ca = caOf(connection);
  const cluster = {
    server: connection.server,
    ...(ca && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
  };
  if (!dryRun) {
    await client.create(configMaps, {
      metadata: CLUSTER_INFO,
      immutable: true,
      data: { kubeconfig: dump({ apiVersion: 'v1', kind: 'Config', clusters: [{ name: '', cluster }] }) },
    });
  }
  const created = 'no ConfigMap named cluster-info in the kube-public namespace, clusteradm will creates it';
  return { warnings: [created], errors: [] };
};
