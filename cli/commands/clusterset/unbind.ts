import type { Command } from 'commander';
import { managedClusterSetBindings } from '../../../operators/api/index.ts';
import { removeOne } from '../../cluster/remove.ts';
import { boundSet, type NamespaceFlag, namespaceFlag } from '../../clusterset/target.ts';
import type { CommandContext } from '../../context.ts';

export const define = (command: Command): void => {
  command.argument('[name]', 'name of the set');
  namespaceFlag(command);
};

/** `clusteradm clusterset unbind` (cli.md 15); a binding that is not there is as good as removed. */
export const run = async (context: CommandContext, flags: NamespaceFlag, args: string[]): Promise<void> => {
  const { name, namespace } = await boundSet(context, flags, args);
  await removeOne(context, context.client(), managedClusterSetBindings, { name, namespace });
  context.output.print(`Clusterset ${name} is unbind from namespace ${namespace}\n`);
};
