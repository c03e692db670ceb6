import type { Command } from 'commander';
import { currentContextOf, entriesOf, merged } from '../../config/entries.ts';
import { readConfigFiles } from '../../config/files.ts';
import type { CommandContext } from '../../context.ts';
import { outputFlag } from '../../flags/output-flag.ts';
import { table } from '../../output/table.ts';

interface GetContextsFlags {
  output: string;
  headers: boolean;
}

export const define = (command: Command): void => {
  outputFlag(command, ['name'], '');
  command.option('--no-headers', 'print no headers');
};

/** `clusteradm config get-contexts` (cli.md 17): all, or those that are named. */
export const run = async (
  context: CommandContext,
  { output, headers }: GetContextsFlags,
  args: string[],
): Promise<void> => {
  if (output && output !== 'name') throw new Error("output must be one of '' or 'name'");
  const root = merged(readConfigFiles(context).files.map((file) => file.root));
  const contexts = entriesOf(root, 'contexts');
  const names = args.length > 0 ? args.filter((name) => contexts.has(name)) : [...contexts.keys()];
  const cell = (value: unknown) => (typeof value === 'string' ? value : '');
  const rows = names.map((name) => {
    const { cluster, user, namespace } = contexts.get(name)!;
    const current = name === currentContextOf(root) ? '*' : '';
    return [current, name, cell(cluster), cell(user), cell(namespace)];
  });
  const head = ['CURRENT', 'NAME', 'CLUSTER', 'AUTHINFO', 'NAMESPACE'];
  const print = (text: string) => context.output.print(text);
  if (output === 'name') print(names.map((name) => `${name}\n`).join(''));
  else if (!headers) print(table(head, rows, () => '').replace('\n', ''));
  else print(rows.length > 0 ? table(head, rows) : `${head.join('   ')}\n`);
  const missing = args.filter((name) => !contexts.has(name));
  if (missing.length > 0) throw new Error(missing.map((name) => `context ${name} not found`).join('\n'));
};
