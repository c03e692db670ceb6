import type { Command } from 'commander';
import { currentContextOf } from '../../config/entries.ts';
import { fileOfCurrent, readConfigFiles } from '../../config/files.ts';
import { updateEntry } from '../../config/update.ts';
import type { CommandContext } from '../../context.ts';
import { bool, string } from '../../flags/flags.ts';

interface SetContextFlags {
  current: boolean;
  cluster: string;
  user: string;
  namespace: string;
}

export const define = (command: Command): void => {
  bool(command, '--current', 'change the current context');
  string(command, '--cluster', 'its cluster');
  string(command, '--user', 'its user');
  string(command, '--namespace', 'its namespace');
};

/** `clusteradm config set-context NAME` (cli.md 17). */
export const run = async (
  context: CommandContext,
  { current, ...flags }: SetContextFlags,
  [named]: string[],
): Promise<void> => {
  if (current && named) throw new Error('you cannot specify both a context name and --current');
  if (!current && !named) throw new Error('you must specify a non-empty context name or --current');
  const name = named ?? currentContextOf(fileOfCurrent(readConfigFiles(context)).root);
  if (!name) throw new Error('no current context is set');
  const fields = (['cluster', 'user', 'namespace'] as const)
    .filter((field) => context.isGiven(field))
    .map((field) => [field, flags[field] || undefined]);
  const existed = updateEntry(context, 'contexts', name, Object.fromEntries(fields));
  context.output.print(`Context "${name}" ${existed ? 'modified' : 'created'}.\n`);
};
