import { type ManagedClusterAddOn, managedClusterAddOns } from '../../api/generated/addon.ts';
import type { ManifestWork, ResourceStatusManifest } from '../../api/generated/work.ts';
import { annotation, label } from '../../api/names.ts';
import { workSpecHash } from '../../fleet/work-spec-hash.ts';
import { labelValue } from '../../runtime/client/legal-name.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import { isMap } from '../../runtime/client/json.ts';
import { hookWorkName } from './names.ts';

/** What is kept of the works of add-ons, and whose each is. */

/** What tells whose a work is and how it fares. */
export type AddonWork = Pick<ManifestWork, 'metadata' | 'status'>;

/** A work without what its manifests say: which objects they are, and the hash of it all. */
export interface KeptWork extends ManifestWork {
  hash?: string;
}

/** An add-on as its works name it: by the namespace that they say, or are in, and the value of their label. */
export const addonKey = (namespace: string | undefined, name: string): string =>
  `${namespace}/${labelValue(name)}`;

/** The add-on that a work, or what else is labelled like one, belongs to. */
export const addonOfWork = ({ metadata }: Pick<ManifestWork, 'metadata'>): string =>
  addonKey(
    metadata.labels?.[label.namespaceOfAddon] || metadata.namespace,
    metadata.labels?.[label.addonName] ?? '',
  );

/** Index of works by the add-on that they belong to. */
export const workIndexes = { addon: (work: AddonWork): string[] => [addonOfWork(work)] };

const isHook = ({ metadata }: AddonWork, addon: string): boolean =>
  metadata.name.startsWith(`addon-${addon}-pre-delete`);

const isElsewhere = ({ metadata }: AddonWork): boolean => Boolean(metadata.labels?.[label.namespaceOfAddon]);

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
    return isElsewhere(work)
      ? Boolean(hosting) && work.metadata.namespace === hosting
      : work.metadata.namespace === namespace;
  });
};

/** The work of hooks of an add-on on its own cluster. */
export const isHookOf = (
  { name, namespace = '' }: { name: string; namespace?: string },
  { metadata }: AddonWork,
): boolean =>
  metadata.namespace === namespace &&
  metadata.name === hookWorkName({ addon: name, cluster: namespace, isHosting: false });

/**
 * Of the works that name an add-on, those of its hooks that nothing owns, and that therefore do not go with it: on its hosting
 * cluster, and where it was deleted in the foreground.
 */
export const unownedHooks = <W extends AddonWork>(
  { name, namespace = '' }: { name: string; namespace?: string },
  works: readonly W[],
): W[] => {
  const hosted = hookWorkName({ addon: name, cluster: namespace, isHosting: true });
  return works.filter(
    (work) =>
      !work.metadata.ownerReferences?.length &&
      (isElsewhere(work) ? work.metadata.name === hosted : isHookOf({ name, namespace }, work)),
  );
};

/** Whether a work was made by the manager of an add-on, rather than by somebody who uses its label. */
export const isMadeFor = ({ metadata }: ManagedClusterAddOn, work: AddonWork): boolean =>
  isElsewhere(work) ||
  isHookOf(metadata, work) ||
  (work.metadata.ownerReferences ?? []).some(
    (owner) => owner.kind === managedClusterAddOns.kind && owner.name === metadata.name,
  );

/** Of the works that name an add-on, all that are on other clusters than its own. */
export const worksElsewhere = <W extends AddonWork>(works: readonly W[]): W[] => works.filter(isElsewhere);

const hasNoReplicas = ({ spec }: UnknownObject): boolean => isMap(spec) && spec['replicas'] === 0;

/** Which object a manifest is of, and whether it shall have Pods. */
const keptManifest = (manifest: UnknownObject) => ({
  apiVersion: manifest.apiVersion,
  kind: manifest.kind,
  metadata: {
    name: manifest.metadata?.name,
    ...(manifest.metadata?.namespace && { namespace: manifest.metadata.namespace }),
  },
  ...(hasNoReplicas(manifest) && { spec: { replicas: 0 } }),
});

/** What the health and the hooks of add-ons are told from; agents may report much else. */
const usedValues: ReadonlySet<string> = new Set([
  'ReadyReplicas',
  'Replicas',
  'NumberReady',
  'DesiredNumberScheduled',
  'JobComplete',
  'JobFailed',
  'PodPhase',
]);

const keptFeedback = ({ resourceMeta, statusFeedback }: ResourceStatusManifest): ResourceStatusManifest[] => {
  const values = statusFeedback?.values?.filter(({ name }) => usedValues.has(name)) ?? [];
  if (values.length === 0) return [];
  const { group, resource, namespace, name, ordinal } = resourceMeta;
  return [
    {
      resourceMeta: { group, resource, namespace, name, ordinal },
      statusFeedback: { values },
      conditions: [],
    },
  ];
};

/** Keeps of a work what its add-on's works, progress and health are told from. */
export const keptWork = ({ metadata, spec, status, hash }: KeptWork): KeptWork => {
  const specHash = metadata.annotations?.[annotation.configSpecHash];
  const feedback = status?.resourceStatus?.manifests?.flatMap(keptFeedback) ?? [];
  return {
    metadata: {
      name: metadata.name,
      namespace: metadata.namespace,
      uid: metadata.uid,
      resourceVersion: metadata.resourceVersion,
      generation: metadata.generation,
      labels: metadata.labels,
      ...(metadata.deletionTimestamp && { deletionTimestamp: metadata.deletionTimestamp }),
      ...(metadata.ownerReferences && { ownerReferences: metadata.ownerReferences }),
      annotations: { ...(specHash !== undefined && { [annotation.configSpecHash]: specHash }) },
    },
    hash: hash ?? workSpecHash(spec),
    spec: {
      workload: {
        manifests: ((spec?.workload?.manifests ?? []) as UnknownObject[]).map(keptManifest) as never,
      },
    },
    status: {
      conditions: status?.conditions?.filter(({ type }) => type === 'Applied' || type === 'Available'),
      ...(feedback.length > 0 && { resourceStatus: { manifests: feedback } }),
    },
  };
};
