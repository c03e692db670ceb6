import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { auditPolicy } from './audit.ts';
import { attach } from './cluster.ts';
import type { Cluster } from './cluster.ts';
import { apiServerFlags, controllerManagerFlags, etcdFlags, toArguments } from './components.ts';
import { docker, ensureDocker, findExecutable } from './docker.ts';
import {
  ensureNetwork,
  folderOf,
  identityOf,
  labels,
  listContainers,
  noOwner,
  removeContainer,
  removeLeftovers,
} from './docker-objects.ts';
import type { ContainerRecord } from './docker-objects.ts';
import { externalCluster } from './external-cluster.ts';
import type { Role } from './external-cluster.ts';
import { certificateKubeconfig, toYaml } from './kubeconfig.ts';
import { ensureNodeImage } from './node-image.ts';
import { apiServerPort, nodePaths } from './node-paths.ts';
import { createPki } from './pki.ts';
import type { Pki } from './pki.ts';
import { freePorts } from './ports.ts';
import { registryHosts } from './registry.ts';

export interface ClusterOptions {
  /** A DNS label: the name of the node and, on the network, of the API server. */
  name: string;
  /**
   * What the cluster is used as. With a role, a cluster that the user has takes its place when OCM_HUB_KUBECONFIG
   * (hub) or OCM_MANAGED_KUBECONFIG (managed) names a kubeconfig.
   */
  role?: Role;
  /** Docker network; clusters reach each other on the same one. By default one per process, or one for kept clusters. */
  network?: string;
  /** Keep the cluster when this process ends; a later process finds it by name. False by default. */
  keep?: boolean;
  /** Keep an audit log of all requests but those for Events; false by default. */
  audit?: boolean;
  /**
   * Run a registry on the node that stands in for all registries, so that images which are always pulled (`:latest`,
   * imagePullPolicy Always) come from what `loadImage` has loaded; false by default.
   */
  registry?: boolean;
  /** Further arguments of each component, which override the library's. */
  extraArgs?: {
    etcd?: readonly string[];
    apiServer?: readonly string[];
    controllerManager?: readonly string[];
  };
}

/** The network of kept clusters. */
const keptNetwork = 'open-cluster-management';

const guardScript = fileURLToPath(new URL('guard-cluster.sh', import.meta.url));
const attempts = 3;
const pkiFolder = '/etc/kubernetes/pki';
const etcdPort = 2379;

const networkOf = ({ network, keep }: Pick<ClusterOptions, 'network' | 'keep'>): string =>
  network ?? (keep ? keptNetwork : `${keptNetwork}-${process.pid}`);

const lines = (...args: (readonly string[] | undefined)[]): string =>
  args
    .flatMap((list) => list ?? [])
    .map((argument) => `${argument}\n`)
    .join('');

/** Arguments of the components by file; the addresses of the node are added by its entrypoint. */
const argumentFiles = ({ name, audit, extraArgs }: ClusterOptions): Record<string, string> => {
  const kubeconfig = (user: string): string => `/etc/kubernetes/${user}.kubeconfig`;
  const schedulerFlags = {
    kubeconfig: kubeconfig('kube-scheduler'),
    'authentication-kubeconfig': kubeconfig('kube-scheduler'),
    'authorization-kubeconfig': kubeconfig('kube-scheduler'),
    'leader-elect': 'false',
    profiling: 'false',
  };
  const kubeletFlags = {
    config: '/etc/kubernetes/kubelet.yaml',
    kubeconfig: kubeconfig('kubelet'),
    'hostname-override': name,
    'oom-score-adj': '0',
  };
  const apiServer = apiServerFlags({
    pkiFolder,
    etcdPort,
    port: apiServerPort,
    bindAddress: '0.0.0.0',
    hasNodes: true,
    audit: audit ? { policyPath: nodePaths.auditPolicy, logPath: nodePaths.auditLog } : undefined,
  });
  const files: Record<string, string> = {
    etcd: lines(toArguments(etcdFlags('/var/lib/etcd', etcdPort)), extraArgs?.etcd),
    'kube-apiserver': lines(toArguments(apiServer), extraArgs?.apiServer),
    'kube-controller-manager': lines(
      toArguments(controllerManagerFlags(pkiFolder, kubeconfig('kube-controller-manager'))),
      extraArgs?.controllerManager,
    ),
    'kube-scheduler': lines(toArguments(schedulerFlags)),
    'kube-proxy': lines(
      toArguments({ config: '/etc/kubernetes/kube-proxy.yaml', 'hostname-override': name }),
    ),
    kubelet: lines(toArguments(kubeletFlags)),
  };
  return Object.fromEntries(
    Object.entries(files).map(([component, content]) => [`/etc/kubernetes/args/${component}`, content]),
  );
};

/** Who uses the API on the node: the file's name, the user and its groups. */
const identities = (node: string): [file: string, user: string, groups: string[]][] => [
  ['admin', 'kubernetes-admin', ['system:masters']],
  ['kube-controller-manager', 'system:kube-controller-manager', []],
  ['kube-scheduler', 'system:kube-scheduler', []],
  ['kube-proxy', 'system:kube-proxy', []],
  ['kubelet', `system:node:${node}`, ['system:nodes']],
];

