import type { KubeObject, UnknownObject } from '../../operators/runtime/client/object.ts';
import { FIELD_MANAGER, inApplyOrder } from '../cluster/apply.ts';
import { isCrd } from '../objects/operator.ts';
import { changesOf, changeText, type FieldChange } from './changes.ts';
import type { Plan } from './plan.ts';

/** What becomes of one object. */
export interface ObjectChange {
  /** `Deployment open-cluster-management/klusterlet` */
  object: string;
  isNew: boolean;
  fields: FieldChange[];
  /** In place of its fields. */
  note?: string;
}

const named = ({ kind, metadata: { namespace, name } }: KubeObject): string =>
  `${kind} ${namespace ? `${namespace}/` : ''}${name}`;

/** What an upgrade would change, by what the API server answers to it as a dry run: defaults and owners are its own. */
export const previewUpgrade = async (plan: Plan): Promise<ObjectChange[]> => {
  const changes: ObjectChange[] = [];
  for (const object of inApplyOrder(plan.operator)) changes.push(await previewObject(plan, object));
  return [...changes, await previewSpec(plan, plan.spec)].filter(
    ({ isNew, fields, note }) => isNew || fields.length > 0 || note,
  );
};

const previewObject = async ({ client }: Plan, object: UnknownObject): Promise<ObjectChange> => {
  const { apiVersion = '', kind = '', metadata } = object;
  const resource = await client.resourceFor(apiVersion, kind);
  if (!resource) throw new Error(`the API server serves no ${kind} of ${apiVersion}`);
  const before = await client.find(resource, metadata.name, metadata.namespace);
  const after = await client.apply(resource, object, { fieldManager: FIELD_MANAGER, dryRun: true });
  const fields = before ? changesOf(before, after) : [];
  const change = { object: named({ ...object, kind }), isNew: !before };
  // A schema is too long to be read field by field.
  return isCrd(object) && fields.length > 0
    ? { ...change, fields: [], note: `its schema changes, in ${fields.length} fields` }
    : { ...change, fields };
};

/** What a merge patch of the spec would change. */
export const previewSpec = async (
  { client, resource, present }: Plan,
  spec: object,
): Promise<ObjectChange> => {
  const patch = { type: 'merge' as const, body: { spec } };
  const { name } = present.metadata;
  const after = await client.patch(resource, { name }, patch, { fieldManager: FIELD_MANAGER, dryRun: true });
  return { object: `${resource.kind} ${name}`, isNew: false, fields: changesOf(present, after) };
};

/** The text of a preview: each object, and under it each of its fields. */
export const previewText = (changes: readonly ObjectChange[]): string => {
  if (changes.length === 0) return 'nothing would change\n';
  return changes
    .map(({ object, isNew, fields, note }) =>
      [
        `${object}${isNew ? ': new' : ''}`,
        ...[note ?? fields.map(changeText)].flat().map((text) => `  ${text}`),
      ]
        .map((line) => `${line}\n`)
        .join(''),
    )
    .join('');
};
