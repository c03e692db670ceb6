import type { AppliedResource, ResourceMeta } from '../../../api/generated/work.ts';

type Named = Pick<AppliedResource, 'group' | 'resource' | 'namespace' | 'name'>;

/** What tells resources apart: neither version nor uid, which may change for the same object (work.md 3.3.3). */
export const entryKey = ({ group = '', resource, namespace = '', name }: Named): string =>
  JSON.stringify([group, resource, namespace, name]);

const compareText = (a = '', b = ''): number => (a < b ? -1 : a > b ? 1 : 0);

/** The order in which an AppliedManifestWork lists its resources. */
export const inOrder = (entries: readonly AppliedResource[]): AppliedResource[] =>
  entries.toSorted(
    (a, b) =>
      compareText(a.group, b.group) ||
      compareText(a.version, b.version) ||
      compareText(a.resource, b.resource) ||
      compareText(a.namespace, b.namespace) ||
      compareText(a.name, b.name),
  );

/** The entry of a manifest whose resource is known; undefined for any other. */
export const entryOf = (
  { group = '', version, resource, namespace = '', name }: ResourceMeta,
  uid?: string,
): AppliedResource | undefined =>
  resource && version && name
    ? { group, version, resource, namespace, name, ...(uid ? { uid } : {}) }
    : undefined;

/**
 * What is written down before any object is made: all that is recorded, and all that is about to be made. A crash between
 * the two then leaves nothing that nobody remembers. Undefined when nothing is new.
 */
export const withIntents = (
  recorded: readonly AppliedResource[],
  intents: readonly AppliedResource[],
): AppliedResource[] | undefined => {
  const known = new Set(recorded.map(entryKey));
  const added = intents.filter((entry) => !known.has(entryKey(entry)));
  return added.length ? inOrder([...recorded, ...added]) : undefined;
};

/**
 * Entries of objects that are in no manifest any more. A manifest whose kind is unknown at present speaks for every entry
 * of its group and name: not knowing the kind must neither delete its object nor keep other objects (work.md 13, 2).
 */
export const staleEntries = (
  recorded: readonly AppliedResource[],
  manifests: readonly ResourceMeta[],
): AppliedResource[] => {
  const current = new Set<string>();
  const unresolved: ResourceMeta[] = [];
  for (const meta of manifests) {
    const entry = entryOf(meta);
    if (entry) current.add(entryKey(entry));
    else unresolved.push(meta);
  }
  const mayBe = (entry: AppliedResource, meta: ResourceMeta): boolean =>
    (meta.group ?? '') === (entry.group ?? '') &&
    meta.name === entry.name &&
    (!entry.namespace || meta.namespace === entry.namespace);
  return recorded.filter(
    (entry) => !current.has(entryKey(entry)) && !unresolved.some((meta) => mayBe(entry, meta)),
  );
};

/** What a pass found out about the entries of an AppliedManifestWork. */
export interface PassFindings {
  /** There, with uid. */
  present: readonly AppliedResource[];
  /** Neither there nor about to be made. */
  absent: readonly AppliedResource[];
  /** In no manifest any more. */
  stale: readonly AppliedResource[];
  /** Those of the stale that are still there. */
  pending: readonly AppliedResource[];
}

/** What is recorded after a pass: what is there, what may be, and what is on its way out. */
export const afterPass = (
  recorded: readonly AppliedResource[],
  { present, absent, stale, pending }: PassFindings,
): AppliedResource[] => {
  const gone = new Set([...stale, ...absent].map(entryKey));
  const kept = recorded.filter((entry) => !gone.has(entryKey(entry)));
  return inOrder([
    ...new Map([...kept, ...present, ...pending].map((entry) => [entryKey(entry), entry])).values(),
  ]);
};
