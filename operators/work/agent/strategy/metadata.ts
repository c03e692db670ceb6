import type { ObjectMeta, OwnerReference, UnknownObject } from '../../../runtime/client/object.ts';
import { type OwnerWish, withOwner } from '../manifest/ownership.ts';

type Texts = Record<string, string>;

/** A label or annotation with this at the end of its key asks for its removal (work.md 3.5.1). */
const removalSuffix = '-';

const wanted = (texts: Texts | undefined): Texts | undefined => {
  if (!texts) return undefined;
  return Object.fromEntries(Object.entries(texts).filter(([key]) => !key.endsWith(removalSuffix)));
};

/** The object as it is created: without wishes for removal, and owned as wished. */
export const asCreated = (required: UnknownObject, owner: OwnerWish): UnknownObject => {
  const { labels, annotations, ownerReferences: _, ...metadata } = required.metadata;
  return {
    ...required,
    metadata: {
      ...metadata,
      ...(labels ? { labels: wanted(labels) } : {}),
      ...(annotations ? { annotations: wanted(annotations) } : {}),
      ...(owner.present ? { ownerReferences: [owner.reference] } : {}),
    },
  };
};

/** Adds, replaces and removes entries as required; the same map when it holds them already. Never prunes. */
export const mergedTexts = (existing: Texts | undefined, required: Texts | undefined): Texts | undefined => {
  const merged = new Map(Object.entries(existing ?? {}));
  let changed = false;
  for (const [key, value] of Object.entries(required ?? {})) {
    if (key.endsWith(removalSuffix)) changed = merged.delete(key.slice(0, -removalSuffix.length)) || changed;
    else if (merged.get(key) !== value) {
      merged.set(key, value);
      changed = true;
    }
  }
  return changed ? Object.fromEntries(merged) : existing;
};

export interface MetadataMerge {
  metadata: ObjectMeta;
  changed: boolean;
}

/** The existing metadata with the required labels, annotations and owner; finalizers stay as they are (work.md 3.5.1). */
export const mergedMetadata = (
  existing: ObjectMeta,
  required: Pick<ObjectMeta, 'labels' | 'annotations'>,
  owner: OwnerWish,
): MetadataMerge => {
  const labels = mergedTexts(existing.labels, required.labels);
  const annotations = mergedTexts(existing.annotations, required.annotations);
  const ownerReferences: OwnerReference[] | undefined =
    withOwner(existing.ownerReferences, owner) ?? existing.ownerReferences;
  const changed =
    labels !== existing.labels ||
    annotations !== existing.annotations ||
    ownerReferences !== existing.ownerReferences;
  return { metadata: changed ? { ...existing, labels, annotations, ownerReferences } : existing, changed };
};
