import type { Command } from 'commander';
import { managedClusterSetBindings, type Placement, placements } from '../../../operators/api/index.ts';
import { writeOptions } from '../../cluster/apply.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { onlyName } from '../../flags/arguments.ts';
import { bool, integer, slice, string } from '../../flags/flags.ts';
import { requireLabel, requireObjectName } from '../../flags/legal-names.ts';
import { dividedSelectors, labelRequirement } from '../../placement/label-selector.ts';
import { prioritizerOf } from '../../placement/prioritizer.ts';

interface CreatePlacementFlags {
  namespace: string;
  clustersets: string[];
  labelSelectors: string[];
  prioritizers: string[];
  count: number;
  overwrite: boolean;
}

export const define = (command: Command): void => {
  command.argument('[name]', 'name of the placement');
  string(command, '--namespace', 'namespace of the placement', 'default');
  slice(command, '--clustersets', 'sets to choose from; each must be bound to the namespace');
  slice(
    command,
    '--label-selectors',
    'requirements on labels, such as region=eu or "region in (eu,us)"; a cluster that meets one of them may be chosen',
  );
  slice(
    command,
    '--prioritizers',
    'what is preferred: BuiltIn:<name>:<weight> or AddOn:<resource>:<score>:<weight>',
  );
  integer(command, '--count', 'how many clusters to choose; 0 chooses all', 0);
  bool(command, '--overwrite', 'replace the spec of a placement that exists');
};

/** `clusteradm create placement` (cli.md 11.2). */
export const run = async (
  context: CommandContext,
  flags: CreatePlacementFlags,
  args: string[],
): Promise<void> => {
  const name = onlyName(args, 'placement name must be specified', 'only one placement name can be specified');
  requireObjectName('the placement', name);
  requireLabel('the namespace of --namespace', flags.namespace);
  const { output } = context;
  const { namespace } = flags;
  const client = context.client();
  await requireHub(client);
  const spec = specOf(flags);
  for (const set of flags.clustersets) await client.get(managedClusterSetBindings, set, namespace);
  const present = await client.find(placements, name, namespace);
  if (present && !flags.overwrite) {
    throw new Error(`placement ${name} already exists: --overwrite replaces its spec`);
  }
  const options = writeOptions(context);
  if (present) {
    await client.replace(placements, { ...present, spec }, options);
    output.print(`Placement '${name}' of '${namespace}' namespace has been updated\n`);
    return;
  }
  await client.create(placements, { metadata: { name, namespace }, spec }, options);
  output.print(`Placement '${name}' has been created in '${namespace}' namespace\n`);
};

/** The spec that the flags stand for; throws when one of them cannot be read. */
const specOf = (flags: CreatePlacementFlags): NonNullable<Placement['spec']> => {
  const predicates = dividedSelectors(flags.labelSelectors).map((selector) => ({
    requiredClusterSelector: { labelSelector: labelRequirement(selector) },
  }));
  const configurations = flags.prioritizers.map(prioritizerOf);
  return {
    ...(flags.clustersets.length > 0 && { clusterSets: flags.clustersets }),
    ...(predicates.length > 0 && { predicates }),
    ...(configurations.length > 0 && { prioritizerPolicy: { mode: 'Additive', configurations } }),
    ...(flags.count > 0 && { numberOfClusters: flags.count }),
  };
};
