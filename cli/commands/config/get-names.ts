import { entriesOf, type Kind, merged } from '../../config/entries.ts';
import { readConfigFiles } from '../../config/files.ts';
import type { CommandContext } from '../../context.ts';

/** `clusteradm config get-clusters` and `get-users` (cli.md 17). */
export const namesOf = (kind: Kind) => ({
  define: (): void => undefined,
  run: async (context: CommandContext): Promise<void> => {
    const roots = readConfigFiles(context).files.map(({ root }) => root);
    const names = ['NAME', ...entriesOf(merged(roots), kind).keys()];
    context.output.print(names.map((name) => `${name}\n`).join(''));
  },
});
