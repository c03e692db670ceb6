import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { ensureBinaryOf } from './binaries.ts';
import { CommandError, run } from './command.ts';

/** Runs kubectl and returns its stdout. `input` is given to its stdin. Throws CommandError when it fails. */
export type Kubectl = (args: readonly string[], input?: string) => Promise<string>;

/** What kubectl says of a machine that had no time for it, and not of what was asked. */
const overloaded =
  /TLS handshake timeout|etcdserver: (request timed out|leader changed)|i\/o timeout|client connection lost|\?timeout=32s": context deadline exceeded|unable to return a response in the time allotted|did not complete within requested timeout/;
/** What may be said twice. */
const repeatable = new Set([
  'get',
  'patch',
  'apply',
  'wait',
  'label',
  'annotate',
  'certificate',
  'api-resources',
  'rollout',
  'logs',
]);
const tries = 4;
const pause = 2000;

/** The verb of a command line, before which only the namespace may stand. */
const verbOf = ([first = '', ...rest]: readonly string[]): string => {
  if (first === '-n' || first === '--namespace') return verbOf(rest.slice(1));
  return first.startsWith('-') ? verbOf(rest) : first;
};

/** Whether to ask again: nobody was heard, and to have been heard twice does no harm. */
export const isWorthAnotherTry = (args: readonly string[], said: string): boolean => {
  const verb = verbOf(args);
  const isRepeatable = repeatable.has(verb) || (verb === 'delete' && args.includes('--ignore-not-found'));
  return isRepeatable && overloaded.test(said);
};

/** Runs kubectl with a kubeconfig: this executable, by default the one that is built here. */
export const kubectlWith =
  (kubeconfigPath: string, executable?: string): Kubectl =>
  async (args, input) => {
    const kubectl = executable ?? (await ensureBinaryOf('kubectl'));
    const env = {
      ...process.env,
      // a fifth of what so short a process takes would be the collection of its garbage
      GOGC: 'off',
      // What one server has is no news of another that gets its port later on.
      KUBECACHEDIR: join(dirname(kubeconfigPath), 'kubectl-cache'),
    };
    for (let attempt = 1; ; attempt += 1) {
      try {
        return (await run(kubectl, ['--kubeconfig', kubeconfigPath, ...args], { input, env })).stdout;
      } catch (error) {
        const said = error instanceof CommandError ? error.stderr : '';
        if (attempt === tries || !isWorthAnotherTry(args, said)) throw error;
        process.stderr.write(`kubectl ${verbOf(args)} is run again: ${said}`);
        await delay(pause);
      }
    }
  };
