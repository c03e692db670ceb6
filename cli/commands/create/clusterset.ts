import type { Command } from 'commander';
import { managedClusterSets } from '../../../operators/api/index.ts';
import { writeOptions } from '../../cluster/apply.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import { setName } from '../../clusterset/target.ts';
import type { CommandContext } from '../../context.ts';

export const define = (command: Command): void => {
  command.argument('[name]', 'name of the set');
};

/** `clusteradm create clusterset` (cli.md 11.1). */
export const run = async (context: CommandContext, _flags: object, args: string[]): Promise<void> => {
  const name = setName(args, 'created');
  const { output } = context;
  const client = context.client();
  await requireHub(client);
  if (await client.find(managedClusterSets, name)) {
    output.print(`Clusterset ${name} is already created\n`);
    return;
  }
  const options = writeOptions(context);
  await client.create(managedClusterSets, { metadata: { name }, spec: {} }, options);
  output.print(`Clusterset ${name} is created\n`);
};
