import type { AppliedManifestWork, AppliedResource, ResourceMeta } from '../../../api/generated/work.ts';
import { jsonSize } from '../../../fleet/manifest-size.ts';

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
 * Annotation of an AppliedManifestWork with what its first pass was about to make. A status cannot be given on creation, so
 * that this saves one write for each new work; the status takes its place as soon as it is written.
 */
const intentsAnnotation = 'work.open-cluster-management.io/first-resources';
const maxAnnotationBytes = 64 * 1024;

/** The annotations of a new AppliedManifestWork; none when the list is too long for them. */
export const intentAnnotations = (
  intents: readonly AppliedResource[],
): Record<string, string> | undefined => {
  const text = JSON.stringify(inOrder(intents));
  return Buffer.byteLength(text) <= maxAnnotationBytes ? { [intentsAnnotation]: text } : undefined;
};

/** Most bytes of a recorded list: etcd takes 1.5 MiB, of which labels, annotations and what is added need some. */
const maxListBytes = 1.25 * 1024 * 1024;
/** A list of fewer entries is never too long, whatever their names are. */
const neverTooLong = 1_000;

/**
 * The list in a form that can be stored: without uids when it is too long with them, which happens when thousands of
 * objects take the place of thousands of others. Owner references tell then whose an object is.
 */
export const storable = (entries: readonly AppliedResource[]): readonly AppliedResource[] => {
  if (entries.length < neverTooLong || jsonSize(entries) <= maxListBytes) return entries;
  return entries.map((entry) => ({ ...entry, uid: undefined }));
};

/** What is recorded in an AppliedManifestWork. */
export const recordedIn = ({ metadata, status }: AppliedManifestWork): readonly AppliedResource[] =>
  status?.appliedResources ?? parsedIntents(metadata.annotations?.[intentsAnnotation]);

const parsedIntents = (text: string | undefined): AppliedResource[] => {
  if (!text) return [];
  try {
    const entries: unknown = JSON.parse(text);
    return Array.isArray(entries) ? entries.filter(isEntry) : [];
  } catch {
    // Somebody has edited it. The owner references still lead to every object.
    return [];
  }
};

const isEntry = (entry: unknown): entry is AppliedResource => {
  const { group, version, resource, namespace, name } = (entry ?? {}) as Record<string, unknown>;
  return [group, version, resource, namespace, name].every((part) => typeof part === 'string');
};

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
