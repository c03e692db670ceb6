import type { Command } from 'commander';
import {
  type ManagedCluster,
  managedClusters,
  type ManagedClusterSet,
  type ManagedClusterSetBinding,
  managedClusterSetBindings,
  managedClusterSets,
} from '../../../operators/api/index.ts';
import { managedClusterSetCondition } from '../../../operators/api/conditions.ts';
import { membersOf } from '../../../operators/fleet/cluster-sets/membership.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { outputFlag } from '../../flags/output-flag.ts';
import { type Listing, LISTING_FORMATS, printListing } from '../../output/printers.ts';
import { cell } from '../../output/table.ts';

interface GetClusterSetsFlags {
  output: string;
}

export const define = (command: Command): void => {
  outputFlag(command, LISTING_FORMATS, 'tree');
};

/** `clusteradm get clustersets` (cli.md 10.4). */
export const run = async (
  context: CommandContext,
  flags: GetClusterSetsFlags,
  args: string[],
): Promise<void> => {
  if (args.length > 0) throw new Error('there should be no argument');
  const client = context.client();
  await requireHub(client);
  const [sets, bindings, clusters] = await Promise.all([
    client.list(managedClusterSets),
    client.list(managedClusterSetBindings),
    client.list(managedClusters),
  ]);
  const listing = clusterSetListing(sets.items, bindings.items, clusters.items);
  context.output.print(printListing(listing, flags.output, context.output.terminal));
};

export const clusterSetListing = (
  sets: ManagedClusterSet[],
  bindings: ManagedClusterSetBinding[],
  clusters: ManagedCluster[],
): Listing => {
  const bound = ({ metadata }: ManagedClusterSet): string =>
    bindings
      .filter(({ spec }) => spec?.clusterSet === metadata.name)
      .map((binding) => binding.metadata.namespace ?? '')
      .sort()
      .join(',');
  const message = ({ status }: ManagedClusterSet): string =>
    status?.conditions?.find(({ type }) => type === managedClusterSetCondition.empty.type)?.message ?? '';
  const managed = ({ spec }: ManagedClusterSet): string[] =>
    (spec?.managedNamespaces ?? []).map(({ name }) => name);
  return {
    kind: 'ManagedClusterSet',
    columns: ['Name', 'Bound Namespaces', 'Status', 'Managed Namespaces'],
    tree: Object.fromEntries(
      sets.map((set) => [
        set.metadata.name,
        {
          BoundNamespace: bound(set),
          Status: message(set),
          Clusters: cell(membersOf(set, clusters).map(({ metadata }) => metadata.name)),
          ManagedNamespaces: cell(managed(set)),
        },
      ]),
    ),
    rows: sets.map((set) => [set.metadata.name, bound(set), message(set), managed(set).join(',')]),
    items: sets,
  };
};
