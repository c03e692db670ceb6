import type { Command } from 'commander';
import {
  type ManifestWork,
  manifestWorkReplicaSets,
  manifestWorks,
  placementDecisions,
  placements,
} from '../../../operators/api/index.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import type { UnknownObject } from '../../../operators/runtime/client/object.ts';
import { requireHub } from '../../checks.ts';
import type { CommandContext } from '../../context.ts';
import { bool, slice } from '../../flags.ts';
import { readManifests } from '../../manifests.ts';

interface CreateWorkFlags {
  filename: string[];
  recursive: boolean;
  cluster: string;
  clusters: string[];
  placement: string;
  overwrite: boolean;
  replicaset: boolean;
}

export const defineCreateWork = (command: Command): Command => {
  command.description('Create a ManifestWork from manifests').argument('[name]', 'name of the work');
  slice(command, '-f, --filename', 'files, folders, URLs or - for standard input');
  bool(command, 'recursive', 'look into subfolders', true);
  command.option('-c, --cluster <string>', 'name of a cluster', '');
  slice(command, '--clusters', 'names of clusters');
  command.option('--placement <namespace/name>', 'the clusters that this placement decides for', '');
  bool(command, 'overwrite', 'update what exists already');
  return bool(command, 'replicaset', 'create a ManifestWorkReplicaSet for the placement');
};

/** `clusteradm create work` (cli.md 11.3). */
export const createWork = async (
  context: CommandContext,
  flags: CreateWorkFlags,
  args: string[],
): Promise<void> => {
  if (args.length === 0) throw new Error('work name must be specified');
  if (args.length > 1) throw new Error('only one work name can be specified');
  const [name] = args as [string];
  const client = await context.client();
  await requireHub(client);
  const clusters = [...new Set([...flags.clusters, ...(flags.cluster ? [flags.cluster] : [])])];
  const placement = targetPlacement(clusters, flags);
  if (flags.filename.length === 0) throw new Error('manifest files must be specified');
  const manifests = await readManifests(flags.filename, flags.recursive);
  if (!placement) return createInClusters(context, client, name, clusters, manifests, flags);
  await client.get(placements, placement.name, placement.namespace).catch((error: Error) => {
    throw new Error(`failed to get placement ${flags.placement}: ${error.message}`, { cause: error });
  });
  if (flags.replicaset) return createReplicaSet(context, client, name, placement, manifests, flags);
  const decided = await decidedClusters(client, placement);
  await createInClusters(context, client, name, decided, manifests, flags);
  if (flags.overwrite) await removeElsewhere(context, client, name, decided);
};

/** The placement of `--placement`; throws when the flags do not say where to (errors in the order of the chapter). */
const targetPlacement = (clusters: string[], flags: CreateWorkFlags) => {
  if (clusters.length === 0 && !flags.placement)
    throw new Error('--clusters or --placement must be specified');
  if (clusters.length > 0 && flags.placement) {
    throw new Error('--clusters and --placement can only specify one');
  }
  if (flags.replicaset && !flags.placement) {
    throw new Error('--placement must be specified when enable --replicaset');
  }
  if (!flags.placement) return undefined;
  const [namespace, name, ...rest] = flags.placement.split('/');
  if (!namespace || !name || rest.length > 0) {
    throw new Error(
      `the name of the placement ${flags.placement} must be in the format of <namespace>/<name>`,
    );
  }
  return { namespace, name };
};

const createInClusters = async (
  { output, globals }: CommandContext,
  client: Client,
  name: string,
  clusters: string[],
  manifests: UnknownObject[],
  { overwrite }: CreateWorkFlags,
): Promise<void> => {
  const workload = { manifests } as NonNullable<ManifestWork['spec']>['workload'];
  const options = { fieldManager: 'clusteradm', dryRun: globals.dryRun };
  for (const cluster of clusters) {
    const key = { name, namespace: cluster };
    const present = await client.find(manifestWorks, name, cluster);
    if (!present) {
      await client.create(manifestWorks, { metadata: key, spec: { workload } }, options);
      output.print(`create work ${name} in cluster ${cluster}\n`);
    } else if (overwrite) {
      await client.patch(manifestWorks, key, { type: 'merge', body: { spec: { workload } } }, options);
      output.print(`update work ${name} in cluster ${cluster}\n`);
    } else {
      output.print(`work ${name} in cluster ${cluster} already exists\n`);
    }
  }
};

const decidedClusters = async (
  client: Client,
  placement: { name: string; namespace: string },
): Promise<string[]> => {
  const { items } = await client.list(placementDecisions, {
    namespace: placement.namespace,
    labelSelector: `cluster.open-cluster-management.io/placement=${placement.name}`,
  });
  const names = items.flatMap(({ status }) => status?.decisions?.map(({ clusterName }) => clusterName) ?? []);
  return [...new Set(names)];
};

const removeElsewhere = async (
  { output, globals }: CommandContext,
  client: Client,
  name: string,
  decided: string[],
): Promise<void> => {
  const { items } = await client.list(manifestWorks, { fieldSelector: `metadata.name=${name}` });
  for (const { metadata } of items) {
    const cluster = metadata.namespace ?? '';
    if (decided.includes(cluster)) continue;
    await client.delete(manifestWorks, metadata, { uid: metadata.uid, dryRun: globals.dryRun });
    output.print(`delete work ${name} in cluster ${cluster}\n`);
  }
};

const createReplicaSet = async (
  { output, globals }: CommandContext,
  client: Client,
  name: string,
  placement: { name: string; namespace: string },
  manifests: UnknownObject[],
  { overwrite }: CreateWorkFlags,
): Promise<void> => {
  const { namespace } = placement;
  const spec = {
    cascadeDeletionPolicy: 'Background' as const,
    manifestWorkTemplate: { workload: { manifests } as NonNullable<ManifestWork['spec']>['workload'] },
    placementRefs: [{ name: placement.name }],
  };
  const options = { fieldManager: 'clusteradm', dryRun: globals.dryRun };
  const present = await client.find(manifestWorkReplicaSets, name, namespace);
  if (!present) {
    await client.create(manifestWorkReplicaSets, { metadata: { name, namespace }, spec }, options);
    output.print(`create manifestworkreplicaset ${name} in namespace ${namespace}\n`);
  } else if (overwrite) {
    await client.patch(
      manifestWorkReplicaSets,
      { name, namespace },
      { type: 'merge', body: { spec } },
      options,
    );
    output.print(`update manifestworkreplicaset ${name} in namespace ${namespace}\n`);
  } else {
    output.print(`manifestworkreplicaset ${name} in namespace ${namespace} already exists\n`);
  }
};
