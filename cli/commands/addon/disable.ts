import type { Command } from 'commander';
import { managedClusterAddOnsV1alpha1 as addOns } from '../../../operators/api/index.ts';
import { addonNames, existingClusters, type NamedFlags, namedFlags } from '../../addon/named.ts';
import { removeOne } from '../../cluster/remove.ts';
import type { CommandContext } from '../../context.ts';

export const define = (command: Command): void => {
  namedFlags(command);
};

/** `clusteradm addon disable` (cli.md 14.3); without a cluster, on all of them. */
export const run = async (context: CommandContext, flags: NamedFlags): Promise<void> => {
  const names = addonNames(flags);
  const clusters = await existingClusters(context, flags);
  for (const name of names) {
    for (const cluster of clusters) {
      const found = await removeOne(context, context.client(), addOns, { name, namespace: cluster });
      context.output.print(
        found
          ? `Undeploying ${name} add-on in managed cluster: ${cluster}.\n`
          : `${name} add-on not found in cluster: ${cluster}.\n`,
      );
    }
  }
};
