import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Images } from '../../scripts/images.ts';
import { managedClusterCondition } from '../../operators/api/conditions.ts';
import { publishClusterInfo } from '../cluster/cluster-info.ts';
import { type Cluster, patienceFlag, startCluster } from '../cluster/index.ts';
import { repositoryFolder } from '../cluster/paths.ts';
import { imageRegistry, type MoreImages, prepareImages, provideImages } from './images.ts';

/** A hub and a managed cluster, and the ways in which people work with them. */
export interface Fleet {
  hub: Cluster;
  managed: Cluster;
  images: Images;
}

/** An API server and how its administrator reaches it. */
export type Api = Pick<Cluster, 'name' | 'kubectl' | 'kubeconfigPath'>;

export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

export interface FleetOptions {
  hubName: string;
  managedName: string;
  /** Leave the clusters running for a later process that asks for the same names. */
  keep?: boolean;
  /** Record the requests to the hub's API server. */
  audit?: boolean;
  images?: MoreImages;
  say?: (line: string) => void;
}

export const CLUSTER_NAME = 'cluster1';
export const HUB_NAMESPACE = 'open-cluster-management-hub';
export const OPERATOR_NAMESPACE = 'open-cluster-management';
export const AGENT_NAMESPACE = 'open-cluster-management-agent';

const { available } = managedClusterCondition;

/** Two clusters with the images of this source tree loaded; those that run already are taken as they are. */
export const startFleet = async (options: FleetOptions): Promise<Fleet> => {
  const { say = () => undefined, keep, audit } = options;
  say(
    'building the images, and starting two clusters (the first time this builds Kubernetes, which takes minutes)',
  );
  const [images, hub, managed] = await Promise.all([
    prepareImages({ registry: imageRegistry(), ...options.images }),
    startCluster({ name: options.hubName, role: 'hub', keep, audit }),
    startCluster({ name: options.managedName, role: 'managed', keep }),
  ]);
  say('loading the images into both clusters');
  await provideImages(images, [hub, managed]);
  await publishClusterInfo(hub);
  return { hub, managed, images };
};

/** Runs clusteradm as a user of the cluster would; resolves with its exit code, whatever it is. */
export const clusteradm = (
  cluster: Pick<Api, 'kubeconfigPath'>,
  args: string[],
  options: { input?: string; echo?: boolean } = {},
): Promise<CommandResult> =>
  new Promise((resolve, reject) => {
    const program = join(repositoryFolder, 'dist/clusteradm');
    const child = spawn(process.execPath, [program, '--kubeconfig', cluster.kubeconfigPath, ...args]);
    const result: CommandResult = { code: -1, stdout: '', stderr: '' };
    const collect = (stream: 'stdout' | 'stderr') => (chunk: Buffer) => {
      result[stream] += chunk.toString();
      if (options.echo) process.stderr.write(chunk);
    };
    child.stdout.on('data', collect('stdout'));
    child.stderr.on('data', collect('stderr'));
    child.on('error', reject);
    child.on('close', (code) => resolve({ ...result, code: code ?? -1 }));
    child.stdin.end(options.input ?? '');
  });

/** As {@link clusteradm}, but rejects with what the command said when it fails. */
export const succeed = async (...parameters: Parameters<typeof clusteradm>): Promise<string> => {
  const { code, stdout, stderr } = await clusteradm(...parameters);
  if (code !== 0) {
    throw new Error(`clusteradm ${parameters[1].join(' ')} ended with ${code}\n${stdout}${stderr}`);
  }
  return stdout;
};

/** Hands chart values to a command as a file, which is gone afterwards. */
export const withValues = async (values: object, use: (file: string) => Promise<unknown>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'values-'));
  try {
    const file = join(folder, 'values.yaml');
    await writeFile(file, JSON.stringify(values));
    await use(file);
  } finally {
    await rm(folder, { recursive: true });
  }
};

/** The flag that has the command line take images from where they are. */
const registryFlags = ({ references }: Images): string[] => [
  '--image-registry',
  references.work.slice(0, references.work.lastIndexOf('/')),
];

export const installHub = async ({ hub, images }: Fleet, echo = false): Promise<void> => {
  await succeed(hub, ['init', '--wait', ...registryFlags(images)], { echo });
};

export const joinToken = async ({ hub }: Fleet): Promise<string> => {
  const answer = JSON.parse(await succeed(hub, ['get', 'token', '-o', 'json'])) as { 'hub-token': string };
  return answer['hub-token'];
};

