import { type ClusterManagementAddOn, clusterManagementAddOns } from '../api/generated/addon.ts';
import type { KubeObject, OwnerReference } from '../runtime/client/object.ts';
import { apiVersionOf } from '../runtime/client/resource.ts';

/** The reference by which a ClusterManagementAddOn owns its add-ons on clusters (addon.md 4.3). */
export const ownerOf = ({ metadata }: ClusterManagementAddOn): OwnerReference => ({
  apiVersion: apiVersionOf(clusterManagementAddOns),
  kind: clusterManagementAddOns.kind,
  name: metadata.name,
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

const isSameOwner = (a: OwnerReference, b: OwnerReference): boolean =>
  a.kind === b.kind && a.name === b.name && a.apiVersion.split('/')[0] === b.apiVersion.split('/')[0];

/**
 * The owners of an add-on with this one among them: a reference to it of another version, or to its namesake before it was
 * created anew, is brought up to date in its place. Undefined when all is as it should be.
 */
export const withOwner = ({ metadata }: KubeObject, owner: OwnerReference): OwnerReference[] | undefined => {
  const owners = metadata.ownerReferences ?? [];
  const at = owners.findIndex((each) => isSameOwner(each, owner));
  if (at < 0) return [...owners, owner];
  const found = owners[at]!;
  const isCurrent =
    found.apiVersion === owner.apiVersion && found.uid === owner.uid && found.controller === true;
  return isCurrent ? undefined : owners.with(at, { ...found, ...owner });
};
