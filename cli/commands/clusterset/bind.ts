import type { Command } from 'commander';
import { managedClusterSetBindings } from '../../../operators/api/index.ts';
import { writeOptions } from '../../cluster/apply.ts';
import { boundSet, type NamespaceFlag, namespaceFlag } from '../../clusterset/target.ts';
import type { CommandContext } from '../../context.ts';

export const define = (command: Command): void => {
  command.argument('[name]', 'name of the set');
  namespaceFlag(command);
};

/** `clusteradm clusterset bind` (cli.md 15). */
export const run = async (context: CommandContext, flags: NamespaceFlag, args: string[]): Promise<void> => {
  const { name, namespace } = await boundSet(context, flags, args);
  const { output } = context;
  const client = context.client();
  if (await client.find(managedClusterSetBindings, name, namespace)) {
    output.print(`Clusterset ${name} is already bound to Namespace ${namespace}\n`);
    return;
  }
  const binding = { metadata: { name, namespace }, spec: { clusterSet: name } };
  await client.create(managedClusterSetBindings, binding, writeOptions(context));
  output.print(`Clusterset ${name} is bound to Namespace ${namespace}\n`);
};
