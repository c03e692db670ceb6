import { type ManagedClusterAddOn, managedClusterAddOns } from '../../api/generated/addon.ts';
import type { ManifestConfig, ManifestWork } from '../../api/generated/work.ts';
import { annotation, label } from '../../api/names.ts';
import { labelValue } from '../../runtime/client/legal-name.ts';
import type { ObjectMeta, OwnerReference, UnknownObject } from '../../runtime/client/object.ts';
import { apiVersionOf } from '../../runtime/client/resource.ts';
import { storedReferences } from '../configuration/references.ts';
import { workHashes } from '../configuration/work-hashes.ts';
import { isForeground } from './tasks.ts';
import { type WorkPlace, deployWorkName, hookWorkName } from './names.ts';
import { deleteOptionFor } from './options.ts';
import { type Package, packManifests } from './pack.ts';

export interface BuildInput {
  addon: ManagedClusterAddOn;
  /** The hosting cluster, when these are the works there. */
  hosting?: string;
  /** Those that go there, hooks apart. */
  manifests: readonly UnknownObject[];
  /** What the work agent is asked for each object. */
  manifestConfigs: readonly ManifestConfig[];
  /** The works of the add-on that are there. */
  existing: readonly ManifestWork[];
}

/** What is to be there, and which of the existing works are to go. */
export interface BuiltWorks {
  works: ManifestWork[];
  remove: ManifestWork[];
}

const placeOf = ({ metadata }: ManagedClusterAddOn, hosting: string | undefined): WorkPlace => ({
  addon: metadata.name,
  cluster: metadata.namespace ?? '',
  isHosting: hosting !== undefined,
});

/** The reference by which an add-on owns what was made for it in the namespace of its cluster. */
export const addonOwner = ({ metadata }: Pick<ManagedClusterAddOn, 'metadata'>): OwnerReference => ({
  apiVersion: apiVersionOf(managedClusterAddOns),
  kind: managedClusterAddOns.kind,
  name: metadata.name,
  uid: metadata.uid ?? '',
  controller: true,
  blockOwnerDeletion: true,
});

/** Metadata of a work; one in the namespace of its add-on goes with it, another one is removed explicitly. */
const metadataOf = (
  { metadata, status }: ManagedClusterAddOn,
  name: string,
  hosting: string | undefined,
  isHook: boolean,
): ObjectMeta => {
  const cluster = metadata.namespace ?? '';
  const hashes = isHook ? undefined : workHashes(storedReferences(status?.configReferences));
  return {
    name,
    namespace: hosting ?? cluster,
    labels: {
      [label.addonName]: labelValue(metadata.name),
      ...(hosting !== undefined && { [label.namespaceOfAddon]: cluster }),
    },
    ...(hashes !== undefined && { annotations: { [annotation.configSpecHash]: hashes } }),
    // Where an add-on is deleted in the foreground, all that it owns goes before its hooks have run.
    ...(hosting === undefined &&
      !(isHook && isForeground({ metadata })) && { ownerReferences: [addonOwner({ metadata })] }),
  };
};

/**
 * The works that deploy an add-on on one of its clusters (addon.md 7.2).
 * @throws ManifestTooLarge when no work can hold a manifest
 */
export const buildWorks = ({
  addon,
  hosting,
  manifests,
  manifestConfigs,
  existing,
}: BuildInput): BuiltWorks => {
  const place = placeOf(addon, hosting);
  const packages = packManifests(
    existing.map(({ metadata, spec }): Package => ({
      name: metadata.name,
      manifests: (spec?.workload?.manifests ?? []) as UnknownObject[],
    })),
    manifests,
    (index) => deployWorkName(place, index),
  );
  const deleteOption = deleteOptionFor(manifests);
  const works = packages.map((each): ManifestWork => ({
    metadata: metadataOf(addon, each.name, hosting, false),
    spec: {
      workload: { manifests: each.manifests },
      ...(deleteOption && { deleteOption }),
      ...(manifestConfigs.length > 0 && { manifestConfigs: [...manifestConfigs] }),
    },
  }));
  const kept = new Set(packages.map(({ name }) => name));
  return { works, remove: existing.filter(({ metadata }) => !kept.has(metadata.name)) };
};

/** Of Jobs, the well-known status says only when they are complete. */
const jobFailed = { name: 'JobFailed', path: '.status.conditions[?(@.type=="Failed")].status' };

/** The work that runs the hooks of an add-on before it goes, and has reported how they end. */
export const buildHookWork = (
  addon: ManagedClusterAddOn,
  hosting: string | undefined,
  hooks: readonly UnknownObject[],
): ManifestWork => ({
  metadata: metadataOf(addon, hookWorkName(placeOf(addon, hosting)), hosting, true),
  spec: {
    workload: { manifests: [...hooks] },
    manifestConfigs: hooks.map(({ kind, metadata }): ManifestConfig => ({
      resourceIdentifier: {
        ...(kind === 'Job' ? { group: 'batch', resource: 'jobs' } : { group: '', resource: 'pods' }),
        namespace: metadata.namespace ?? '',
        name: metadata.name,
      },
      feedbackRules: [
        { type: 'WellKnownStatus' },
        ...(kind === 'Job' ? [{ type: 'JSONPaths' as const, jsonPaths: [jobFailed] }] : []),
      ],
    })),
  },
});
