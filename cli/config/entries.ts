import { isMap, type JsonMap } from '../../operators/runtime/client/json.ts';

/** The lists of a kubeconfig, each with the field of its items that holds what they are about. */
export const KINDS = { clusters: 'cluster', contexts: 'context', users: 'user' } as const;
export type Kind = keyof typeof KINDS;

export const isKind = (text: string): text is Kind => Object.hasOwn(KINDS, text);

const byName = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

/** The entries of one list, by name. */
export const entriesOf = (root: JsonMap, kind: Kind): Map<string, JsonMap> => {
  const list = root[kind];
  const items = Array.isArray(list) ? list.filter(isMap) : [];
  return new Map(
    items.map((item) => {
      const fields = item[KINDS[kind]];
      return [String(item['name']), isMap(fields) ? fields : {}];
    }),
  );
};

/** The same kubeconfig with other entries in one of its lists, in the order of their names. */
export const withEntries = (root: JsonMap, kind: Kind, entries: ReadonlyMap<string, JsonMap>): JsonMap => ({
  ...root,
  [kind]: [...entries]
    .toSorted(([a], [b]) => byName(a, b))
    .map(([name, fields]) => ({ [KINDS[kind]]: fields, name })),
});

/** With one entry, or without it when there are no fields. */
export const withEntry = (root: JsonMap, kind: Kind, name: string, fields?: JsonMap): JsonMap => {
  const entries = entriesOf(root, kind);
  if (fields) entries.set(name, fields);
  else entries.delete(name);
  return withEntries(root, kind, entries);
};

export const currentContextOf = (root: JsonMap): string => {
  const current = root['current-context'];
  return typeof current === 'string' ? current : '';
};

/** Several kubeconfigs as one: of each name, and of the current context, the first that is set wins. */
export const merged = (roots: readonly JsonMap[]): JsonMap => {
  const both: JsonMap = {
    apiVersion: 'v1',
    'current-context': roots.map(currentContextOf).find(Boolean) ?? '',
    kind: 'Config',
  };
  for (const kind of Object.keys(KINDS) as Kind[]) {
    const entries = new Map(roots.toReversed().flatMap((root) => [...entriesOf(root, kind)]));
    Object.assign(both, withEntries({}, kind, entries));
  }
  return both;
};

/** The context in force and what it names, and nothing else; throws when there is none. */
export const minified = (root: JsonMap, chosen = ''): JsonMap => {
  const name = chosen || currentContextOf(root);
  const context = entriesOf(root, 'contexts').get(name);
  if (!context) {
    throw new Error(name ? `cannot locate context ${name}` : 'current-context must exist in order to minify');
  }
  const only = (kind: Kind, wanted: unknown): JsonMap => {
    const fields = entriesOf(root, kind).get(String(wanted));
    return withEntries({}, kind, new Map(fields ? [[String(wanted), fields]] : []));
  };
  return {
    ...root,
    'current-context': name,
    ...only('contexts', name),
    ...only('clusters', context['cluster']),
    ...only('users', context['user']),
  };
};
