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

/** What tools do whose clusters run in Docker, and name their contexts after themselves. */
interface Tool {
  prefix: string;
  command: string;
  /** How it puts an image of Docker's, or an archive of images, into a cluster. */
  load: (cluster: string, image: string) => string[];
  /** How Pods of its other clusters, on the same Docker network, reach the API server of this one. */
  internalServer: (cluster: string) => string;
}

const tools: readonly Tool[] = [
  {
    prefix: 'kind-',
    command: 'kind',
    load: (cluster, image) => [
      'load',
      image.endsWith('.tar') ? 'image-archive' : 'docker-image',
      '--name',
      cluster,
      image,
    ],
    internalServer: (cluster) => `https://${cluster}-control-plane:6443`,
  },
  {
    prefix: 'k3d-',
    command: 'k3d',
    load: (cluster, image) => ['image', 'import', '--cluster', cluster, image],
    internalServer: (cluster) => `https://k3d-${cluster}-serverlb:6443`,
  },
];

const toolOf = (context: string): Tool | undefined => tools.find(({ prefix }) => context.startsWith(prefix));

const loadImages = async (role: Role, context: string, images: readonly string[]): Promise<void> => {
  if (process.env['OCM_IMAGES_LOADED']) return;
  const tool = toolOf(context);
  if (tool === undefined || (await findExecutable(tool.command)) === undefined)
    throw new Error(
      `Do not know how to load images into the cluster of ${variable(role, 'KUBECONFIG')} (context ${context}): ` +
        `${images.join(', ')}. Put them on its nodes and run again with OCM_IMAGES_LOADED=yes, or name a registry ` +
        'that this machine may push to and the nodes pull from in OCM_IMAGE_REGISTRY. ' +
        'For clusters made with kind or k3d they are loaded when that tool is on PATH.',
    );
  for (const image of images) await run(tool.command, tool.load(context.slice(tool.prefix.length), image));
};

const isLoopback = (server: string): boolean =>
  /^(127\.|0\.0\.0\.0$|localhost$|\[::1?\]$)/.test(new URL(server).hostname);

/**
 * How Pods of other clusters reach an API server: as the user says (`given`), else by the address of the kubeconfig,
 * which leads nowhere from a Pod when it is a loopback address: kind and k3d have a name for that. Undefined where nothing
 * is known.
 */
export const internalServerOf = (given: string, server: string, context: string): string | undefined => {
  if (given !== '') return given;
  if (!isLoopback(server)) return server;
  const tool = toolOf(context);
  return tool?.internalServer(context.slice(tool.prefix.length));
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
  const kubectl = kubectlWith(kubeconfigPath, await findExecutable('kubectl'));
  // Flattened and minified, so that it stands alone: files are inlined and one context is left.
  const kubeconfig = load(await kubectl(['config', 'view', '--raw', '--flatten', '--minify'])) as Kubeconfig;
  const server = kubeconfig.clusters[0]?.cluster.server;
  if (server === undefined) throw new Error(`${kubeconfigPath} names no cluster with a server`);
  await kubectl(['get', '--raw', '/readyz', '--request-timeout=30s']);
  const given = process.env[variable(role, 'INTERNAL_SERVER')] ?? '';
  const internalServer = internalServerOf(given, server, kubeconfig['current-context']) ?? server;
  if (role === 'hub' && given === '' && isLoopback(internalServer))
    throw new Error(
      `${kubeconfigPath} leads to ${server}, which Pods of another cluster cannot reach. Say in ` +
        `${variable(role, 'INTERNAL_SERVER')} how they do.`,
    );
  return {
    name,
    isExternal: true,
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
