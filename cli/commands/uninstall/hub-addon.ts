import type { Command } from 'commander';
import { upstreamRegistry } from '../../../operators/api/image-registry.ts';
import { managedClusterAddOnsV1alpha1 as addOns } from '../../../operators/api/index.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { removeOne } from '../../cluster/remove.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { string } from '../../flags/flags.ts';
import { requireLabel } from '../../flags/legal-names.ts';
import { governance, POLICY_ADDONS } from '../../hub-addon/governance/index.ts';
import { uninstallChart } from '../../hub-addon/helm.ts';
import { CHART_ADDONS, GOVERNANCE, hubAddonNames } from '../../hub-addon/names.ts';
import { OPERATOR_NAMESPACE } from '../../names.ts';

interface UninstallHubAddonFlags {
  names: string;
  namespace: string;
}

export const define = (command: Command): void => {
  string(command, '--names', 'names of the add-ons, divided by commas (required)');
  string(command, '--namespace', 'namespace of the policy framework', OPERATOR_NAMESPACE);
};

/** `clusteradm uninstall hub-addon` (cli.md 13). */
export const run = async (context: CommandContext, flags: UninstallHubAddonFlags): Promise<void> => {
  const client = context.client();
  await requireHub(client);
  const names = hubAddonNames(flags.names);
  requireLabel('the namespace of --namespace', flags.namespace);
  for (const name of names) {
    await requireUnused(context, client, name);
    if (name === GOVERNANCE) await uninstallGovernance(context, client, flags.namespace);
    else await uninstallChart(context, CHART_ADDONS[name]!);
  }
};

/** Without its part on the hub nobody would take an add-on from clusters again. */
const requireUnused = async (context: CommandContext, client: Client, name: string): Promise<void> => {
  const { items } = await client.list(addOns);
  for (const addon of CHART_ADDONS[name]?.addons ?? POLICY_ADDONS) {
    const clusters = items
      .filter(({ metadata }) => metadata.name === addon)
      .map(({ metadata }) => metadata.namespace ?? '')
      .sort();
    if (clusters.length === 0) continue;
    const disable = `${context.program} addon disable --names ${addon} --clusters ${clusters.join(',')}`;
    throw new Error(`there are still addons for ${name} enabled on some clusters, run "${disable}" first`);
  }
};

/** CRDs stay: with them all policies would go. */
const uninstallGovernance = async (
  context: CommandContext,
  client: Client,
  namespace: string,
): Promise<void> => {
  context.output.print(`Uninstalling built-in ${GOVERNANCE} add-on from the Hub cluster...\n`);
  const { dependencies, deployments } = governance(namespace, upstreamRegistry, 'any');
  for (const { apiVersion = '', kind = '', metadata } of [...dependencies, ...deployments]) {
    const resource = await client.resourceFor(apiVersion, kind);
    if (resource) await removeOne(context, client, resource, metadata);
  }
};
