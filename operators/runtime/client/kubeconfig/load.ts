import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, resolve } from 'node:path';
import type { Connection } from '../connection.ts';
import { connectionOf, type ContextOverrides, defined } from './connection-of.ts';
import { type Kubeconfig, KubeconfigError, mergeKubeconfigs, readKubeconfig } from './kubeconfig.ts';

const readText = (path: string, what: string): string => {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new KubeconfigError(`cannot read ${what}: ${(error as Error).message}`, { cause: error });
  }
};

/** Reads one kubeconfig file; relative paths in it are relative to its folder. */
export const readKubeconfigFile = (path: string): Kubeconfig => {
  const absolute = resolve(path);
  return readKubeconfig(readText(absolute, 'the kubeconfig'), absolute, dirname(absolute));
};

export const serviceAccountFolder = '/var/run/secrets/kubernetes.io/serviceaccount';

type Environment = Record<string, string | undefined>;

/**
 * The connection of the Pod's service account.
 * @throws KubeconfigError outside a Pod
 */
export const inClusterConnection = (
  env: Environment = process.env,
  folder: string = serviceAccountFolder,
): Connection => {
  const [host, port] = [env.KUBERNETES_SERVICE_HOST, env.KUBERNETES_SERVICE_PORT];
  if (!host || !port) {
    throw new KubeconfigError(
      'not in a Pod (KUBERNETES_SERVICE_HOST and KUBERNETES_SERVICE_PORT are not set); name a kubeconfig',
    );
  }
  const what = "the Pod's service account (is automountServiceAccountToken off?)";
  readText(join(folder, 'token'), what);
  readText(join(folder, 'ca.crt'), what);
  let namespace: string | undefined;
  try {
    namespace = readFileSync(join(folder, 'namespace'), 'utf8').trim() || undefined;
  } catch {
    // A projected service account token may come without its namespace; nothing here needs it.
  }
  return defined({
    server: `https://${host.includes(':') ? `[${host}]` : host}:${port}`,
    caFile: join(folder, 'ca.crt'),
    tokenFile: join(folder, 'token'),
    namespace,
  });
};

export interface LoadOptions extends ContextOverrides {
  env?: Environment;
  home?: string;
}

/**
 * Finds the connection as controllers do: the path given, the files of KUBECONFIG, the Pod's service account, and
 * last ~/.kube/config.
 * @throws KubeconfigError
 */
export const loadConnection = (path?: string, options: LoadOptions = {}): Connection => {
  const { env = process.env, home = homedir() } = options;
  if (path) return connectionOf(readKubeconfigFile(path), options);
  const files = (env.KUBECONFIG ?? '').split(delimiter).filter((file) => file !== '');
  if (files.length > 0) return connectionOf(readKubeconfigs(files), options);
  if (env.KUBERNETES_SERVICE_HOST) return inClusterConnection(env);
  return connectionOf(readKubeconfigFile(join(home, '.kube', 'config')), options);
};

const isMissingFile = (error: unknown): boolean =>
  error instanceof KubeconfigError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';

/** Reads and merges the files of a KUBECONFIG list; one that does not exist is left out, as kubectl does. */
export const readKubeconfigs = (paths: string[]): Kubeconfig => {
  const configs: Kubeconfig[] = [];
  let missing: unknown;
  for (const path of paths) {
    try {
      configs.push(readKubeconfigFile(path));
    } catch (error) {
      if (!isMissingFile(error)) throw error;
      missing ??= error;
    }
  }
  if (configs.length === 0 && missing !== undefined) throw missing;
  return mergeKubeconfigs(configs);
};
