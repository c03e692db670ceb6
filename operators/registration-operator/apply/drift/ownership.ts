import type { KubeObject, ObjectMeta } from '../../../runtime/client/object.ts';

/** metav1.ManagedFieldsEntry, as far as ownership needs it. */
interface ManagedFields {
  manager?: string;
  operation?: string;
  subresource?: string;
  time?: string;
  fieldsV1?: Record<string, unknown>;
}

const entriesOf = ({ metadata }: KubeObject): ManagedFields[] =>
  (metadata as ObjectMeta & { managedFields?: ManagedFields[] }).managedFields ?? [];

const isMap = (value: unknown): value is Record<string, unknown> =>
  value !== null && typeof value === 'object';

/** Whether every field of one set is in another; `.` stands for the existence of what it is in. */
const covers = (ours: unknown, theirs: unknown): boolean => {
  if (!isMap(theirs)) return true;
  if (!isMap(ours)) return false;
  // Who owns a value whole owns what is in it.
  if (Object.keys(ours).length === 0) return true;
  return Object.entries(theirs).every(
    ([field, inside]) => field === '.' || (field in ours && covers(ours[field], inside)),
  );
};

/** The part of each kind that nobody but its operator may add to (operator.md 6). */
const exclusiveParts: Record<string, string> = {
  CustomResourceDefinition: 'f:spec',
  Deployment: 'f:spec',
  ValidatingWebhookConfiguration: 'f:webhooks',
  MutatingWebhookConfiguration: 'f:webhooks',
};

/** Whether somebody else put fields into the part of an object that is its operator's alone. */
export const hasForeignFields = (live: KubeObject, fieldManager: string): boolean => {
  const part = exclusiveParts[live.kind ?? ''];
  if (part === undefined) return false;
  const isOurs = ({ manager, operation }: ManagedFields) => manager === fieldManager && operation === 'Apply';
  const entries = entriesOf(live).filter(({ subresource }) => !subresource);
  const ours = entries.find(isOurs)?.fieldsV1?.[part];
  return entries.some(
    (entry) => !isOurs(entry) && entry.manager !== fieldManager && !covers(ours, entry.fieldsV1?.[part]),
  );
};

/** Who wrote an object last, besides its operator; undefined when nobody did. */
export const lastManager = (live: KubeObject, fieldManager: string): string | undefined =>
  entriesOf(live)
    .filter(({ manager, subresource }) => manager !== fieldManager && !subresource)
    .toSorted((a, b) => (a.time ?? '').localeCompare(b.time ?? ''))
    .at(-1)?.manager;
