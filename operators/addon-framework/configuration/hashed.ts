import type {
  ClusterManagementAddOnStatus,
  DesiredConfig,
  ManagedClusterAddOn,
  ManagedClusterAddOnConfigReference,
} from '../../api/generated/addon.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import {
  type ConfigResource,
  type DesiredReference,
  desiredConfigOf,
  referenceKey,
  referencesOf,
  resourceKey,
  storedReference,
} from './references.ts';
import { specHashOf } from './spec-hash.ts';

/** Hashes of configurations in the status of add-ons (addon.md 7.5). */

type Find = (reference: DesiredReference) => KubeObject | undefined;

interface Entry {
  group?: string;
  resource: string;
  desiredConfig?: DesiredConfig;
}

/** An entry with the hash of what it refers to; of what does not exist there is none. */
const hashed = <E extends Entry>(entry: E, find: Find): E => {
  const reference = storedReference(entry);
  if (!reference) return entry;
  const found = find(reference);
  return {
    ...entry,
    desiredConfig: desiredConfigOf({ ...reference, specHash: found ? specHashOf(found) : '' }),
  };
};

const isAmong = (supported: readonly ConfigResource[]) => {
  const keys = new Set(supported.map(resourceKey));
  return (entry: Entry): boolean => keys.has(resourceKey(entry));
};

/** The status of a ClusterManagementAddOn with the hashes of the configurations that its manager understands. */
export const withConfigHashes = (
  status: ClusterManagementAddOnStatus,
  supported: readonly ConfigResource[],
  find: Find,
): ClusterManagementAddOnStatus => {
  const isOurs = isAmong(supported);
  const all = <E extends Entry>(entries: E[]): E[] =>
    entries.map((entry) => (isOurs(entry) ? hashed(entry, find) : entry));
  const { defaultConfigReferences, installProgressions } = status;
  return {
    ...status,
    ...(defaultConfigReferences && { defaultConfigReferences: all(defaultConfigReferences) }),
    ...(installProgressions && {
      installProgressions: installProgressions.map((each) => ({
        ...each,
        ...(each.configReferences && { configReferences: all(each.configReferences) }),
      })),
    }),
  };
};

/**
 * The references of an add-on with the generation that each configuration has, and the hash of those that the add-on itself
 * names: all others have their hash from the ClusterManagementAddOn when the rollout brings it.
 */
export const observedReferences = (
  { spec, status }: ManagedClusterAddOn,
  supported: readonly ConfigResource[],
  find: Find,
): ManagedClusterAddOnConfigReference[] | undefined => {
  const isOurs = isAmong(supported);
  const own = new Set(referencesOf(spec?.configs).map(referenceKey));
  return status?.configReferences?.map((entry) => {
    const reference = isOurs(entry) ? storedReference(entry) : undefined;
    if (!reference) return entry;
    const generation = find(reference)?.metadata.generation;
    const withHash = own.has(referenceKey(reference)) ? hashed(entry, find) : entry;
    return { ...withHash, ...(generation !== undefined && { lastObservedGeneration: Number(generation) }) };
  });
};
