import { annotation } from '../../api/names.ts';

type Annotations = Readonly<Record<string, string>>;

/** Annotations of a ManagedCluster with this prefix, which is no whole path, pass to its add-ons. */
const prefix = 'addon.open-cluster-management.io';

/** On an add-on: the keys that came from its cluster, separated by commas. */
export const mirroredKeys = 'open-cluster-management.io/mirrored-annotations';

/** What users set on single add-ons, which then counts more than what the cluster says. */
const ownKeys: ReadonlySet<string> = new Set([
  annotation.hostingCluster,
  annotation.addonValues,
  annotation.addonInstallNamespace,
]);

/** What the add-on manager asks of a cluster itself is no business of its add-ons. */
const isMirrored = (key: string): boolean =>
  key.startsWith(prefix) && key !== annotation.disableAddonInstallation;

export const annotationsFor = (ofCluster: Annotations = {}): Record<string, string> =>
  Object.fromEntries(Object.entries(ofCluster).filter(([key]) => isMirrored(key)));

/** Whether two states of a cluster differ in what passes to its add-ons. */
export const differForAddons = (a: Annotations | undefined, b: Annotations | undefined): boolean => {
  const [before, after] = [annotationsFor(a), annotationsFor(b)];
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].some((key) => before[key] !== after[key]);
};

/** The annotations of a new add-on. */
export const initialAnnotations = (ofCluster: Annotations = {}): Record<string, string> => {
  const mirrored = annotationsFor(ofCluster);
  const keys = Object.keys(mirrored).toSorted();
  return keys.length === 0 ? {} : { ...mirrored, [mirroredKeys]: keys.join(',') };
};

/**
 * What is to be changed of an add-on's annotations so that they follow its cluster's, for a merge patch; undefined when
 * nothing is. Only keys that once came from the cluster are taken away, so that what users set on the add-on itself stays
 * (addon.md 4.2, A2).
 */
export const annotationChanges = (
  ofCluster: Annotations = {},
  ofAddon: Annotations = {},
): Record<string, string | null> | undefined => {
  const recorded = (ofAddon[mirroredKeys] ?? '').split(',').filter(isMirrored);
  const isOwn = (key: string, value: string): boolean =>
    ownKeys.has(key) && !recorded.includes(key) && ofAddon[key] !== undefined && ofAddon[key] !== value;
  const wanted = Object.fromEntries(
    Object.entries(annotationsFor(ofCluster)).filter(([key, value]) => !isOwn(key, value)),
  );
  const changes: Record<string, string | null> = {};
  for (const [key, value] of Object.entries(wanted)) if (ofAddon[key] !== value) changes[key] = value;
  for (const key of recorded) if (!(key in wanted) && ofAddon[key] !== undefined) changes[key] = null;
  const record = Object.keys(wanted).toSorted().join(',');
  if (record !== (ofAddon[mirroredKeys] ?? '')) changes[mirroredKeys] = record || null;
  return Object.keys(changes).length > 0 ? changes : undefined;
};
