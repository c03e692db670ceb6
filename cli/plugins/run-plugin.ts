import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import type { PluginCall } from './plugins.ts';

/** Hands the command line, and the terminal, to a plugin. Resolves to its exit code. */
export const runPlugin = async ({ path, args }: PluginCall): Promise<number> => {
  const child = spawn(path, args, { stdio: 'inherit' });
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  return code ?? 128 + constants.signals[signal!];
};
