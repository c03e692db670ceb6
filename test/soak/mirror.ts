import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority } from '../cluster/certificates.ts';
import {
  ensureNetwork,
  identityOf,
  labels,
  listContainers,
  noOwner,
  removeContainer,
} from '../cluster/docker-objects.ts';
import { type Cluster, docker, ensureNodeImage } from '../cluster/index.ts';

/** A registry on the network of a cluster: the only one that its node can pull from. */
export interface Mirror {
  /** As the node reaches it, with the path below which images are. */
  registry: string;
  /** The same as this machine reaches it. */
  local: string;
  /** A file with the authority of its certificate. */
  caFile: string;
  stop(): Promise<void>;
}

const host = 'mirror:5000';
const folderOf = (name: string): string => `/etc/containerd/certs.d/${name}`;

/** Has containerd ask the mirror with TLS, and for all other registries nobody. */
const configure = async (cluster: Cluster, ca: string): Promise<void> => {
  const files = {
    [`${folderOf(host)}/ca.crt`]: ca,
    [`${folderOf(host)}/hosts.toml`]: `server = "https://${host}"\nca = "${folderOf(host)}/ca.crt"\n`,
    [`${folderOf('_default')}/hosts.toml`]: 'server = "http://127.0.0.1:1"\n',
  };
  for (const [file, text] of Object.entries(files))
    await cluster.exec(['sh', '-c', 'mkdir -p "$(dirname "$1")" && printf %s "$2" > "$1"', 'sh', file, text]);
};

/** Starts a registry on a network of Docker's, reached by the name `mirror` there and by loopback on this machine. */
export const runRegistry = async (network: string): Promise<Mirror> => {
  await ensureNetwork(network);
  const folder = await mkdtemp(join(tmpdir(), 'mirror-'));
  const authority = await createAuthority('mirror authority');
  const keys = await authority.issue({
    commonName: 'mirror',
    dnsNames: ['mirror'],
    addresses: ['127.0.0.1'],
  });
  const caFile = join(folder, 'ca.crt');
  await writeFile(caFile, authority.certificate);
  await writeFile(join(folder, 'tls.crt'), keys.certificate);
  await writeFile(join(folder, 'tls.key'), keys.privateKey, { mode: 0o600 });
  // Labelled as clusters are, so that it goes with what a process that died has left.
  const marks = {
    [labels.name]: 'mirror',
    [labels.network]: network,
    [labels.hostPort]: '0',
    [labels.owner]: (await identityOf(process.pid)) ?? noOwner,
  };
  const settings = {
    REGISTRY_HTTP_ADDR: ':5000',
    REGISTRY_HTTP_TLS_CERTIFICATE: '/tls/tls.crt',
    REGISTRY_HTTP_TLS_KEY: '/tls/tls.key',
  };
  const containerName = `${network}-mirror`;
  await docker([
    ...['run', '--detach', '--name', containerName, '--network', network, '--network-alias', 'mirror'],
    ...Object.entries(marks).flatMap(([name, value]) => ['--label', `${name}=${value}`]),
    ...Object.entries(settings).flatMap(([name, value]) => ['--env', `${name}=${value}`]),
    ...['--volume', `${folder}:/tls:ro`, '--publish', '127.0.0.1::5000', '--entrypoint', 'docker-registry'],
    ...[await ensureNodeImage(), 'serve', '/usr/share/kubernetes/registry.yaml'],
  ]);
  const [address = ''] = (await docker(['port', containerName, '5000/tcp'])).split('\n');
  return {
    registry: `${host}/ocm`,
    local: `${address}/ocm`,
    caFile,
    async stop() {
      await removeContainer({ containerName, network });
      await rm(folder, { recursive: true });
    },
  };
};

/** Starts a registry beside a cluster, and takes all others out of the node's reach. */
export const startMirror = async (cluster: Cluster): Promise<Mirror> => {
  const record = (await listContainers()).find(({ name, running }) => name === cluster.name && running);
  if (!record) throw new Error(`There is no container of cluster ${cluster.name}`);
  const mirror = await runRegistry(record.network);
  await configure(cluster, await readFile(mirror.caFile, 'utf8'));
  return mirror;
};
