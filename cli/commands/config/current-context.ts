import { currentContextOf } from '../../config/entries.ts';
import { fileOfCurrent, readConfigFiles } from '../../config/files.ts';
import type { CommandContext } from '../../context.ts';

export const define = (): void => undefined;

/** `clusteradm config current-context` (cli.md 17). */
export const run = async (context: CommandContext): Promise<void> => {
  const current = currentContextOf(fileOfCurrent(readConfigFiles(context)).root);
  if (!current) throw new Error('current-context is not set');
  context.output.print(`${current}\n`);
};
