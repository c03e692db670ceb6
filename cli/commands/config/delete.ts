import type { Kind } from '../../config/entries.ts';
import { CALLED, deleteEntry, nameOf } from '../../config/update.ts';
import type { CommandContext } from '../../context.ts';

/** `clusteradm config delete-cluster`, `delete-context` and `delete-user` (cli.md 17). */
export const deleteOf = (kind: Kind) => ({
  define: (): void => undefined,
  run: async (context: CommandContext, _: object, args: string[]): Promise<void> =>
    deleteEntry(context, kind, nameOf(args, CALLED[kind])),
});
