import { isMap } from '../../operators/runtime/client/json.ts';

/** One field that is another one afterwards; a value that is undefined is not there. */
export interface FieldChange {
  path: string;
  before: unknown;
  after: unknown;
}

/** What servers write by themselves, and what says how things stand: no change that anybody asked for. */
const OWN_FIELDS = new Set([
  'status',
  'metadata.creationTimestamp',
  'metadata.generation',
  'metadata.managedFields',
  'metadata.resourceVersion',
  'metadata.uid',
]);

const isNamed = (item: unknown): item is { name: string } => isMap(item) && typeof item.name === 'string';

/** A list by the names of its items, where each has one of its own: their order then says nothing. */
const byName = (list: readonly unknown[]): Map<string, unknown> | undefined => {
  const names = new Map(list.filter(isNamed).map((item) => [item.name, item]));
  return names.size === list.length ? names : undefined;
};

const isEmpty = (value: unknown): boolean =>
  value === undefined || value === null || (isMap(value) && Object.values(value).every(isEmpty));

const walk = (path: string, before: unknown, after: unknown): FieldChange[] => {
  if (OWN_FIELDS.has(path) || (isEmpty(before) && isEmpty(after))) return [];
  const [old, now] = [before ?? emptyLike(after), after ?? emptyLike(before)];
  if (isMap(old) && isMap(now)) {
    return [...new Set([...Object.keys(old), ...Object.keys(now)])]
      .toSorted()
      .flatMap((key) => walk(joined(path, key), old[key], now[key]));
  }
  const lists = Array.isArray(old) && Array.isArray(now) ? [byName(old), byName(now)] : [];
  if (lists[0] && lists[1]) {
    const [was, is] = lists;
    return [...new Set([...was!.keys(), ...is!.keys()])].flatMap((name) =>
      walk(`${path}[${name}]`, was!.get(name), is!.get(name)),
    );
  }
  return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ path, before, after }];
};

/** So that each field of what comes or goes as a whole is told. */
const emptyLike = (value: unknown): unknown => (isMap(value) ? {} : undefined);

/** A key with a dot in it, as labels and annotations have, is no path of its own. */
const joined = (path: string, key: string): string => {
  const written = /^[\w-]+$/.test(key) ? key : `[${JSON.stringify(key)}]`;
  return path && !written.startsWith('[') ? `${path}.${written}` : `${path}${written}`;
};

/** The fields of an object that differ, in the order of their paths; status and what servers count are left out. */
export const changesOf = (before: object, after: object): FieldChange[] => walk('', before, after);

const LONGEST = 200;

const shown = (value: unknown): string => {
  if (value === undefined || value === null) return '(none)';
  const text = JSON.stringify(value);
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}...` : text;
};

/** A change for people: `spec.workImagePullSpec: "work:v1" -> "work:v2"`. */
export const changeText = ({ path, before, after }: FieldChange): string =>
  `${path}: ${shown(before)} -> ${shown(after)}`;