export const joinCluster = async (
  fleet: Fleet,
  options: { args?: string[]; echo?: boolean } = {},
): Promise<void> => {
  const args = [
    'join',
    '--hub-token',
    await joinToken(fleet),
    '--hub-apiserver',
    fleet.hub.server,
    '--force-internal-endpoint-lookup',
    '--cluster-name',
    CLUSTER_NAME,
    '--wait',
    ...registryFlags(fleet.images),
    ...(options.args ?? []),
  ];
  await succeed(fleet.managed, args, { echo: options.echo });
};

/** Accepts the cluster and resolves when the hub says that it is available. */
export const acceptCluster = async ({ hub }: Fleet, echo = false): Promise<void> => {
  await succeed(hub, ['accept', '--clusters', CLUSTER_NAME, '--wait'], { echo });
  await condition(hub, ['managedcluster', CLUSTER_NAME], available.type);
};

/** Resolves when the object has the condition with status True; rejects when that hangs, with kubectl's words. */
export const condition = async (cluster: Api, target: string[], type: string): Promise<void> => {
  await cluster.kubectl(['wait', `--for=condition=${type}`, patienceFlag, ...target]);
};

/** Resolves when the hub hears of its managed cluster (again). */
export const untilAvailable = ({ hub }: Pick<Fleet, 'hub'>): Promise<void> =>
  condition(hub, ['managedcluster', CLUSTER_NAME], available.type);

const isManaged = async ({ hub }: Fleet): Promise<boolean> => {
  const columns = `jsonpath={.status.conditions[?(@.type=="${available.type}")].status}`;
  const served = await hub.kubectl([
    'get',
    'crd',
    'managedclusters.cluster.open-cluster-management.io',
    '--ignore-not-found',
  ]);
  if (!served) return false;
  return (
    (await hub.kubectl(['get', 'managedcluster', CLUSTER_NAME, '--ignore-not-found', '-o', columns])) ===
    'True'
  );
};

/**
 * A hub with a managed cluster that is available. One that is so already is left alone: to join again hands it another
 * bootstrap token, for which its agent restarts.
 */
export const ensureManaged = async (fleet: Fleet, echo = false): Promise<void> => {
  await installHub(fleet, echo);
  if (await isManaged(fleet)) return;
  await joinCluster(fleet, { echo });
  await acceptCluster(fleet, echo);
  await condition(fleet.managed, ['klusterlet', 'klusterlet'], 'Available');
};

const serves = async (api: Api, crd: string): Promise<boolean> =>
  (await api.kubectl(['get', 'crd', crd, '--ignore-not-found', '--output=name'])) !== '';

/** Takes away what {@link ensureManaged} made, works first, so that a file may begin with clusters that have nothing. */
export const uninstall = async ({ hub, managed }: Pick<Fleet, 'hub' | 'managed'>): Promise<void> => {
  const isHub = await serves(hub, 'managedclusters.cluster.open-cluster-management.io');
  if (isHub) await hub.kubectl(['delete', 'manifestworks', '--all', '--all-namespaces', patienceFlag]);
  if (await serves(managed, 'klusterlets.operator.open-cluster-management.io'))
    await succeed(managed, ['unjoin', '--cluster-name', CLUSTER_NAME]);
  if (!isHub) return;
  await hub.kubectl(['delete', 'managedclusters', '--all', patienceFlag]);
  await succeed(hub, ['clean']);
};

/**
 * Takes from clusters of somebody's what {@link ensureManaged} and the creation of a work put there, and what else of the
 * hub's kinds is named. The hub stays one when it has other clusters.
 */
export const leave = async (
  { hub, managed }: Pick<Fleet, 'hub' | 'managed'>,
  work: string,
  others: readonly { kind: string; name: string; namespace: string; cascade?: string }[] = [],
): Promise<void> => {
  const isHub = await serves(hub, 'managedclusters.cluster.open-cluster-management.io');
  const works = [...others, { kind: 'manifestwork', name: work, namespace: CLUSTER_NAME }];
  for (const { kind, name, namespace, cascade = 'background' } of isHub ? works : [])
    await hub.kubectl([
      ...['delete', kind, name, '--namespace', namespace, `--cascade=${cascade}`],
      ...['--ignore-not-found', patienceFlag],
    ]);
  if (await serves(managed, 'klusterlets.operator.open-cluster-management.io'))
    await succeed(managed, ['unjoin', '--cluster-name', CLUSTER_NAME]);
  if (!isHub) return;
  await hub.kubectl(['delete', 'managedcluster', CLUSTER_NAME, '--ignore-not-found', patienceFlag]);
  const left = await hub.kubectl(['get', 'managedclusters', '--output=name']);
  if (left === '') await succeed(hub, ['clean']);
};

export const json = async <T>(cluster: Api, args: string[]): Promise<T> =>
  JSON.parse(await cluster.kubectl([...args, '--output', 'json'])) as T;
