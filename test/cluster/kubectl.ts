import { ensureBinaryOf } from './binaries.ts';
import { run } from './command.ts';

/** Runs kubectl and returns its stdout. `input` is given to its stdin. Throws CommandError when it fails. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** Runs kubectl with a kubeconfig: this executable, by default the one that is built here. */
export const kubectlWith =
  (kubeconfigPath: string, executable?: string): Kubectl =>
  async (args, input) => {
    const kubectl = executable ?? (await ensureBinaryOf('kubectl'));
    // a fifth of what so short a process takes would be the collection of its garbage
    const env = { ...process.env, GOGC: 'off' };
    return (await run(kubectl, ['--kubeconfig', kubeconfigPath, ...args], { input, env })).stdout;
  };
