import { unsetProperty } from '../../config/property.ts';
import { changeConfig } from '../../config/files.ts';
import type { CommandContext } from '../../context.ts';

export const define = (): void => undefined;

/** `clusteradm config unset PROPERTY` (cli.md 17), in every file that says it. */
export const run = async (context: CommandContext, _: object, [property]: string[]): Promise<void> => {
  if (!property) throw new Error('the property must be specified');
  changeConfig(context, ({ files }) =>
    files
      .map(({ path, root }) => ({ path, before: root, root: unsetProperty(root, property) }))
      .filter(({ before }) => Object.keys(before).length > 0),
  );
  context.output.print(`Property "${property}" unset.\n`);
};