const kubeconfigFiles = async (name: string, pki: Pki): Promise<Record<string, string>> => {
  const server = `https://127.0.0.1:${apiServerPort}`;
  const entries = await Promise.all(
    identities(name).map(async ([file, user, groups]) => {
      const keys = await pki.client(user, groups);
      return [
        `/etc/kubernetes/${file}.kubeconfig`,
        toYaml(certificateKubeconfig(name, server, pki.caPem, user, keys)),
      ];
    }),
  );
  return Object.fromEntries(entries);
};

const filesOf = async (options: ClusterOptions): Promise<Record<string, string>> => {
  const pki = await createPki({ dnsNames: [options.name], addresses: [] });
  const pkiFiles = Object.entries(pki.files).map(([file, content]) => [`${pkiFolder}/${file}`, content]);
  return {
    ...Object.fromEntries(pkiFiles),
    ...(await kubeconfigFiles(options.name, pki)),
    ...argumentFiles(options),
    [nodePaths.auditPolicy]: auditPolicy,
    ...(options.registry ? { [nodePaths.registryHosts]: registryHosts } : {}),
  };
};

/** Has the cluster removed when this process ends, however it ends; the returned function calls that off. */
const guard = (record: ContainerRecord): (() => Promise<void>) => {
  const args = [guardScript, record.containerName, record.network, folderOf(record.containerName)];
  const child = spawn('/bin/sh', args, { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => {});
  child.unref();
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref();
  return async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.ref();
    child.stdin.end('done\n');
    await once(child, 'exit');
  };
};

const startContainer = async (
  image: string,
  record: ContainerRecord,
  options: ClusterOptions,
): Promise<void> => {
  // loaded only where a cluster is started: testcontainers is large, and most tests have control planes alone
  const { NodeContainer } = await import('./node-container.ts');
  const container = new NodeContainer(image, {
    containerName: record.containerName,
    name: record.name,
    network: record.network,
    hostPort: record.hostPort,
    labels: {
      [labels.name]: record.name,
      [labels.network]: record.network,
      [labels.hostPort]: String(record.hostPort),
      [labels.owner]: record.owner,
    },
    files: await filesOf(options),
  });
  await container.start();
};

const portWasTaken = (error: unknown): boolean =>
  error instanceof Error && /port is already allocated|address already in use/.test(error.message);

const startNew = async (options: ClusterOptions): Promise<Cluster> => {
  const image = await ensureNodeImage();
  const network = networkOf(options);
  const containerName = `${network}-${options.name}`;
  const owner = options.keep ? noOwner : ((await identityOf(process.pid)) ?? noOwner);
  if ((await findRecord(options.name, network)) !== undefined)
    throw new Error(`There is a cluster ${options.name} on the network ${network} already`);
  await ensureNetwork(network);
  for (let attempt = 1; ; attempt += 1) {
    const [hostPort = 0] = await freePorts(1);
    const record = { id: '', containerName, name: options.name, network, hostPort, owner, running: true };
    const release = options.keep ? undefined : guard(record);
    try {
      await startContainer(image, record, options);
      return await attach(record, release);
    } catch (error) {
      await release?.();
      await removeContainer(record);
      if (attempt === attempts || !portWasTaken(error)) throw error;
    }
  }
};

/**
 * Starts a cluster of one node in a container, with etcd, the control plane, kubelet, containerd, kube-proxy and
 * CoreDNS, and returns when it is ready. The first call on a machine installs, builds and caches what is missing, with
 * progress on stderr. The cluster goes with this process unless it is kept; a kept cluster that exists is returned as
 * it is. Throws with the components' last words when the cluster does not become ready within `patience`.
 *
 * With a role, OCM_HUB_KUBECONFIG or OCM_MANAGED_KUBECONFIG puts a cluster of the user's in the place of a new one;
 * OCM_HUB_INTERNAL_SERVER or OCM_MANAGED_INTERNAL_SERVER then says how Pods of the other cluster reach its API server,
 * where that differs from the kubeconfig's address.
 */
export const startCluster = async (options: ClusterOptions): Promise<Cluster> => {
  const external = options.role === undefined ? undefined : await externalCluster(options.role, options.name);
  if (external !== undefined) return external;
  await ensureDocker();
  await removeLeftovers();
  if (options.keep) {
    const existing = await findCluster(options.name, options.network);
    if (existing !== undefined) return existing;
  }
  return startNew(options);
};

/** The clusters of a network. Where Docker is not installed there are none, and nothing is installed to find that out. */
const recordsOf = async (network: string): Promise<ContainerRecord[]> => {
  if ((await findExecutable('docker')) === undefined) return [];
  await ensureDocker();
  return (await listContainers()).filter((record) => record.network === network);
};

const findRecord = async (name: string, network: string): Promise<ContainerRecord | undefined> =>
  (await recordsOf(network)).find((record) => record.name === name);

/** A cluster that an earlier process kept, started again if its machine was stopped; undefined when there is none. */
export const findCluster = async (name: string, network = keptNetwork): Promise<Cluster | undefined> => {
  const record = await findRecord(name, network);
  if (record === undefined) return undefined;
  if (!record.running) await docker(['start', record.containerName]);
  return attach(record);
};

/** Removes a kept cluster, whatever its state, and with the last one the network. Returns whether there was one. */
export const removeCluster = async (name: string, network = keptNetwork): Promise<boolean> => {
  const record = await findRecord(name, network);
  if (record !== undefined) await removeContainer(record);
  return record !== undefined;
};

/** The names of all clusters of a network, by default of the kept ones. */
export const listClusters = async (network = keptNetwork): Promise<string[]> =>
  (await recordsOf(network)).map(({ name }) => name);
