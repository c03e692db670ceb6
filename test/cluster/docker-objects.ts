import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { CommandError } from './command.ts';
import { docker } from './docker.ts';
import { withLock } from './lock.ts';
import { cacheFolder } from './paths.ts';

/** Labels by which everything in Docker that belongs to clusters is found again. */
export const labels = {
  /** On containers: the cluster's name. */
  name: 'io.open-cluster-management.test.name',
  /** On containers and networks: the name of the network. */
  network: 'io.open-cluster-management.test.network',
  /** On containers: the machine's port of the API server. */
  hostPort: 'io.open-cluster-management.test.host-port',
  /** On containers: the process that goes with the cluster, or `none` for one that is kept. */
  owner: 'io.open-cluster-management.test.owner',
} as const;

/** The owner of clusters that outlive the process which started them. */
export const noOwner = 'none';

export interface ContainerRecord {
  id: string;
  containerName: string;
  name: string;
  network: string;
  hostPort: number;
  owner: string;
  running: boolean;
}

/** The files of a cluster on this machine: its kubeconfig. */
export const folderOf = (containerName: string): string => join(cacheFolder(), 'clusters', containerName);

/** Identifies a running process beyond the reuse of its number; undefined when there is no such process. */
export const identityOf = async (pid: number): Promise<string | undefined> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may itself hold spaces; the start time is the 20th field after it.
    const startTime = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
    return `${pid}-${startTime}`;
  } catch {
    return undefined;
  }
};

const isGone = async (owner: string): Promise<boolean> =>
  owner !== noOwner && (await identityOf(Number.parseInt(owner, 10))) !== owner;

/** All containers of clusters, running or not. */
export const listContainers = async (): Promise<ContainerRecord[]> => {
  const fields = ['.ID', '.Names', ...Object.values(labels).map((label) => `(.Label "${label}")`), '.State'];
  const format = fields
    .map((field) => `{{${field.startsWith('(') ? field.slice(1, -1) : field}}}`)
    .join('\t');
  const lines = await docker([
    'ps',
    '--all',
    '--no-trunc',
    '--filter',
    `label=${labels.name}`,
    '--format',
    format,
  ]);
  return lines
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => {
      const [id = '', containerName = '', name = '', network = '', hostPort = '', owner = '', state = ''] =
        line.split('\t');
      return {
        id,
        containerName,
        name,
        network,
        hostPort: Number(hostPort),
        owner,
        running: state === 'running',
      };
    });
};

const networkLock = <Result>(step: () => Promise<Result>): Promise<Result> =>
  withLock('docker-networks', step);

/** Creates the network unless it exists. Docker itself would happily make a second of the same name. */
export const ensureNetwork = (name: string): Promise<void> =>
  networkLock(async () => {
    const existing = await docker(['network', 'ls', '--filter', `name=^${name}$`, '--quiet']);
    if (existing === '') await docker(['network', 'create', '--label', `${labels.network}=${name}`, name]);
  });

const isInUse = (error: unknown): boolean =>
  error instanceof CommandError && error.stderr.includes('active endpoints');
const isMissing = (error: unknown): boolean =>
  error instanceof CommandError && /no such|not found/i.test(error.stderr);

const removeNetworkIfEmpty = (name: string): Promise<void> =>
  networkLock(async () => {
    try {
      await docker(['network', 'rm', name]);
    } catch (error) {
      if (!isInUse(error) && !isMissing(error)) throw error;
    }
  });

/** Removes a cluster's container with its volumes, its files, and its network when no other cluster is on it. */
export const removeContainer = async (container: {
  containerName: string;
  network: string;
}): Promise<void> => {
  try {
    await docker(['rm', '--force', '--volumes', container.containerName]);
  } catch (error) {
    if (!isMissing(error)) throw error;
  }
  await rm(folderOf(container.containerName), { recursive: true, force: true });
  await removeNetworkIfEmpty(container.network);
};

/** Removes the clusters of processes that have ended without doing so. */
export const removeLeftovers = (): Promise<void> =>
  withLock('docker-leftovers', async () => {
    const containers = await listContainers();
    for (const container of containers) if (await isGone(container.owner)) await removeContainer(container);
  });
