import { load } from 'js-yaml';
import { kubectlWith } from './kubectl.ts';
import type { Cluster } from './cluster.ts';
import { run } from './command.ts';
import { findExecutable } from './docker.ts';
import { toYaml, withServer } from './kubeconfig.ts';
import type { Kubeconfig } from './kubeconfig.ts';

/** What a cluster of the user's can stand for. */
export type Role = 'hub' | 'managed';

const variable = (role: Role, what: string): string => `OCM_${role.toUpperCase()}_${what}`;

/** How to load images into clusters of tools that name their contexts after themselves. */
const loaders: { prefix: string; command: string; args: (cluster: string, image: string) => string[] }[] = [
  {
    prefix: 'kind-',
    command: 'kind',
    args: (cluster, image) => [
      'load',
      image.endsWith('.tar') ? 'image-archive' : 'docker-image',
      '--name',
      cluster,
      image,
    ],
  },
  {
    prefix: 'k3d-',
    command: 'k3d',
    args: (cluster, image) => ['image', 'import', '--cluster', cluster, image],
  },
];

const loadImages = async (role: Role, context: string, images: readonly string[]): Promise<void> => {
  const loader = loaders.find(({ prefix }) => context.startsWith(prefix));
  if (loader === undefined || (await findExecutable(loader.command)) === undefined)
    throw new Error(
      `Do not know how to load images into the cluster of ${variable(role, 'KUBECONFIG')} (context ${context}). ` +
        `Put these images where its nodes can use them, by their names, without a pull: ${images.join(', ')}. ` +
        'For clusters made with kind or k3d this is done for you when that tool is on PATH.',
    );
  for (const image of images)
    await run(loader.command, loader.args(context.slice(loader.prefix.length), image));
};

const refuse = (role: Role, operation: string) => (): Promise<never> =>
  Promise.reject(
    new Error(
      `${operation} is not possible on the cluster of ${variable(role, 'KUBECONFIG')}: it is not ours to disturb.`,
    ),
  );

/**
 * The cluster that OCM_HUB_KUBECONFIG or OCM_MANAGED_KUBECONFIG names for this role; undefined when it is not set. Its
 * objects can be worked with and images loaded where the tool that made it can; its machines are left alone.
 */
export const externalCluster = async (role: Role, name: string): Promise<Cluster | undefined> => {
  const kubeconfigPath = process.env[variable(role, 'KUBECONFIG')];
  if (kubeconfigPath === undefined || kubeconfigPath === '') return undefined;
  const kubectl = kubectlWith(kubeconfigPath);
  // Flattened and minified, so that it stands alone: files are inlined and one context is left.
  const kubeconfig = load(await kubectl(['config', 'view', '--raw', '--flatten', '--minify'])) as Kubeconfig;
  const server = kubeconfig.clusters[0]?.cluster.server;
  if (server === undefined) throw new Error(`${kubeconfigPath} names no cluster with a server`);
  await kubectl(['get', '--raw', '/readyz', '--request-timeout=30s']);
  const internalServer = process.env[variable(role, 'INTERNAL_SERVER')] || server;
  return {
    name,
    server,
    internalServer,
    kubeconfigPath,
    kubeconfig,
    internalKubeconfig: () => toYaml(withServer(kubeconfig, internalServer)),
    kubectl,
    loadImage: (...images) => loadImages(role, kubeconfig['current-context'], images),
    exec: refuse(role, 'Running a command on the node'),
    logs: refuse(role, "Reading a component's log"),
    pauseNode: refuse(role, 'Pausing the node'),
    unpauseNode: refuse(role, 'Unpausing the node'),
    restartNode: refuse(role, 'Restarting the node'),
    restartApiServer: refuse(role, 'Restarting the API server'),
    disconnectNetwork: refuse(role, 'Cutting the network'),
    connectNetwork: refuse(role, 'Mending the network'),
    auditLog: refuse(role, 'Reading the audit log'),
    stop: () => Promise.resolve(),
  };
};
