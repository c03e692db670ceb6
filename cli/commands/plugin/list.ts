import { basename } from 'node:path';
import type { Command } from 'commander';
import type { CommandContext } from '../../context.ts';
import { findPlugins } from '../../plugins/plugins.ts';
import { pluginPrefix } from '../../program/program-name.ts';

interface ListFlags {
  nameOnly: boolean;
}

/**
 * `clusteradm plugin list` (cli.md 17); fails when there are none, or some that do not run as they are named.
 * @param commands names of the program's own commands
 */
export const pluginListOf = (commands: readonly string[]) => ({
  define: (command: Command): void => {
    command.option('--name-only', 'show only the name of each plugin, not its path', false);
  },
  run: async ({ output, program }: CommandContext, { nameOnly }: ListFlags): Promise<void> => {
    const prefix = pluginPrefix(program);
    const { plugins, unreadable } = findPlugins(prefix, process.env.PATH ?? '', commands);
    for (const folder of unreadable)
      output.note(`Unable to read directory ${folder} from your PATH. Skipping...\n`);
    if (plugins.length === 0)
      throw new Error(
        `unable to find any kubectl plugins in your PATH; name an executable file there ${prefix}-NAME`,
      );
    output.print('The following compatible plugins are available:\n\n');
    for (const { path, warning } of plugins) {
      output.print(`${nameOnly ? basename(path) : path}\n`);
      if (warning !== undefined) output.note(`  - warning: ${warning}\n`);
    }
    const warnings = plugins.filter(({ warning }) => warning !== undefined).length;
    if (warnings === 1) throw new Error('one plugin warning was found');
    if (warnings > 1) throw new Error(`${warnings} plugin warnings were found`);
  },
});
