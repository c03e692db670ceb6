import type { Command } from 'commander';
import {
  type ClusterManagementAddOnV1alpha1,
  clusterManagementAddOnsV1alpha1 as managementAddOns,
  type ManagedClusterAddOnV1alpha1,
  managedClusterAddOnsV1alpha1 as addOns,
  type ManifestWork,
  manifestWorks,
} from '../../../operators/api/index.ts';
import { label } from '../../../operators/api/names.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { chosenClusters, clusterFlags, type ClusterFlags } from '../../flags/cluster-flags.ts';
import { outputFlag } from '../../flags/output-flag.ts';
import { conditionValue } from '../../output/conditions.ts';
import { type Listing, LISTING_FORMATS, printListing, type Tree } from '../../output/printers.ts';
import { resourceStates } from '../../output/work-resources.ts';

interface GetAddonFlags extends ClusterFlags {
  output: string;
}

export const define = (command: Command): void => {
  command.argument('[names...]', 'only these add-ons');
  clusterFlags(command);
  outputFlag(command, LISTING_FORMATS, 'tree');
};

/** `clusteradm get addon` (cli.md 10.4). */
export const run = async (context: CommandContext, flags: GetAddonFlags, args: string[]): Promise<void> => {
  const client = context.client();
  await requireHub(client);
  const clusters = chosenClusters(flags, context.isGiven);
  const isChosen = (cluster: string | undefined): boolean =>
    clusters.length === 0 || clusters.includes(cluster ?? '');
  const [management, installed, works] = await Promise.all([
    client.list(managementAddOns),
    client.list(addOns),
    client.list(manifestWorks, { labelSelector: label.addonName }),
  ]);
  const listing = addonListing(
    management.items.filter(({ metadata }) => args.length === 0 || args.includes(metadata.name)),
    installed.items.filter(({ metadata }) => isChosen(metadata.namespace)),
    works.items,
  );
  context.output.print(printListing(listing, flags.output, context.output.terminal));
};

const shownConditions = ['Available', 'ManifestApplied', 'RegistrationApplied'];

export const addonListing = (
  management: ClusterManagementAddOnV1alpha1[],
  installed: ManagedClusterAddOnV1alpha1[],
  works: ManifestWork[],
): Listing => {
  const on = (name: string) => installed.filter(({ metadata }) => metadata.name === name);
  const treeOf = ({ metadata, status }: ManagedClusterAddOnV1alpha1): Tree => {
    const own = works.filter(
      (work) =>
        work.metadata.namespace === metadata.namespace &&
        work.metadata.labels?.[label.addonName] === metadata.name,
    );
    return {
      Status: Object.fromEntries(
        shownConditions.map((type) => [type, `${type} -> ${conditionValue(status?.conditions, type)}`]),
      ),
      ...(own.length > 0 && { ManifestWork: resourceStates(own) }),
    };
  };
  return {
    kind: 'ClusterManagementAddon',
    columns: ['Name', 'InstalledClusters'],
    tree: Object.fromEntries(
      management.map(({ metadata: { name } }) => [
        name,
        Object.fromEntries(on(name).map((addon) => [addon.metadata.namespace ?? '', treeOf(addon)])),
      ]),
    ),
    rows: management.map(({ metadata: { name } }) => [name, String(on(name).length)]),
    items: management,
  };
};
