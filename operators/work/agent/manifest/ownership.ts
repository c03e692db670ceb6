import type { AppliedManifestWork, DeleteOption, ResourceMeta } from '../../../api/generated/work.ts';
import type { OwnerReference } from '../../../runtime/client/object.ts';

const ownerApiVersion = 'work.open-cluster-management.io/v1';
const ownerKind = 'AppliedManifestWork';

/** Whether the AppliedManifestWork owns the object, so that it goes when the work goes (work.md 3.6). */
export const isOwned = (option: DeleteOption | undefined, meta: ResourceMeta): boolean => {
  if (option?.propagationPolicy === 'Orphan') return false;
  if (!option || (option.propagationPolicy ?? 'Foreground') === 'Foreground') return true;
  return !option.selectivelyOrphans?.orphaningRules?.some(
    (rule) =>
      (rule.group ?? '') === (meta.group ?? '') &&
      rule.resource === meta.resource &&
      (rule.namespace ?? '') === (meta.namespace ?? '') &&
      rule.name === meta.name,
  );
};

/** The reference by which objects name the AppliedManifestWork that they belong to. */
export const ownerOf = (applied: AppliedManifestWork): OwnerReference => ({
  apiVersion: ownerApiVersion,
  kind: ownerKind,
  name: applied.metadata.name,
  uid: applied.metadata.uid ?? '',
});

export const isAppliedManifestWork = (owner: OwnerReference): boolean =>
  owner.apiVersion === ownerApiVersion && owner.kind === ownerKind;

/** A wish about one owner reference: that it be there, or that it be gone. */
export interface OwnerWish {
  reference: OwnerReference;
  present: boolean;
}

const groupOf = (apiVersion: string): string =>
  apiVersion.includes('/') ? apiVersion.slice(0, apiVersion.indexOf('/')) : '';

const sameOwner = (a: OwnerReference, b: OwnerReference): boolean =>
  groupOf(a.apiVersion) === groupOf(b.apiVersion) && a.kind === b.kind && a.name === b.name;

const equalOwner = (a: OwnerReference, b: OwnerReference): boolean =>
  a.apiVersion === b.apiVersion &&
  a.uid === b.uid &&
  (a.controller ?? false) === (b.controller ?? false) &&
  (a.blockOwnerDeletion ?? false) === (b.blockOwnerDeletion ?? false);

/**
 * The owner references of an object after a wish is granted, or undefined when they already are so (work.md 3.5.1).
 * References match by group, kind and name: one to an earlier AppliedManifestWork of the same name would let the
 * garbage collector take the object, so it is replaced or removed like the present one.
 */
export const withOwner = (
  existing: readonly OwnerReference[] | undefined,
  { reference, present }: OwnerWish,
): OwnerReference[] | undefined => {
  const owners = existing ?? [];
  const index = owners.findIndex((owner) => sameOwner(owner, reference));
  const found = owners[index];
  if (present) {
    if (!found) return [...owners, reference];
    return equalOwner(found, reference) ? undefined : owners.with(index, reference);
  }
  return found ? owners.toSpliced(index, 1) : undefined;
};
