import type { Command } from 'commander';
import { label } from '../../../operators/api/names.ts';
import { type ManagedCluster, managedClusters, managedClusterSets } from '../../../operators/api/index.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { string } from '../../flags/flags.ts';
import { outputFlag } from '../../flags/output-flag.ts';
import { conditionValue } from '../../output/conditions.ts';
import { type Listing, LISTING_FORMATS, printListing } from '../../output/printers.ts';

interface GetClustersFlags {
  clusterset: string;
  output: string;
}

export const define = (command: Command): void => {
  string(command, '--clusterset', 'only the clusters of this set');
  outputFlag(command, LISTING_FORMATS, 'tree');
};

/** `clusteradm get clusters` (cli.md 10.4). */
export const run = async (
  context: CommandContext,
  flags: GetClustersFlags,
  args: string[],
): Promise<void> => {
  if (args.length > 0) throw new Error('there should be no argument');
  const client = context.client();
  await requireHub(client);
  if (flags.clusterset) await client.get(managedClusterSets, flags.clusterset);
  const { items } = await client.list(managedClusters, {
    ...(flags.clusterset && { labelSelector: `${label.clusterSet}=${flags.clusterset}` }),
  });
  context.output.print(printListing(clusterListing(items), flags.output, context.output.terminal));
};

export const clusterListing = (clusters: ManagedCluster[]): Listing => ({
  kind: 'ManagedCluster',
  columns: ['Name', 'Accepted', 'Available', 'ClusterSet', 'CPU', 'Memory', 'Kubernetes Version'],
  tree: Object.fromEntries(
    clusters.map((cluster) => [
      cluster.metadata.name,
      {
        Accepted: String(cluster.spec?.hubAcceptsClient ?? false),
        Available: available(cluster),
        ClusterSet: clusterSet(cluster),
        KubernetesVersion: cluster.status?.version?.kubernetes ?? '',
        Capacity: { Cpu: capacity(cluster, 'cpu'), Memory: capacity(cluster, 'memory') },
      },
    ]),
  ),
  rows: clusters.map((cluster) => [
    cluster.metadata.name,
    String(cluster.spec?.hubAcceptsClient ?? false),
    available(cluster),
    clusterSet(cluster),
    capacity(cluster, 'cpu'),
    capacity(cluster, 'memory'),
    cluster.status?.version?.kubernetes ?? '',
  ]),
  wide: {
    columns: ['Taints', 'Url'],
    rows: clusters.map(({ spec }) => [
      (spec?.taints ?? []).map(({ key, effect }) => `${key}:${effect}`),
      spec?.managedClusterClientConfigs?.[0]?.url ?? '',
    ]),
  },
  items: clusters,
});

const available = ({ status }: ManagedCluster): string =>
  conditionValue(status?.conditions, 'ManagedClusterConditionAvailable');

const clusterSet = ({ metadata }: ManagedCluster): string => metadata.labels?.[label.clusterSet] ?? '';

const capacity = ({ status }: ManagedCluster, name: string): string => String(status?.capacity?.[name] ?? '');
