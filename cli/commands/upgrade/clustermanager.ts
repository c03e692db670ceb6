import type { Command } from 'commander';
import { clusterManagers } from '../../../operators/api/index.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { string } from '../../flags/flags.ts';
import { CLUSTER_MANAGER } from '../../names.ts';
import { planClusterManager } from '../../upgrade/cluster-manager-plan.ts';
import { addUpgradeFlags, type UpgradeFlags } from '../../upgrade/flags.ts';
import { runUpgrade } from '../../upgrade/run.ts';

interface UpgradeClusterManagerFlags extends UpgradeFlags {
  clusterManagerValuesFile: string;
}

export const define = (command: Command): void => {
  addUpgradeFlags(command, 'wait until the hub runs the new version');
  string(command, '--cluster-manager-values-file', 'chart values (YAML) laid over what is installed');
};

/** `clusteradm upgrade clustermanager` (cli.md 9.1). */
export const run = async (context: CommandContext, flags: UpgradeClusterManagerFlags): Promise<void> => {
  const client = context.client();
  const present = await client.find(clusterManagers, CLUSTER_MANAGER);
  if (!present) throw new Error('clustermanager is not installed');
  await requireHub(client);
  const plan = await planClusterManager(client, present, flags, flags.clusterManagerValuesFile);
  await runUpgrade(context, plan, flags, 'clustermanager installed. starting upgrade\n');
};
