import type { Command } from 'commander';
import { type ManagedClusterSet, managedClusters, managedClusterSets } from '../../../operators/api/index.ts';
import { label } from '../../../operators/api/names.ts';
import { writeOptions } from '../../cluster/apply.ts';
import { existingSet, setName } from '../../clusterset/target.ts';
import type { CommandContext } from '../../context.ts';
import { slice } from '../../flags/flags.ts';
import { requireLabel } from '../../flags/legal-names.ts';

interface SetFlags {
  clusters: string[];
  namespaces: string[];
}

export const define = (command: Command): void => {
  command.argument('[name]', 'name of the set');
  slice(command, '--clusters', 'clusters that go into the set, out of the one that they are in');
  slice(command, '--namespaces', 'namespaces that the hub shall manage on the clusters of the set');
};

/** `clusteradm clusterset set` (cli.md 15). */
export const run = async (context: CommandContext, flags: SetFlags, args: string[]): Promise<void> => {
  const name = setName(args);
  const { clusters, namespaces } = flags;
  if (clusters.length === 0 && namespaces.length === 0) {
    throw new Error('at least one cluster (--clusters) or namespace (--namespaces) must be specified');
  }
  for (const cluster of clusters) requireLabel('a cluster', cluster);
  const set = await existingSet(context, name);
  if (clusters.length > 0 && set.spec?.clusterSelector?.selectorType === 'LabelSelector') {
    context.output.note(
      `WARNING: Clusterset ${name} takes clusters by labels of its own; that they are set to it does not bring them in\n`,
    );
  }
  for (const cluster of clusters) await putCluster(context, cluster, name);
  if (namespaces.length > 0) await addNamespaces(context, set, namespaces);
};

const putCluster = async (context: CommandContext, name: string, set: string): Promise<void> => {
  const { output } = context;
  const client = context.client();
  const { metadata } = await client.get(managedClusters, name);
  const before = metadata.labels?.[label.clusterSet];
  if (before === set) {
    output.print(`Cluster ${name} is already in Clusterset ${set}\n`);
    return;
  }
  const body = { metadata: { labels: { [label.clusterSet]: set } } };
  const options = writeOptions(context);
  await client.patch(managedClusters, { name }, { type: 'merge', body }, options);
  output.print(
    before
      ? `Cluster ${name} is set, from ClusterSet ${before} to Clusterset ${set}\n`
      : `Cluster ${name} is set to Clusterset ${set}\n`,
  );
};

/** Appends what is not there yet; the version that was read is the patch's condition, so that nobody's change is lost. */
const addNamespaces = async (
  context: CommandContext,
  { metadata, spec }: ManagedClusterSet,
  namespaces: string[],
): Promise<void> => {
  const { output } = context;
  const { name, resourceVersion } = metadata;
  output.print(`Processing managed namespaces: [${namespaces.join(' ')}]\n`);
  const managed = (spec?.managedNamespaces ?? []).map((each) => each.name);
  const wanted = namespaces.map((namespace) => namespace.trim());
  const added: string[] = [];
  for (const namespace of wanted) {
    if (!namespace) output.note('Warning: Empty namespace name provided, skipping\n');
    else if (managed.includes(namespace) || added.includes(namespace)) {
      output.print(`Managed namespace ${namespace} already exists in Clusterset ${name}\n`);
    } else added.push(namespace);
  }
  if (added.length === 0) {
    output.print(
      wanted.some(Boolean)
        ? `\nAll specified namespaces already exist in Clusterset ${name}\n`
        : `\nNo changes made to Clusterset ${name}\n`,
    );
    return;
  }
  const all = [...managed, ...added];
  const managedNamespaces = all.map((namespace) => ({ name: namespace }));
  const body = { metadata: { resourceVersion }, spec: { managedNamespaces } };
  const options = writeOptions(context);
  try {
    await context.client().patch(managedClusterSets, { name }, { type: 'merge', body }, options);
  } catch (error) {
    throw new Error(`failed to update clusterset with managed namespaces: ${(error as Error).message}`, {
      cause: error,
    });
  }
  output.print(`\nSuccessfully updated Clusterset ${name}
Added ${added.length} managed namespace(s): ${added.join(', ')}
Total managed namespaces in clusterset: ${all.length}
`);
};
