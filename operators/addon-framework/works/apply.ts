import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import { type ManifestWork, manifestWorks } from '../../api/generated/work.ts';
import { annotation } from '../../api/names.ts';
import { workSpecHash } from '../../fleet/work-spec-hash.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import { isAlreadyExists } from '../../runtime/client/errors.ts';
import { keyOf } from '../../runtime/client/object.ts';
import { removeKnown } from '../../runtime/controller/ensure.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import { type KeptWork, addonOfWork, isMadeFor } from './kept.ts';

const fieldManager = 'addon-manager';

const hashesIn = ({ metadata }: ManifestWork): string | undefined =>
  metadata.annotations?.[annotation.configSpecHash];

/** Metadata of a work that is there with what its add-on says; what others wrote on it stays. */
const brought = (have: ManifestWork, wanted: ManifestWork): ManifestWork['metadata'] => {
  const { [annotation.configSpecHash]: _, ...others } = have.metadata.annotations ?? {};
  return {
    ...have.metadata,
    labels: { ...have.metadata.labels, ...wanted.metadata.labels },
    annotations: { ...others, ...wanted.metadata.annotations },
    ...(wanted.metadata.ownerReferences && { ownerReferences: wanted.metadata.ownerReferences }),
  };
};

const isAsWanted = (have: KeptWork, wanted: ManifestWork): boolean =>
  have.hash === workSpecHash(wanted.spec) &&
  hashesIn(have) === hashesIn(wanted) &&
  semanticEqual(brought(have, wanted), have.metadata);

/**
 * Makes a work of an add-on as wanted, and returns it as it is then; a settled one costs no request. One that is being deleted
 * stays so: its end is a change that brings the add-on here again.
 * @throws when a work of this name is somebody else's
 */
export const applyWork = async (
  works: Informer<KeptWork>,
  addon: ManagedClusterAddOn,
  wanted: ManifestWork,
  known: KeptWork | undefined,
  signal: AbortSignal,
): Promise<ManifestWork> => {
  if (known && (known.metadata.deletionTimestamp || isAsWanted(known, wanted))) return known;
  const hub = works.client;
  if (!known) {
    try {
      return works.wrote(await hub.create(manifestWorks, wanted, { fieldManager, signal }));
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
  const { name, namespace } = wanted.metadata;
  const live = await hub.get(manifestWorks, name, namespace, { signal });
  if (live.metadata.deletionTimestamp) return live;
  if (addonOfWork(live) !== addonOfWork(wanted) || !isMadeFor(addon, live))
    throw new Error(`ManifestWork ${keyOf(live)} exists and is not of add-on ${keyOf(addon)}; rename it`);
  const next = { ...live, metadata: brought(live, wanted), spec: wanted.spec };
  return works.wrote(await hub.replace(manifestWorks, next, { fieldManager, signal }));
};

/** Removes works, unless they are going or others have taken their name. */
export const removeWorks = async (
  works: Informer<KeptWork>,
  gone: readonly KeptWork[],
  signal: AbortSignal,
): Promise<void> => {
  for (const work of gone) {
    if (!work.metadata.deletionTimestamp) await removeKnown(works, work, signal);
  }
};
