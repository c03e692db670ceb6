import { entriesOf, merged } from '../../config/entries.ts';
import { changeConfig, fileOfCurrent } from '../../config/files.ts';
import { nameOf } from '../../config/update.ts';
import type { CommandContext } from '../../context.ts';

export const define = (): void => undefined;

/** `clusteradm config use-context NAME` (cli.md 17). */
export const run = async (context: CommandContext, _: object, args: string[]): Promise<void> => {
  const name = nameOf(args, 'context');
  changeConfig(context, (config) => {
    const known = entriesOf(merged(config.files.map(({ root }) => root)), 'contexts');
    if (!known.has(name)) throw new Error(`no context exists with the name: "${name}"`);
    // The first file that says one is the one that is heard.
    const { path, root } = fileOfCurrent(config);
    return [{ path, root: { ...root, 'current-context': name } }];
  });
  context.output.print(`Switched to context "${name}".\n`);
};
