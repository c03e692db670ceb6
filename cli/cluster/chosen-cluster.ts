import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Connection } from '../../operators/runtime/client/connection.ts';
import { connectionOf } from '../../operators/runtime/client/kubeconfig/connection-of.ts';
import { type Kubeconfig, KubeconfigError } from '../../operators/runtime/client/kubeconfig/kubeconfig.ts';
import {
  inClusterConnection,
  readKubeconfigFile,
  readKubeconfigs,
} from '../../operators/runtime/client/kubeconfig/load.ts';

/** The flags that choose a cluster (cli.md 1.3). */
export interface ClusterChoice {
  kubeconfig: string;
  context: string;
}

/** The kubeconfig in force; undefined stands for the service account of the Pod (cli.md 1.3). */
const kubeconfigOf = (
  { kubeconfig }: ClusterChoice,
  env: NodeJS.ProcessEnv,
  home: string,
): Kubeconfig | undefined => {
  if (kubeconfig) return readKubeconfigFile(kubeconfig);
  const listed = (env.KUBECONFIG ?? '').split(delimiter).filter(Boolean);
  if (listed.length > 0) return readKubeconfigs(listed);
  const ofUser = join(home, '.kube', 'config');
  if (existsSync(ofUser)) return readKubeconfigFile(ofUser);
  if (env.KUBERNETES_SERVICE_HOST) return undefined;
  throw new KubeconfigError(
    `there is no kubeconfig: name one with --kubeconfig or KUBECONFIG, or write ${ofUser}`,
  );
};

/**
 * Where the commands of this run go: `--kubeconfig`, else $KUBECONFIG, else ~/.kube/config, else the Pod.
 * @throws KubeconfigError
 */
export const chosenConnection = (
  choice: ClusterChoice,
  env: NodeJS.ProcessEnv = process.env,
  home: string = homedir(),
): Connection => {
  const config = kubeconfigOf(choice, env, home);
  return config ? connectionOf(config, { context: choice.context }) : inClusterConnection(env);
};

/** What the context in force names, as far as it goes (cli.md 4.4): it may name what is not there. */
export interface ChosenContext {
  /** The context exists. */
  known: boolean;
  /** The name of its cluster, which on EKS is the cluster's ARN. */
  cluster?: string;
  /** The cluster exists. */
  clusterKnown: boolean;
}

/** @throws KubeconfigError when there is no kubeconfig or it cannot be read */
export const chosenContext = (
  choice: ClusterChoice,
  env: NodeJS.ProcessEnv = process.env,
  home: string = homedir(),
): ChosenContext => {
  const config = kubeconfigOf(choice, env, home);
  if (!config) return { known: true, clusterKnown: true };
  const context = config.contexts.get(choice.context || (config.currentContext ?? ''));
  const cluster = context?.fields.cluster;
  const name = typeof cluster === 'string' ? cluster : undefined;
  return { known: context !== undefined, cluster: name, clusterKnown: config.clusters.has(name ?? '') };
};
