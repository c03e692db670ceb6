import type { ClusterManager, Klusterlet } from '../../operators/api/index.ts';
import { applyObjects, FIELD_MANAGER } from '../cluster/apply.ts';
import type { CommandContext } from '../context.ts';
import { yamlDocuments } from '../output/printers.ts';
import { operatorOf, type Plan } from './plan.ts';
import { nextRecord, plain, RECORD } from './record.ts';
import { waitForOperator, waitForRollout } from './waits.ts';

/**
 * Applies the operator, then changes the custom resource: what the flags and the values do not name stays (cli.md 9). What
 * was there is recorded on the custom resource before. With `wait`, the new operator is there before it is asked for the
 * new version, and all runs at the end.
 */
export const applyUpgrade = async <T extends ClusterManager | Klusterlet>(
  context: CommandContext,
  plan: Plan<T>,
  wait: boolean,
): Promise<void> => {
  const { client, operator, resource, present, spec } = plan;
  const { name, uid } = present.metadata;
  if (context.globals.dryRun) {
    await applyObjects(context, client, operator, '');
    const { apiVersion, kind } = present;
    const changed = { apiVersion, kind, metadata: { name }, spec: { ...present.spec, ...spec } };
    context.output.print(`${yamlDocuments([plain(changed)])}---\n`);
    return;
  }
  const patch = (body: object) =>
    client.patch(resource, { name }, { type: 'merge', body }, { fieldManager: FIELD_MANAGER });
  const record = nextRecord(present, await operatorOf(plan), plain(spec), plan.target);
  if (record) await patch({ metadata: { uid, annotations: { [RECORD]: JSON.stringify(record) } } });
  await applyObjects(context, client, operator, '');
  const deployment = operator.find(({ kind }) => kind === 'Deployment');
  if (wait && deployment) await waitForRollout(context, client, deployment.metadata.name);
  const { metadata } = await patch({ metadata: { uid }, spec });
  if (wait) await waitForOperator(context, plan, metadata.generation ?? 0, ['be upgraded', 'is upgraded']);
};
