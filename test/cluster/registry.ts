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

/** Starts the registry of a node that was started without one: what is loaded from then on is published. */
export const startRegistry = async (exec: Exec): Promise<void> => {
  const { registryHosts: file } = nodePaths;
  const script = `
    mkdir -p ${file.slice(0, file.lastIndexOf('/'))}
    printf %s "$1" > ${file}
    setsid docker-registry serve /usr/share/kubernetes/registry.yaml > /var/log/kubernetes/registry.log 2>&1 &
    until ss --listening --numeric --tcp | grep --quiet ${address}; do sleep 0.1; done`;
  await exec(['sh', '-c', script, 'sh', registryHosts]);
};

/** Undoes startRegistry, and forgets what was published. */
export const stopRegistry = async (exec: Exec): Promise<void> => {
  const script = `rm -f ${nodePaths.registryHosts}; kill $(pidof docker-registry); rm -rf /var/lib/registry`;
  await exec(['sh', '-c', script]);
};
