import type { Command } from 'commander';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { onlyName } from '../../flags/arguments.ts';
import { requireLabel } from '../../flags/legal-names.ts';
import { outputFlag } from '../../flags/output-flag.ts';
import { printViews, VIEW_FORMATS } from '../../status/view.ts';
import { clusterSteps } from '../../status/cluster-steps.ts';
import { clusterFacts } from '../../status/gather.ts';

interface GetClusterFlags {
  output: string;
}

export const define = (command: Command): void => {
  command.argument('[name]', 'the cluster');
  outputFlag(command, VIEW_FORMATS, 'text');
};

/** `clusteradm get cluster NAME`: how far it is on its way to the hub, and what it waits for. */
export const run = async (context: CommandContext, flags: GetClusterFlags, args: string[]): Promise<void> => {
  const name = onlyName(
    args,
    'the name of the cluster must be specified',
    'only one cluster can be specified',
  );
  requireLabel('a cluster', name);
  const client = context.client();
  await requireHub(client);
  const steps = clusterSteps(await clusterFacts(client, name), context.program);
  context.output.print(printViews([{ kind: 'ManagedCluster', name, steps }], flags.output));
};
