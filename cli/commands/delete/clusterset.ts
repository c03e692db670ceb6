import type { Command } from 'commander';
import { managedClusterSetBindings, managedClusterSets } from '../../../operators/api/index.ts';
import { clusterSet } from '../../../operators/api/names.ts';
import { removeOne, waitUntilGone } from '../../cluster/remove.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import { setName } from '../../clusterset/target.ts';
import type { CommandContext } from '../../context.ts';

export const define = (command: Command): void => {
  command.argument('[name]', 'name of the set');
};

/** `clusteradm delete clusterset` (cli.md 12). */
export const run = async (context: CommandContext, _flags: object, args: string[]): Promise<void> => {
  const name = setName(args, 'deleted');
  const { output, globals } = context;
  const client = context.client();
  await requireHub(client);
  if (name === clusterSet.default) {
    output.print(`Clusterset ${name} can not be deleted\n`);
    return;
  }
  const set = await client.find(managedClusterSets, name);
  if (!set) {
    output.print(`Clusterset ${name} not found or is already deleted\n`);
    return;
  }
  const { items: bindings } = await client.list(managedClusterSetBindings, {
    fieldSelector: `metadata.name=${name}`,
  });
  if (bindings.length > 0) {
    output.print(`Clusterset ${name} still bind to a namespace! Please unbind before deleted.\n`);
    const namespaces = bindings.map(({ metadata }) => metadata.namespace).join(', ');
    output.note(`It is bound to ${namespaces}: ${context.program} clusterset unbind ${name} --namespace …\n`);
    return;
  }
  await removeOne(context, client, managedClusterSets, { name }, set.metadata.uid);
  if (!globals.dryRun) await waitUntilGone(context, client, managedClusterSets, { name });
  output.print(`Clusterset ${name} is deleted\n`);
};
