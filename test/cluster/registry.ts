import { nodePaths } from './node-paths.ts';

type Exec = (command: readonly string[]) => Promise<string>;

/** Where the registry of a node listens, for that node alone (see node/root/usr/share/kubernetes/registry.yaml). */
const address = '127.0.0.1:5000';

/** containerd's configuration for every registry that has none of its own: ask the node's registry first. */
export const registryHosts = `[host."http://${address}"]
  capabilities = ["pull", "resolve"]
`;

/**
 * The name under which the mirror is asked for an image: everything after the registry's host. An image without a host
 * has been given docker.io/ by containerd.
 */
export const mirrored = (image: string): string => `${address}/${image.slice(image.indexOf('/') + 1)}`;

/** Pushes images that the node has into its registry, when it has one. */
export const publishImages = async (exec: Exec, images: readonly string[]): Promise<void> => {
  const hasRegistry = await exec(['sh', '-c', `test -e ${nodePaths.registryHosts} && echo yes || echo no`]);
  if (hasRegistry !== 'yes') return;
  for (const image of images)
    await exec(['ctr', '--namespace', 'k8s.io', 'images', 'push', '--plain-http', mirrored(image), image]);
};
