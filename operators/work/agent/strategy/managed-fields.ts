import { createHash } from 'node:crypto';
import type { FieldSet, ManagedFieldsEntry, UnknownObject } from '../../../runtime/client/object.ts';
import { isMap } from '../../../runtime/client/json.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import { fieldManager } from './field-manager.ts';

/**
 * Which fields of an object are the agent's, by the records that the API server keeps of who wrote what
 * (docs/decisions/017). Pure: nothing here speaks to a server.
 */

/** The name of a work that shares an object with others, so that neither takes the other's fields away. */
export const sharingManager = (appliedWork: string): string =>
  `${fieldManager}-${createHash('sha256').update(appliedWork).digest('hex').slice(0, 10)}`;

const isAgents = ({ manager, subresource }: ManagedFieldsEntry): boolean =>
  !subresource && manager !== undefined && manager.startsWith(fieldManager);

const entriesOf = ({ metadata }: UnknownObject): readonly ManagedFieldsEntry[] =>
  metadata.managedFields ?? [];

/** What a manager has declared of an object by server-side apply. */
export const declaredBy = (object: UnknownObject, manager: string): ManagedFieldsEntry | undefined =>
  entriesOf(object).find(
    (entry) => entry.manager === manager && entry.operation === 'Apply' && !entry.subresource,
  );

/** Who declares, and who else there is. */
export interface Declarer {
  /** The name under which the work declares the object now. */
  manager: string;
  /** The name of the AppliedManifestWork. */
  appliedWork: string;
  /** Names of the AppliedManifestWorks of others that own the object as well. */
  others: readonly string[];
  /** Whether works beside these others name the object, without owning it. */
  hasUnknown: boolean;
}

/**
 * The records of earlier writes that nobody stands behind any more: the agent wrote under another strategy, another name or
 * as an earlier version. While an object is shared, what stands under a name that several may have used is left until each
 * of them has a record of its own.
 */
export const formerEntries = (object: UnknownObject, declarer: Declarer): ManagedFieldsEntry[] => {
  const { manager, appliedWork, others, hasUnknown } = declarer;
  const isPresent = (entry: ManagedFieldsEntry): boolean =>
    entry.manager === manager && entry.operation === 'Apply';
  const former = entriesOf(object).filter((entry) => isAgents(entry) && !isPresent(entry));
  if (others.length === 0 && !hasUnknown) return former;
  const own = sharingManager(appliedWork);
  const areAllOnTheirOwn =
    !hasUnknown && others.every((other) => declaredBy(object, sharingManager(other)) !== undefined);
  return former.filter((entry) =>
    entry.manager === fieldManager ? areAllOnTheirOwn : entry.manager === own && manager !== own,
  );
};

/**
 * The records of an object after what stands in `former` was handed over to what `manager` declares. Fields that it does
 * not declare the next time then go, as if it had declared them before.
 */
export const handedOver = (
  object: UnknownObject,
  former: readonly ManagedFieldsEntry[],
  manager: string,
): ManagedFieldsEntry[] => {
  const present = declaredBy(object, manager);
  const target = present ?? former.at(-1);
  if (!target) return [...entriesOf(object)];
  // Paths of another version may mean other fields: such a record is dropped, and its fields stay.
  const fieldsV1 = former
    .filter(({ apiVersion }) => apiVersion === target.apiVersion)
    .reduce<FieldSet>((set, entry) => union(set, entry.fieldsV1 ?? {}), target.fieldsV1 ?? {});
  return [
    ...entriesOf(object).filter((entry) => entry !== present && !former.includes(entry)),
    { ...target, manager, operation: 'Apply', fieldsV1 },
  ];
};

const self = '.';

const union = (a: FieldSet, b: FieldSet): FieldSet => {
  if (Object.keys(a).length === 0 && Object.keys(b).length === 0) return {};
  const result: FieldSet = { ...a };
  for (const [key, set] of Object.entries(b)) result[key] = union(a[key] ?? set, set);
  // A field that one names as a whole stays named beside parts of it.
  if (Object.keys(a).length === 0 || Object.keys(b).length === 0) result[self] = {};
  return result;
};

/** Uids of the owner references that stand under these records. */
export const ownersIn = (entries: readonly (ManagedFieldsEntry | undefined)[]): Set<string> =>
  new Set(
    entries.flatMap((entry) =>
      Object.keys(entry?.fieldsV1?.['f:metadata']?.['f:ownerReferences'] ?? {}).flatMap((key) => {
        const uid = key.startsWith('k:') ? keysIn(key)['uid'] : undefined;
        return typeof uid === 'string' ? [uid] : [];
      }),
    ),
  );

