import type { ClusterManager, Klusterlet } from '../../operators/api/index.ts';
import { downgradeAnnotation } from '../../operators/registration-operator/bundle/index.ts';
import { type Deployment, deployments } from '../../operators/runtime/client/kubernetes.ts';
import { FIELD_MANAGER } from '../cluster/apply.ts';
import type { CommandContext } from '../context.ts';
import { changesOf } from './changes.ts';
import { isRolledOut, operatorOf, type Plan } from './plan.ts';
import { type ObjectChange, previewSpec } from './preview.ts';
import { readRecord, RECORD, type UpgradeRecord } from './record.ts';
import { waitForOperator, waitForRollout } from './waits.ts';

/** The record of the upgrade that is to be undone; throws when there is none. */
export const recordToUndo = ({ resource, present }: Plan): UpgradeRecord => {
  const record = readRecord(present);
  if (record) return record;
  throw new Error(
    `there is nothing to undo: ${resource.kind} ${present.metadata.name} does not say what it was before an upgrade`,
  );
};

/** What undoing the last upgrade would change. */
export const previewUndo = async (plan: Plan): Promise<ObjectChange[]> => {
  const { spec, operator: template } = recordToUndo(plan);
  const operator = await operatorOf(plan);
  const pods =
    operator && template
      ? changesOf({ spec: { template: operator.spec?.template } }, { spec: { template } })
      : [];
  const name = `Deployment ${operator?.metadata.namespace}/${operator?.metadata.name}`;
  const changes = [{ object: name, isNew: false, fields: pods }, await previewSpec(plan, spec)];
  return changes.filter(({ fields }) => fields.length > 0);
};

/**
 * Takes the last upgrade back (docs/decisions/045): first the custom resource, which the new operator brings back, then the
 * operator. One that does not come up itself goes back first. The CRD and the operator's permissions stay: they serve older
 * versions too. Always waits, since the record is what an undo that did not get to its end begins with again.
 */
export const undoUpgrade = async <T extends ClusterManager | Klusterlet>(
  context: CommandContext,
  plan: Plan<T>,
): Promise<void> => {
  const { client, resource, present } = plan;
  const { name, uid } = present.metadata;
  const { spec, operator: template, allowDowngrade } = recordToUndo(plan);
  const operator = template && (await operatorOf(plan));
  const restore = async (): Promise<void> => {
    if (operator && template) await restoreOperator(context, plan, operator, template);
  };
  const isUp = !operator || isRolledOut(operator);
  if (!isUp) await restore();
  const patch = (body: object) =>
    client.patch(resource, { name }, { type: 'merge', body }, { fieldManager: FIELD_MANAGER });
  const { metadata } = await patch({
    metadata: { uid, annotations: { [downgradeAnnotation]: 'true' } },
    spec,
  });
  await waitForOperator(context, plan, metadata.generation ?? 0, ['go back', 'is as it was']);
  if (isUp) await restore();
  const annotations = { [downgradeAnnotation]: allowDowngrade ?? null, [RECORD]: null };
  await patch({ metadata: { uid, annotations } });
};

const restoreOperator = async (
  context: CommandContext,
  { client }: Plan,
  { metadata: { uid, name, namespace } }: Deployment,
  template: NonNullable<UpgradeRecord['operator']>,
): Promise<void> => {
  const body = [
    { op: 'test' as const, path: '/metadata/uid', value: uid },
    { op: 'replace' as const, path: '/spec/template', value: template },
  ];
  await client.patch(
    deployments,
    { name, namespace },
    { type: 'json', body },
    { fieldManager: FIELD_MANAGER },
  );
  await waitForRollout(context, client, name);
};
