import type { Command } from 'commander';
import { manifestWorks } from '../../../operators/api/index.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { onlyName } from '../../flags/arguments.ts';
import { clusterFlags, type ClusterFlags, requiredClusters } from '../../flags/cluster-flags.ts';
import { requireObjectName } from '../../flags/legal-names.ts';
import { outputFlag } from '../../flags/output-flag.ts';
import { printViews, VIEW_FORMATS } from '../../status/view.ts';
import { clusterFacts } from '../../status/gather.ts';
import { workSteps } from '../../status/work-steps.ts';

interface GetWorkFlags extends ClusterFlags {
  output: string;
}

export const define = (command: Command): void => {
  command.argument('[name]', 'the work');
  clusterFlags(command);
  outputFlag(command, VIEW_FORMATS, 'text');
};

/** `clusteradm get work NAME`: how far it and each of its manifests are, and what they wait for. */
export const run = async (context: CommandContext, flags: GetWorkFlags, args: string[]): Promise<void> => {
  const name = onlyName(args, 'work name must be specified', 'only one work name can be specified');
  requireObjectName('a work', name);
  const client = context.client();
  await requireHub(client);
  const views = [];
  for (const cluster of requiredClusters(flags, context.isGiven)) {
    const work = await client.get(manifestWorks, name, cluster);
    const facts = { work, cluster: await clusterFacts(client, cluster) };
    const steps = workSteps(facts, context.program);
    views.push({ kind: 'ManifestWork', name: `${cluster}/${name}`, steps });
  }
  context.output.print(printViews(views, flags.output));
};
