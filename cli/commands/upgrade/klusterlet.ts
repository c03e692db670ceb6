import type { Command } from 'commander';
import type { CommandContext } from '../../context.ts';
import { string } from '../../flags/flags.ts';
import { requireObjectName } from '../../flags/legal-names.ts';
import { KLUSTERLET } from '../../names.ts';
import { addFleetFlags, type FleetFlags, isFleet } from '../../upgrade/fleet/flags.ts';
import { runFleetUpgrade } from '../../upgrade/fleet/run.ts';
import { addUpgradeFlags } from '../../upgrade/flags.ts';
import { klusterletToUpgrade, planKlusterlet } from '../../upgrade/klusterlet-plan.ts';
import { runUpgrade } from '../../upgrade/run.ts';

interface UpgradeKlusterletFlags extends FleetFlags {
  klusterletName: string;
}

export const define = (command: Command): void => {
  addUpgradeFlags(command, 'wait until the agents run the new version');
  string(command, '--klusterlet-name', 'name of the Klusterlet', KLUSTERLET);
  string(command, '--klusterlet-values-file', 'chart values (YAML) laid over what is installed');
  addFleetFlags(command);
};

/** `clusteradm upgrade klusterlet` (cli.md 9.2), of one cluster or of many. */
export const run = async (context: CommandContext, flags: UpgradeKlusterletFlags): Promise<void> => {
  requireObjectName('the Klusterlet', flags.klusterletName);
  if (isFleet(flags, context.isGiven)) {
    await runFleetUpgrade(context, flags);
    return;
  }
  const client = context.client();
  const present = await klusterletToUpgrade(client, flags.klusterletName);
  const plan = await planKlusterlet(client, present, flags, flags.klusterletValuesFile);
  await runUpgrade(context, plan, flags, 'Klusterlet installed. starting upgrade \n');
};
