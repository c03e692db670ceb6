import type { Command } from 'commander';
import {
  type Placement,
  type PlacementDecision,
  placementDecisions,
  placements,
} from '../../../operators/api/index.ts';
import { placementCondition } from '../../../operators/api/conditions.ts';
import { clustersOf, decisionIndexes, placementKey } from '../../../operators/fleet/placement-decisions.ts';
import { namespaces } from '../../../operators/runtime/client/kubernetes.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { string } from '../../flags/flags.ts';
import { outputFlag } from '../../flags/output-flag.ts';
import { conditionValue } from '../../output/conditions.ts';
import { type Listing, LISTING_FORMATS, printListing, type Tree } from '../../output/printers.ts';
import { cell } from '../../output/table.ts';

interface GetPlacementsFlags {
  namespace: string;
  output: string;
}

export const define = (command: Command): void => {
  command.argument('[name]', 'only placements of this name');
  string(command, '-n, --namespace', 'only placements of this namespace');
  outputFlag(command, LISTING_FORMATS, 'tree');
};

/** `clusteradm get placements` (cli.md 10.4). */
export const run = async (
  context: CommandContext,
  flags: GetPlacementsFlags,
  args: string[],
): Promise<void> => {
  const [name, ...others] = args;
  if (others.length > 0) throw new Error('the number of placement name should be 0 or 1');
  const client = context.client();
  await requireHub(client);
  if (flags.namespace) await client.get(namespaces, flags.namespace);
  const scope = flags.namespace ? { namespace: flags.namespace } : {};
  const [found, decisions] = await Promise.all([
    client.list(placements, { ...scope, ...(name && { fieldSelector: `metadata.name=${name}` }) }),
    client.list(placementDecisions, scope),
  ]);
  const listing = placementListing(found.items, decisions.items);
  context.output.print(printListing(listing, flags.output, context.output.terminal));
};

export const placementListing = (found: Placement[], decisions: PlacementDecision[]): Listing => {
  const ofPlacement = Map.groupBy(decisions, (decision) => decisionIndexes.placement(decision)[0]);
  const ofName = Map.groupBy(found, ({ metadata }) => metadata.name);
  const shown = found.map((placement) => {
    const { name, namespace } = placement.metadata;
    return {
      placement,
      name: ofName.get(name)!.length === 1 ? name : `${namespace}/${name}`,
      clusters: clustersOf(ofPlacement.get(placementKey(namespace, name)) ?? []).sort(),
    };
  });
  return {
    kind: 'Placement',
    columns: ['Name', 'Status', 'Reason', 'SeletedClusters'],
    tree: Object.fromEntries(
      shown.map(({ placement, name, clusters }) => [name, treeOf(placement, clusters)]),
    ),
    // One that no controller has looked at yet has no condition.
    rows: shown.map(({ placement, name, clusters }) => {
      const [first] = placement.status?.conditions ?? [];
      return [name, first?.status ?? '', first?.reason ?? '', clusters];
    }),
    items: found,
  };
};

const treeOf = ({ metadata, spec, status }: Placement, clusters: string[]): Tree => ({
  Namespace: metadata.namespace ?? '',
  ClusterSet: cell(spec?.clusterSets ?? []),
  PlacementDecision: cell(clusters.length > 0 ? clusters : ['NoClusterSelected']),
  Status: {
    NumberOfSelectedClusters: String(status?.numberOfSelectedClusters ?? 0),
    Conditions: {
      PlacementConditionSatisfied: conditionValue(status?.conditions, placementCondition.satisfied.type),
      PlacementConditionMisconfigured: conditionValue(
        status?.conditions,
        placementCondition.misconfigured.type,
      ),
    },
  },
});
