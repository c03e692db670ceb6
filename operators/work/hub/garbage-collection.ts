import { manifestWorkCondition } from '../../api/conditions.ts';
import { type ManifestWork, manifestWorks } from '../../api/generated/work.ts';
import { label } from '../../api/names.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { isConflict } from '../../runtime/client/errors.ts';
import { fromKey } from '../../runtime/client/object.ts';
import { findCondition } from '../../runtime/controller/conditions.ts';
import { type Controller, from } from '../../runtime/controller/controller.ts';

export interface GarbageCollectionDeps {
  hub: Client;
  works: Informer<ManifestWork>;
  /** Milliseconds since the epoch. */
  now: () => number;
}

/**
 * Milliseconds until a work is to be deleted because it is complete; undefined when it is to stay (work.md 7). Works of a
 * ManifestWorkReplicaSet stay: it would make them anew.
 */
export const timeToLive = ({ metadata, spec, status }: ManifestWork, now: number): number | undefined => {
  const ttl = spec?.deleteOption?.ttlSecondsAfterFinished;
  const complete = findCondition(status?.conditions, manifestWorkCondition.complete.type);
  const isReplica = metadata.labels?.[label.manifestWorkReplicaSet] !== undefined;
  if (metadata.deletionTimestamp || isReplica || ttl === undefined || complete?.status !== 'True')
    return undefined;
  if (ttl <= 0) return 0;
  return Math.max(Date.parse(complete.lastTransitionTime) + Number(ttl) * 1000 - now, 0);
};

/** Deletes works that have been complete for as long as they ask for. */
export const garbageCollectionController = ({ hub, works, now }: GarbageCollectionDeps): Controller => ({
  name: 'ManifestWorkGarbageCollectionController',
  watches: [from(works, ({ type, object }) => type !== 'deleted' && timeToLive(object, now()) !== undefined)],
  concurrency: 5,
  async reconcile(key, { signal, log }) {
    const name = fromKey(key);
    const work = works.get(name.name, name.namespace);
    const left = work && timeToLive(work, now());
    if (work === undefined || left === undefined) return;
    if (left > 0) return { requeueAfterMs: left };
    const { uid, resourceVersion } = work.metadata;
    try {
      if (await hub.delete(manifestWorks, name, { uid, resourceVersion, signal }))
        log.info('Deleted a complete ManifestWork', { ...name });
    } catch (error) {
      // It is no longer what was judged; what it has become brings it here again.
      if (isConflict(error)) return;
      throw new Error(`failed to delete completed ManifestWork ${key}: ${(error as Error).message}`, {
        cause: error,
      });
    }
  },
});

/** What the controller needs of a work: its manifests may be large, and there are many works on a hub. */
export const trimmedForCollection = (work: ManifestWork): ManifestWork => ({
  ...work,
  spec: { deleteOption: work.spec?.deleteOption },
  status: { conditions: work.status?.conditions },
});
