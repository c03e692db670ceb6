import type { Command } from 'commander';
import { type ManagedClusterSet, managedClusterSets } from '../../operators/api/index.ts';
import { requireHub } from '../cluster/required-apis.ts';
import type { CommandContext } from '../context.ts';
import { onlyName } from '../flags/arguments.ts';
import { string } from '../flags/flags.ts';
import { requireLabel, requireObjectName } from '../flags/legal-names.ts';

export interface NamespaceFlag {
  namespace: string;
}

export const namespaceFlag = (command: Command): Command =>
  string(command, '--namespace', 'namespace whose placements may choose from the set', 'default');

/** The name of the set that a command is about, and what it does to it, for the error (cli.md 11.1, 12, 15). */
export const setName = (
  args: readonly string[],
  done: 'specified' | 'created' | 'deleted' = 'specified',
): string => {
  const name = onlyName(
    args,
    'the name of the clusterset must be specified',
    `only one clusterset can be ${done}`,
  );
  requireObjectName('the clusterset', name);
  return name;
};

/** The set, which must exist on a hub. */
export const existingSet = async (context: CommandContext, name: string): Promise<ManagedClusterSet> => {
  const client = context.client();
  await requireHub(client);
  return client.get(managedClusterSets, name);
};

/** The set and the namespace of `bind` and `unbind`; the set must exist. */
export const boundSet = async (
  context: CommandContext,
  { namespace }: NamespaceFlag,
  args: readonly string[],
): Promise<{ name: string; namespace: string }> => {
  const name = setName(args);
  if (!namespace) throw new Error('namespace name must be specified in --namespace');
  requireLabel('the namespace of --namespace', namespace);
  await existingSet(context, name);
  return { name, namespace };
};
