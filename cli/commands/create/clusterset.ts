import type { Command } from 'commander';
import { managedClusterSets } from '../../../operators/api/index.ts';
import { FIELD_MANAGER } from '../../cluster/apply.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { onlyName } from '../../flags/arguments.ts';
import { requireObjectName } from '../../flags/legal-names.ts';

export const define = (command: Command): void => {
  command.argument('[name]', 'name of the set');
};

/** `clusteradm create clusterset` (cli.md 11.1). */
export const run = async (context: CommandContext, _flags: object, args: string[]): Promise<void> => {
  const name = onlyName(
    args,
    'the name of the clusterset must be specified',
    'only one clusterset can be created',
  );
  requireObjectName('the clusterset', name);
  const { output, globals } = context;
  const client = context.client();
  await requireHub(client);
  if (await client.find(managedClusterSets, name)) {
    output.print(`Clusterset ${name} is already created\n`);
    return;
  }
  const options = { fieldManager: FIELD_MANAGER, dryRun: globals.dryRun };
  await client.create(managedClusterSets, { metadata: { name }, spec: {} }, options);
  output.print(`Clusterset ${name} is created\n`);
};