/**
 * Whether to declare `body` once more would change nothing: the manager's record names exactly its fields, and each has
 * its value. False where that cannot be told, as with values that the API server writes in another way.
 */
export const isDeclared = (object: UnknownObject, body: UnknownObject, manager: string): boolean => {
  const set = declaredBy(object, manager)?.fieldsV1;
  if (!set) return false;
  const { apiVersion: _, kind: __, metadata, ...rest } = body;
  const { name: ___, namespace: ____, ...named } = metadata;
  return holds(set, object, { ...rest, ...(Object.keys(named).length ? { metadata: named } : {}) });
};

const holds = (set: FieldSet, live: unknown, body: unknown): boolean => {
  const keys = Object.keys(set).filter((key) => key !== self);
  if (keys.length === 0) return isSame(live, body);
  if (Array.isArray(body)) return Array.isArray(live) && holdsItems(set, keys, live, body);
  if (!isMap(body) || !isMap(live)) return false;
  const names = Object.keys(body).filter((name) => body[name] !== undefined);
  return (
    names.length === keys.length &&
    names.every((name) => {
      const part = set[`f:${name}`];
      return part !== undefined && holds(part, live[name], body[name]);
    })
  );
};

/** An empty map is not the same as none. */
const isSame = (live: unknown, body: unknown): boolean =>
  semanticEqual(live, body) && (isMap(live) === isMap(body) || body === null || body === undefined);

const holdsItems = (set: FieldSet, keys: string[], live: unknown[], body: unknown[]): boolean => {
  if (keys.length !== body.length) return false;
  let last = -1;
  for (const item of body) {
    const key = keys.find((candidate) => isKeyOf(candidate, item));
    if (key === undefined) return false;
    // The order of a list counts as well.
    const index = live.findIndex((candidate, i) => i > last && isKeyOf(key, candidate));
    if (index < 0) return false;
    last = index;
    if (key.startsWith('k:') && !holds(set[key] ?? {}, live[index], item)) return false;
  }
  return true;
};

/** Whether a record's key, of a list of maps or of values, means the item; keys that have a default may be left out. */
const isKeyOf = (key: string, item: unknown): boolean => {
  if (key.startsWith('v:')) return JSON.stringify(item) === key.slice(2);
  if (!key.startsWith('k:') || !isMap(item)) return false;
  return Object.entries(keysIn(key)).every(
    ([name, value]) => item[name] === undefined || semanticEqual(item[name], value),
  );
};

const keysIn = (key: string): Record<string, unknown> => {
  try {
    const parsed: unknown = JSON.parse(key.slice(2));
    return isMap(parsed) ? parsed : {};
  } catch {
    // Whatever it is, it is no key of the API server's, and names no item.
    return {};
  }
};

/** Whether others than the agent have set a field, by the path of its names. */
const isOthers = (object: UnknownObject, path: readonly string[]): boolean =>
  entriesOf(object).some((entry) => {
    if (isAgents(entry)) return false;
    let set: FieldSet | undefined = entry.fieldsV1;
    for (const name of path) set = set?.[`f:${name}`];
    return set !== undefined;
  });

/**
 * Paths of the fields that the agent alone has set and `body` does not name, for objects that cannot be declared. Lists are
 * taken as a whole; a field that the API server had filled in is among them, and is filled in again.
 */
export const abandonedPaths = (object: UnknownObject, body: UnknownObject): string[][] => {
  const paths: string[][] = [];
  const walk = (set: FieldSet, named: unknown, path: string[]): void => {
    for (const key of Object.keys(set)) {
      if (!key.startsWith('f:')) continue;
      const name = key.slice(2);
      const deeper = [...path, name];
      if (isMap(named) && named[name] !== undefined) walk(set[key]!, named[name], deeper);
      else if (!isOthers(object, deeper)) paths.push(deeper);
    }
  };
  for (const entry of entriesOf(object)) {
    if (!isAgents(entry) || !entry.fieldsV1) continue;
    const { 'f:metadata': metadata, 'f:status': _, ...rest } = entry.fieldsV1;
    walk(rest, body, []);
    for (const name of ['labels', 'annotations'] as const)
      walk(metadata?.[`f:${name}`] ?? {}, body.metadata[name], ['metadata', name]);
  }
  return paths;
};
