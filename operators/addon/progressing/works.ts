import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import type { ManifestWork } from '../../api/generated/work.ts';
import { annotation, label } from '../../api/names.ts';
import { labelValue } from '../../runtime/client/legal-name.ts';
import type { AddonWork } from './progress.ts';

/** An add-on as its works name it: by the namespace that they say, or are in, and the value of their label. */
export const addonKey = (namespace: string | undefined, name: string): string =>
  `${namespace}/${labelValue(name)}`;

/** The add-on that a work belongs to. */
export const addonOfWork = ({ metadata }: AddonWork): string =>
  addonKey(
    metadata.labels?.[label.namespaceOfAddon] || metadata.namespace,
    metadata.labels?.[label.addonName] ?? '',
  );

/** Index of works by the add-on that they belong to. */
export const workIndexes = { addon: (work: AddonWork): string[] => [addonOfWork(work)] };

const isHook = ({ metadata }: AddonWork, addon: string): boolean =>
  metadata.name.startsWith(`addon-${addon}-pre-delete`);

/**
 * Of the works that name an add-on, those that deploy it: on its cluster, and in Hosted mode on the hosting cluster
 * (addon.md 4.4).
 */
export const deployingWorks = <W extends AddonWork>(
  { metadata: { name, namespace, annotations } }: ManagedClusterAddOn,
  works: readonly W[],
): W[] => {
  const hosting = annotations?.[annotation.hostingCluster];
  return works.filter((work) => {
    if (isHook(work, name)) return false;
    const isElsewhere = Boolean(work.metadata.labels?.[label.namespaceOfAddon]);
    return isElsewhere
      ? Boolean(hosting) && work.metadata.namespace === hosting
      : work.metadata.namespace === namespace;
  });
};

/** Keeps of a work what its add-on's progress is told from. */
export const trimmedWork = ({ metadata, status }: ManifestWork): ManifestWork => ({
  metadata: {
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    generation: metadata.generation,
    labels: metadata.labels,
    annotations: {
      ...(metadata.annotations?.[annotation.configSpecHash] !== undefined && {
        [annotation.configSpecHash]: metadata.annotations[annotation.configSpecHash]!,
      }),
    },
  },
  status: {
    conditions: status?.conditions?.filter(({ type }) => type === 'Applied' || type === 'Available'),
  },
});
