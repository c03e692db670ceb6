import type { Command } from 'commander';
import { managedClusters } from '../../operators/api/index.ts';
import { requireHub } from '../cluster/required-apis.ts';
import type { CommandContext } from '../context.ts';
import { chosenClusters, type ClusterFlags, clusterFlags } from '../flags/cluster-flags.ts';
import { slice } from '../flags/flags.ts';
import { requireObjectName } from '../flags/legal-names.ts';

export interface NamedFlags extends ClusterFlags {
  names: string[];
}

/** `--names` and the clusters, as `addon enable` and `addon disable` have them (cli.md 14). */
export const namedFlags = (command: Command): void => {
  slice(command, '--names', 'names of the add-ons (required)');
  clusterFlags(command);
};

/** The add-ons of `--names`, each once. */
export const addonNames = ({ names }: NamedFlags): string[] => {
  const named = [...new Set(names.filter(Boolean))];
  if (named.length === 0) throw new Error('names is missing');
  for (const name of named) requireObjectName('an add-on', name);
  return named;
};

/** The clusters that were chosen, or all; each must exist on a hub. */
export const existingClusters = async (context: CommandContext, flags: ClusterFlags): Promise<string[]> => {
  const client = context.client();
  await requireHub(client);
  const chosen = chosenClusters(flags, context.isGiven);
  if (chosen.length === 0) {
    const { items } = await client.list(managedClusters);
    return items.map(({ metadata }) => metadata.name);
  }
  for (const cluster of chosen) await client.get(managedClusters, cluster);
  return chosen;
};
