import { spawn } from 'node:child_process';
import type { CommandContext } from '../context.ts';
import type { ChartAddon } from './names.ts';

/** Where the project's charts of add-ons are, unless `--chart-repository` names another place. */
export const CHART_REPOSITORY = 'https://open-cluster-management.io/helm-charts';

/**
 * Installs an add-on's chart, or brings it up to date, in the cluster that this command is about; what helm says goes on
 * (cli.md 13). With `--dry-run` helm renders it and installs nothing.
 */
export const installChart = (
  context: CommandContext,
  { chart, release, namespace }: ChartAddon,
  repository: string,
): Promise<void> =>
  helm(context, [
    ...['upgrade', '--install', release, chart, '--repo', repository],
    ...['--namespace', namespace, '--create-namespace'],
    ...(context.globals.dryRun ? ['--dry-run=server'] : []),
  ]);

export const uninstallChart = (context: CommandContext, { release, namespace }: ChartAddon): Promise<void> =>
  helm(context, [
    ...['uninstall', release, '--namespace', namespace],
    ...(context.globals.dryRun ? ['--dry-run'] : []),
  ]);

const helm = ({ globals, output }: CommandContext, args: readonly string[]): Promise<void> => {
  const target = [
    ...(globals.kubeconfig ? ['--kubeconfig', globals.kubeconfig] : []),
    ...(globals.context ? ['--kube-context', globals.context] : []),
  ];
  return new Promise((resolve, reject) => {
    const child = spawn('helm', [...args, ...target], { stdio: ['ignore', 'pipe', 'pipe'] });
    child.stdout.setEncoding('utf8').on('data', output.print);
    child.stderr.setEncoding('utf8').on('data', output.note);
    child.on('error', (cause: NodeJS.ErrnoException) => {
      const missing = cause.code === 'ENOENT';
      const problem = missing ? 'helm is not on PATH, and this add-on is a chart: install it' : cause.message;
      reject(new Error(problem, { cause }));
    });
    child.on('close', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`helm ${args[0]} ${signal ? `was ended by ${signal}` : `failed with ${code}`}`));
    });
  });
};
