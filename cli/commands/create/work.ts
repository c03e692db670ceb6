import type { Command } from 'commander';
import {
  type ManifestWork,
  manifestWorkReplicaSets,
  manifestWorks,
  placementDecisions,
  placements,
} from '../../../operators/api/index.ts';
import { group, label } from '../../../operators/api/names.ts';
import type { Client } from '../../../operators/runtime/client/client.ts';
import { clustersOf } from '../../../operators/fleet/placement-decisions.ts';
import { labelValue } from '../../../operators/runtime/client/legal-name.ts';
import type { ObjectName } from '../../../operators/runtime/client/object.ts';
import { writeOptions } from '../../cluster/apply.ts';
import { removeOne } from '../../cluster/remove.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { type Manifest, readManifests } from '../../files/manifests.ts';
import { onlyName } from '../../flags/arguments.ts';
import { chosenClusters, clusterFlags, type ClusterFlags } from '../../flags/cluster-flags.ts';
import { bool, slice, string } from '../../flags/flags.ts';
import { requireLabel, requireObjectName } from '../../flags/legal-names.ts';

interface CreateWorkFlags extends ClusterFlags {
  filename: string[];
  recursive: boolean;
  placement: string;
  overwrite: boolean;
  replicaset: boolean;
}

export const define = (command: Command): void => {
  command.argument('[name]', 'name of the work');
  slice(command, '-f, --filename', 'files, folders, URLs or - for standard input (required)');
  bool(command, '-R, --recursive', 'look into subfolders', true);
  clusterFlags(command);
  string(command, '--placement', 'namespace/name: the clusters that this placement decides for');
  bool(command, '--overwrite', 'update what exists, remove it where the placement no longer decides for it');
  bool(command, '-r, --replicaset', 'create a ManifestWorkReplicaSet for the placement');
};

type Workload = NonNullable<ManifestWork['spec']>['workload'];

/** `clusteradm create work` (cli.md 11.3). */
export const run = async (context: CommandContext, flags: CreateWorkFlags, args: string[]): Promise<void> => {
  const name = onlyName(args, 'work name must be specified', 'only one work name can be specified');
  requireObjectName('the work', name);
  const client = context.client();
  await requireHub(client);
  const clusters = chosenClusters(flags, context.isGiven);
  const placement = targetPlacement(clusters, flags);
  if (flags.filename.length === 0) throw new Error('manifest files must be specified');
  const read = await readManifests(flags.filename, flags.recursive);
  if (read.length === 0) {
    throw new Error(`manifest files must be specified: ${flags.filename.join(', ')} hold no object`);
  }
  refuseWorks(read);
  const manifests = read.map(({ object }) => object);
  const workload = { manifests } as Workload;
  if (!placement) return createInClusters(context, name, clusters, workload, flags);
  await client.get(placements, placement.name, placement.namespace).catch((error: Error) => {
    throw new Error(`failed to get placement ${flags.placement}: ${error.message}`, { cause: error });
  });
  if (flags.replicaset) return createReplicaSet(context, name, placement, workload, flags);
  const decided = await decidedClusters(client, placement);
  await createInClusters(context, name, decided, workload, flags);
  if (flags.overwrite) await removeElsewhere(context, name, decided);
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
  requireLabel('the namespace of --placement', namespace);
  requireObjectName('the placement', name);
  return { namespace, name };
};

/** Works are for the hub: one within another would be looked for on the managed cluster, where nobody knows it. */
export const refuseWorks = (manifests: readonly Manifest[]): void => {
  const work = manifests.find(
    ({ object }) =>
      object.apiVersion?.startsWith(`${group.work}/`) &&
      ['ManifestWork', 'ManifestWorkReplicaSet'].includes(object.kind ?? ''),
  );
  if (!work) return;
  const { kind, metadata } = work.object;
  const where = work.source === '-' ? 'standard input' : work.source;
  throw new Error(
    `${where} holds ${kind} ${metadata?.name ?? ''}, which belongs on the hub itself and not into a work: apply it with kubectl apply -f ${work.source}, or give the manifests that are in it`,
  );
};

const createInClusters = async (
  context: CommandContext,
  name: string,
  clusters: string[],
  workload: Workload,
  { overwrite }: CreateWorkFlags,
): Promise<void> => {
  const client = context.client();
  const { output } = context;
  const options = writeOptions(context);
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

const decidedClusters = async (client: Client, placement: ObjectName): Promise<string[]> => {
  const { items } = await client.list(placementDecisions, {
    namespace: placement.namespace,
    labelSelector: `${label.placement}=${labelValue(placement.name)}`,
  });
  return clustersOf(items);
};

/** Works of that name where the placement no longer decides for them; those of a ManifestWorkReplicaSet are not ours. */
const removeElsewhere = async (context: CommandContext, name: string, decided: string[]): Promise<void> => {
  const client = context.client();
  const { items } = await client.list(manifestWorks, {
    fieldSelector: `metadata.name=${name}`,
    labelSelector: `!${label.manifestWorkReplicaSet}`,
  });
  for (const { metadata } of items) {
    const { namespace = '', uid } = metadata;
    if (decided.includes(namespace)) continue;
    await removeOne(context, client, manifestWorks, { name, namespace }, uid);
    context.output.print(`delete work ${name} in cluster ${namespace}\n`);
  }
};

const createReplicaSet = async (
  context: CommandContext,
  name: string,
  placement: ObjectName,
  workload: Workload,
  { overwrite }: CreateWorkFlags,
): Promise<void> => {
  const client = context.client();
  const { output } = context;
  const { namespace } = placement;
  const spec = {
    cascadeDeletionPolicy: 'Background' as const,
    manifestWorkTemplate: { workload },
    placementRefs: [{ name: placement.name }],
  };
  const options = writeOptions(context);
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
