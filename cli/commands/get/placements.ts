import type { Command } from 'commander';
import {
  type Placement,
  type PlacementDecision,
  placementDecisions,
  placements,
} from '../../../operators/api/index.ts';
import { placementCondition } from '../../../operators/api/conditions.ts';
import { label } from '../../../operators/api/names.ts';
import { labelValue } from '../../../operators/runtime/client/legal-name.ts';
import { namespaces } from '../../../operators/runtime/client/kubernetes.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { string } from '../../flags/flags.ts';
import { conditionValue } from '../../output/conditions.ts';
import { cell, type Listing, printListing } from '../../output/printers.ts';

interface GetPlacementsFlags {
  namespace: string;
  output: string;
}

export const define = (command: Command): void => {
  command.argument('[name]', 'only placements of this name');
  string(command, '-n, --namespace', 'only placements of this namespace');
  string(command, '-o, --output', 'tree, table or yaml', 'tree');
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
  const nameOf = ({ metadata }: Placement): string => {
    const alone = found.every(
      (other) => other.metadata === metadata || other.metadata.name !== metadata.name,
    );
    return alone ? metadata.name : `${metadata.namespace}/${metadata.name}`;
  };
  return {
    kind: 'Placement',
    columns: ['Name', 'Status', 'Reason', 'SeletedClusters'],
    tree: Object.fromEntries(
      found.map((placement) => {
        const clusters = chosenFor(placement, decisions);
        const { metadata, spec, status } = placement;
        return [
          nameOf(placement),
          {
            Namespace: metadata.namespace ?? '',
            ClusterSet: cell(spec?.clusterSets ?? []),
            PlacementDecision: cell(clusters.length > 0 ? clusters : ['NoClusterSelected']),
            Status: {
              NumberOfSelectedClusters: String(status?.numberOfSelectedClusters ?? 0),
              Conditions: {
                PlacementConditionSatisfied: conditionValue(
                  status?.conditions,
                  placementCondition.satisfied.type,
                ),
                PlacementConditionMisconfigured: conditionValue(
                  status?.conditions,
                  placementCondition.misconfigured.type,
                ),
              },
            },
          },
        ];
      }),
    ),
    // One that no controller has looked at yet has no condition.
    rows: found.map((placement) => {
      const [first] = placement.status?.conditions ?? [];
      return [nameOf(placement), first?.status ?? '', first?.reason ?? '', chosenFor(placement, decisions)];
    }),
    items: found,
  };
};

/** What all decisions of a placement name, each cluster once. */
const chosenFor = ({ metadata }: Placement, decisions: PlacementDecision[]): string[] => {
  const own = decisions.filter(
    (decision) =>
      decision.metadata.namespace === metadata.namespace &&
      decision.metadata.labels?.[label.placement] === labelValue(metadata.name),
  );
  return [
    ...new Set(own.flatMap(({ status }) => status?.decisions ?? []).map(({ clusterName }) => clusterName)),
  ].sort();
};
