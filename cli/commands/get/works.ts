import type { Command } from 'commander';
import { managedClusters, type ManifestWork, manifestWorks } from '../../../operators/api/index.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { clusterFlags, type ClusterFlags, requiredClusters } from '../../flags/cluster-flags.ts';
import { outputFlag } from '../../flags/output-flag.ts';
import { conditionValue } from '../../output/conditions.ts';
import { type Listing, LISTING_FORMATS, printListing, type Tree } from '../../output/printers.ts';
import { resourceStates } from '../../output/work-resources.ts';

interface GetWorksFlags extends ClusterFlags {
  output: string;
}

export const define = (command: Command): void => {
  command.argument('[name]', 'only this work');
  clusterFlags(command);
  outputFlag(command, LISTING_FORMATS, 'tree');
};

/** `clusteradm get works` (cli.md 10.4). */
export const run = async (context: CommandContext, flags: GetWorksFlags, args: string[]): Promise<void> => {
  if (args.length > 1) throw new Error('can only specify one manifestwork');
  const client = context.client();
  await requireHub(client);
  const clusters = requiredClusters(flags, context.isGiven);
  const works: ManifestWork[] = [];
  for (const cluster of clusters) {
    await client.get(managedClusters, cluster);
    const { items } = await client.list(manifestWorks, {
      namespace: cluster,
      ...(args[0] && { fieldSelector: `metadata.name=${args[0]}` }),
    });
    works.push(...items);
  }
  context.output.print(printListing(workListing(works), flags.output, context.output.terminal));
};

export const workListing = (works: ManifestWork[]): Listing => {
  const tree: Record<string, Tree> = {};
  for (const work of works) {
    const { name, namespace = '' } = work.metadata;
    tree[namespace] = { ...tree[namespace], [name]: workTree(work) };
  }
  return {
    kind: 'ManifestWork',
    tree,
    columns: ['Name', 'Cluster', 'Number Of Manifests', 'Applied', 'Available'],
    rows: works.map((work) => [
      work.metadata.name,
      work.metadata.namespace ?? '',
      count(work),
      conditionValue(work.status?.conditions, 'Applied'),
      conditionValue(work.status?.conditions, 'Available'),
    ]),
    items: works,
  };
};

const count = ({ spec }: ManifestWork): string => String(spec?.workload?.manifests?.length ?? 0);

const workTree = (work: ManifestWork): Tree => ({
  'Number of Manifests': count(work),
  Applied: conditionValue(work.status?.conditions, 'Applied'),
  Available: conditionValue(work.status?.conditions, 'Available'),
  Resources: resourceStates([work]),
});
