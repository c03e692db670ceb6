import type { Command } from 'commander';
import { manifestWorks } from '../../../operators/api/index.ts';
import { FIELD_MANAGER } from '../../cluster/apply.ts';
import { removeOne, waitUntilGone } from '../../cluster/remove.ts';
import { requireHub } from '../../cluster/required-apis.ts';
import type { CommandContext } from '../../context.ts';
import { onlyName } from '../../flags/arguments.ts';
import { clusterFlags, type ClusterFlags, requiredClusters } from '../../flags/cluster-flags.ts';
import { bool } from '../../flags/flags.ts';
import { requireObjectName } from '../../flags/legal-names.ts';

interface DeleteWorkFlags extends ClusterFlags {
  force: boolean;
}

/** Milliseconds that a work may take to go when `--timeout` says nothing. */
const defaultTimeoutMs = 10_000;

export const define = (command: Command): void => {
  command.argument('[name]', 'name of the work');
  clusterFlags(command);
  bool(
    command,
    '--force',
    'remove its finalizers: what it applied stays on the cluster when no agent is there to remove it',
  );
};

/** `clusteradm delete work` (cli.md 12). All clusters are tried; the errors are thrown together. */
export const run = async (context: CommandContext, flags: DeleteWorkFlags, args: string[]): Promise<void> => {
  const name = onlyName(args, 'work name must be specified', 'only one work name can be specified');
  requireObjectName('the work', name);
  await requireHub(context.client());
  const errors: string[] = [];
  for (const cluster of requiredClusters(flags, context.isGiven)) {
    try {
      await deleteWork(context, name, cluster, flags.force);
    } catch (error) {
      errors.push((error as Error).message);
    }
  }
  if (errors.length > 0) throw new Error(errors.join('\n'));
};

const deleteWork = async (
  context: CommandContext,
  name: string,
  cluster: string,
  force: boolean,
): Promise<void> => {
  const { output, globals } = context;
  const client = context.client();
  const key = { name, namespace: cluster };
  const work = await client.find(manifestWorks, name, cluster);
  if (!work) {
    output.print(`work ${name} not found or is already deleted\n`);
    return;
  }
  await removeOne(context, client, manifestWorks, key, work.metadata.uid);
  if (!globals.dryRun) {
    if (force) await removeFinalizers(context, key, work.metadata.uid);
    const timeoutMs = context.isGiven('timeout') ? globals.timeout * 1000 : defaultTimeoutMs;
    await waitUntilGone(context, client, manifestWorks, key, timeoutMs).catch((error: Error) => {
      const hint = force ? '' : '; --force removes its finalizers';
      throw new Error(
        `delete work ${name} timeout, failed to delete in cluster ${cluster}: ${error.message}${hint}`,
        { cause: error },
      );
    });
  }
  output.print(`work ${name} in cluster ${cluster} is deleted\n`);
};

/** Only of the work that was asked for: one that took its place in the meantime keeps its own. */
const removeFinalizers = async (
  context: CommandContext,
  key: { name: string; namespace: string },
  uid: string | undefined,
): Promise<void> => {
  const client = context.client();
  const work = await client.find(manifestWorks, key.name, key.namespace);
  if (work?.metadata.uid !== uid || !work?.metadata.finalizers?.length) return;
  const body = { metadata: { uid, finalizers: null } };
  await client.patch(manifestWorks, key, { type: 'merge', body }, { fieldManager: FIELD_MANAGER });
};
