import { join } from 'node:path';
import { beforeAll } from '@jest/globals';
import { loadAll } from 'js-yaml';
import type { OperatorName } from '../../../operators/registration-operator/bundle/index.ts';
import { ensureBinaryOf } from '../../cluster/binaries.ts';
import { run } from '../../cluster/command.ts';
import { type ControlPlane, patience } from '../../cluster/index.ts';
import { repositoryFolder } from '../../cluster/paths.ts';
import type { Any } from '../cli/harness.ts';

/** Whoever runs helm waits until it is built, however long that takes on this machine. */
beforeAll(async () => void (await ensureBinaryOf('helm')), 12 * patience);

export const chartFolder = (chart: OperatorName): string => join(repositoryFolder, 'charts', chart);

/** Runs helm as it is; `input` is what a file named `-` holds. Throws what it printed when it fails. */
export const helm = async (
  args: readonly string[],
  input = '',
  env: Record<string, string> = {},
): Promise<string> =>
  (await run(await ensureBinaryOf('helm'), args, { input, env: { ...process.env, ...env } })).stdout;

/** Runs helm as the administrator of a control plane. */
export const helmOn =
  ({ kubeconfigPath, folder }: ControlPlane) =>
  (args: readonly string[], values: object = {}): Promise<string> =>
    helm(
      [...args, '--kubeconfig', kubeconfigPath],
      JSON.stringify(values),
      // What it learns of an API server is never asked of the next one that gets the same port.
      { KUBECACHEDIR: join(folder, 'kube-cache') },
    );

export interface TemplateOptions {
  values?: object;
  /** As after `--set`. */
  set?: string;
  namespace?: string;
  more?: string[];
}

/** What `helm template` prints for a chart: objects in the order in which helm would create them. */
export const template = async (
  chart: OperatorName,
  { values = {}, set, namespace = 'open-cluster-management', more = [] }: TemplateOptions = {},
): Promise<Any[]> => {
  const given = [...(set === undefined ? [] : ['--set', set]), ...more];
  const args = ['template', chart, chartFolder(chart), '--namespace', namespace, '--values', '-', ...given];
  return (loadAll(await helm(args, JSON.stringify(values))) as Any[]).filter(Boolean);
};
