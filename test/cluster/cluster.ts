import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { load } from 'js-yaml';
import { parseAuditLog } from './audit.ts';
import type { AuditEvent } from './audit.ts';
import { type Kubectl, kubectlWith } from './kubectl.ts';
import { run } from './command.ts';
import { docker } from './docker.ts';
import { folderOf, removeContainer } from './docker-objects.ts';
import type { ContainerRecord } from './docker-objects.ts';
import { loadImages } from './image-load.ts';
import { toYaml, withServer } from './kubeconfig.ts';
import type { Kubeconfig } from './kubeconfig.ts';
import { apiServerPort, nodePaths } from './node-paths.ts';
import type { Component } from './node-paths.ts';
import { cutNetwork, mendNetwork } from './network-fault.ts';
import { publishImages } from './registry.ts';
import { waitFor } from './wait.ts';

/** A Kubernetes cluster with one node that runs Pods. */
export interface Cluster {
  readonly name: string;
  /** Whether it is a cluster of the user's, whose machines and objects of others are left alone. */
  readonly isExternal?: true;
  /** How this machine reaches the API server: https://127.0.0.1:PORT, the same over restarts. */
  readonly server: string;
  /** How Pods of the clusters on the same network, this one included, reach the API server. */
  readonly internalServer: string;
  /** The administrator's kubeconfig for this machine, as a file and as an object. Certificates are inline. */
  readonly kubeconfigPath: string;
  readonly kubeconfig: Kubeconfig;
  /** The administrator's kubeconfig with `internalServer`, as YAML, to hand to Pods and other clusters. */
  internalKubeconfig(): string;
  /** Runs kubectl as the administrator and returns its stdout. `input` is given to its stdin. */
  readonly kubectl: Kubectl;
  /** Puts images on the node: names of images that Docker has, or paths of docker-archive tars (ending in .tar). */
  loadImage(...images: string[]): Promise<void>;
  /** Runs a command on the node and returns its stdout. */
  exec(command: readonly string[], input?: string): Promise<string>;
  logs(component: Component): Promise<string>;
  /** Freezes all processes of the cluster, Pods included, as a machine that hangs. */
  pauseNode(): Promise<void>;
  unpauseNode(): Promise<void>;
  /** Stops and starts the machine; returns when the node is ready again. Data and images are kept. */
  restartNode(): Promise<void>;
  /** Kills the API server, which is started again at once; returns when it is ready. */
  restartApiServer(): Promise<void>;
  /** Drops all packets between this cluster, Pods included, and the others of its network. This machine still reaches it. */
  disconnectNetwork(): Promise<void>;
  connectNetwork(): Promise<void>;
  /** All audited requests so far; empty unless the cluster was started with `audit`. */
  auditLog(): Promise<AuditEvent[]>;
  /** Removes the cluster and, with the last one, its network. A kept cluster is removed as well. */
  stop(): Promise<void>;
}

/** The end of what the components say, for when a cluster does not become ready. */
const diagnosis = async (containerName: string): Promise<string> => {
  const script = 'tail --lines=5 /var/log/kubernetes/*.log';
  const outputs = await Promise.allSettled([
    run('docker', ['logs', '--tail', '20', containerName]).then(({ stdout, stderr }) => stdout + stderr),
    docker(['exec', containerName, 'sh', '-c', script], { timeout: 60_000 }),
  ]);
  return outputs
    .map((output) => (output.status === 'fulfilled' ? output.value : String(output.reason)))
    .join('\n');
};

/** Waits until the node is Ready, cluster DNS serves and service accounts are given out. */
const untilReady = async (
  cluster: Pick<Cluster, 'name' | 'kubectl'>,
  containerName: string,
): Promise<void> => {
  const jsonpath =
    '{.items[?(@.kind=="Node")].status.conditions[?(@.type=="Ready")].status} ' +
    '{.items[?(@.kind=="Deployment")].status.availableReplicas} ' +
    '{.items[?(@.kind=="ServiceAccount")].metadata.name}';
  try {
    await waitFor(
      `Cluster ${cluster.name}: node, DNS and service accounts ready`,
      async () => {
        const objects = [`node/${cluster.name}`, 'deployment/coredns', 'serviceaccount/default'];
        const seen = await cluster.kubectl([
          '--namespace=kube-system',
          '--request-timeout=30s',
          'get',
          ...objects,
          '--output',
          `jsonpath=${jsonpath}`,
        ]);
        return seen === 'True 1 default';
      },
      { interval: 300 },
    );
  } catch (error) {
    throw new Error(`${(error as Error).message}\n${await diagnosis(containerName)}`, { cause: error });
  }
};

/** The administrator's kubeconfig, kept as a file on this machine as long as the cluster exists. */
const writeKubeconfig = async (record: ContainerRecord, server: string): Promise<[string, Kubeconfig]> => {
  const inside = await docker(['exec', record.containerName, 'cat', nodePaths.adminKubeconfig]);
  const kubeconfig = withServer(load(inside) as Kubeconfig, server);
  const path = join(folderOf(record.containerName), 'kubeconfig');
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, toYaml(kubeconfig), { mode: 0o600 });
  return [path, kubeconfig];
};

/** A handle on a cluster whose container runs, whoever started it; returns when the cluster is ready. */
export const attach = async (
  record: ContainerRecord,
  beforeStop: () => Promise<void> | void = () => {},
): Promise<Cluster> => {
  const { name, containerName } = record;
  const server = `https://127.0.0.1:${record.hostPort}`;
  const internalServer = `https://${name}:${apiServerPort}`;
  const [kubeconfigPath, kubeconfig] = await writeKubeconfig(record, server);
  const exec = (command: readonly string[], input?: string): Promise<string> =>
    docker(['exec', ...(input === undefined ? [] : ['--interactive']), containerName, ...command], { input });
  const kubectl = kubectlWith(kubeconfigPath);
  const ready = (): Promise<void> => untilReady({ name, kubectl }, containerName);
  const processOf = (component: Component): Promise<string> => exec(['pidof', '-s', component]);

  await ready();
  return {
    name,
    server,
    internalServer,
    kubeconfigPath,
    kubeconfig,
    internalKubeconfig: () => toYaml(withServer(kubeconfig, internalServer)),
    kubectl,
    loadImage: async (...images) => publishImages(exec, await loadImages(containerName, images)),
    exec,
    logs: (component) => exec(['cat', nodePaths.log(component)]),
    pauseNode: async () => void (await docker(['pause', containerName])),
    unpauseNode: async () => void (await docker(['unpause', containerName])),
    async restartNode() {
      await docker(['restart', '--time', '5', containerName]);
      await ready();
    },
    async restartApiServer() {
      const before = await processOf('kube-apiserver');
      await exec(['sh', '-c', `kill -KILL ${before}`]);
      await waitFor(`Cluster ${name}: API server ready again`, async () => {
        if ((await processOf('kube-apiserver')) === before) return false;
        return (await kubectl(['get', '--raw', '/readyz', '--request-timeout=30s'])) === 'ok';
      });
    },
    disconnectNetwork: () => cutNetwork(exec),
    connectNetwork: () => mendNetwork(exec),
    auditLog: async () =>
      parseAuditLog(`${await exec(['sh', '-c', `cat ${nodePaths.auditLog} 2>/dev/null || true`])}\n`),
    async stop() {
      await beforeStop();
      await removeContainer(record);
    },
  };
};
