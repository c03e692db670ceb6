import { isIP } from 'node:net';
import { dump } from 'js-yaml';
import type { Client } from '../../operators/runtime/client/client.ts';
import type { Connection } from '../../operators/runtime/client/connection.ts';
import { isAlreadyExists } from '../../operators/runtime/client/errors.ts';
import { configMaps } from '../../operators/runtime/client/kubernetes.ts';
import { type ChosenContext, chosenContext } from '../cluster/chosen-cluster.ts';
import { CLUSTER_INFO, caOf } from '../cluster/cluster-info.ts';
import type { CommandContext } from '../context.ts';
import { type Check, type Finding, found } from '../preflight.ts';

/** The checks before anything is changed (cli.md 4.4). */
export const initChecks = (context: CommandContext): Check[] => [
  {
    name: 'HubApiServer check',
    run: () => checkHubApiServer(chosenContext(context.globals), () => context.connection()),
  },
  {
    name: 'cluster-info check',
    run: () => checkClusterInfo(context.client(), context.connection(), context.globals.dryRun),
  },
];

/** Managed clusters have to resolve the hub's name, or be told its address. */
export const checkHubApiServer = (context: ChosenContext, connection: () => Connection): Finding => {
  if (!context.known) {
    return found({ error: 'failed to find the given Current Context in Contexts of the kubeconfig' });
  }
  if (!context.clusterKnown && context.cluster !== undefined) {
    return found({ error: 'failed to find the given CurrentContext Cluster in Clusters of the kubeconfig' });
  }
  const host = new URL(connection().server).hostname.replace(/^\[|\]$/g, '');
  if (isIP(host) !== 0) return found({});
  return found({ warning: 'Hub Api Server is a domain name, maybe you should set HostAlias in klusterlet' });
};

/** Publishes where the hub is when the cluster does not say so itself: that is where joining clusters look. */
const checkClusterInfo = async (
  client: Client,
  connection: Connection,
  dryRun: boolean,
): Promise<Finding> => {
  const { name, namespace } = CLUSTER_INFO;
  const present = await client.find(configMaps, name, namespace);
  if (present?.data?.kubeconfig) return found({});
  if (present) return found({ error: 'empty kubeconfig data in cluster-info' });
  if (!dryRun) {
    try {
      await client.create(configMaps, clusterInfoObject(connection), { fieldManager: 'clusteradm' });
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
      return checkClusterInfo(client, connection, dryRun);
    }
  }
  return found({
    warning: 'no ConfigMap named cluster-info in the kube-public namespace, clusteradm will creates it',
  });
};

const clusterInfoObject = (connection: Connection) => {
  const ca = caOf(connection);
  const cluster = {
    server: connection.server,
    ...(ca && { 'certificate-authority-data': Buffer.from(ca).toString('base64') }),
  };
  return {
    metadata: CLUSTER_INFO,
    immutable: true,
    data: { kubeconfig: dump({ apiVersion: 'v1', kind: 'Config', clusters: [{ name: '', cluster }] }) },
  };
};
