import type { JsonMap } from '../../operators/runtime/client/json.ts';
import type { CommandContext } from '../context.ts';
import { currentContextOf, entriesOf, type Kind, withEntry } from './entries.ts';
import { changeConfig, fileOf, fileOfCurrent } from './files.ts';

/** What an entry is called in messages. */
export const CALLED: Record<Kind, string> = { clusters: 'cluster', contexts: 'context', users: 'user' };

/** The one argument of a command; throws without it. */
export const nameOf = ([name]: string[], what: string): string => {
  if (!name) throw new Error(`the name of the ${what} must be specified`);
  return name;
};

/**
 * Lays fields over an entry, which comes when it is not there; a field that is undefined goes.
 * @returns whether it was there
 */
export const updateEntry = (context: CommandContext, kind: Kind, name: string, fields: JsonMap): boolean => {
  let existed = false;
  changeConfig(context, (config) => {
    const { path, root } = fileOf(config, kind, name);
    const before = entriesOf(root, kind).get(name);
    existed = before !== undefined;
    const after = Object.entries({ ...before, ...fields }).filter(([, value]) => value !== undefined);
    return [{ path, root: withEntry(root, kind, name, Object.fromEntries(after)) }];
  });
  return existed;
};

/** `config delete-…`: takes an entry out of the file that says it. */
export const deleteEntry = (context: CommandContext, kind: Kind, name: string): void => {
  const { output } = context;
  let from = '';
  changeConfig(context, (config) => {
    const { path, root } = fileOf(config, kind, name);
    if (!entriesOf(root, kind).has(name))
      throw new Error(`cannot delete ${CALLED[kind]} ${name}, not in ${path}`);
    if (kind === 'contexts' && currentContextOf(fileOfCurrent(config).root) === name) {
      output.note(
        `warning: this removed your active context, use "${context.program} config use-context" to select a different one\n`,
      );
    }
    from = path;
    return [{ path, root: withEntry(root, kind, name) }];
  });
  output.print(`deleted ${CALLED[kind]} ${name} from ${from}\n`);
};
