import { currentContextOf, entriesOf, withEntry } from '../../config/entries.ts';
import { changeConfig, fileOf, fileOfCurrent } from '../../config/files.ts';
import type { CommandContext } from '../../context.ts';

export const define = (): void => undefined;

/** `clusteradm config rename-context OLD NEW` (cli.md 17). */
export const run = async (context: CommandContext, _: object, [from, to]: string[]): Promise<void> => {
  if (!from || !to) throw new Error('the name of the context and its new name must be specified');
  changeConfig(context, (config) => {
    const { path, root } = fileOf(config, 'contexts', from);
    const fields = entriesOf(root, 'contexts').get(from);
    if (!fields) throw new Error(`cannot rename the context "${from}", it's not in ${path}`);
    const taken = config.files.find((file) => entriesOf(file.root, 'contexts').has(to));
    if (taken) {
      throw new Error(
        `cannot rename the context "${from}", the context "${to}" already exists in ${taken.path}`,
      );
    }
    const renamed = { path, root: withEntry(withEntry(root, 'contexts', from), 'contexts', to, fields) };
    const current = fileOfCurrent(config);
    if (currentContextOf(current.root) !== from) return [renamed];
    const base = current.path === path ? renamed : current;
    const pointing = { path: base.path, root: { ...base.root, 'current-context': to } };
    return base === renamed ? [pointing] : [renamed, pointing];
  });
  context.output.print(`Context "${from}" renamed to "${to}".\n`);
};
