import type { Command } from 'commander';
import { completionScript, type Shell } from '../completion/scripts.ts';
import type { CommandContext } from '../context.ts';

interface CompletionFlags {
  descriptions: boolean;
}

/** `clusteradm completion SHELL` (cli.md 17): a script for the shell, which asks no cluster. */
export const completionOf = (shell: Shell) => ({
  define: (command: Command): void => {
    command.option('--no-descriptions', 'leave out what each command and flag is for');
  },
  run: async ({ output }: CommandContext, { descriptions }: CompletionFlags): Promise<void> =>
    output.print(completionScript(shell, 'clusteradm', descriptions)),
});
