import { type ManifestWork, type ManifestWorkStatus, manifestWorks } from '../../../api/generated/work.ts';
import { ApiError, isConflict } from '../../../runtime/client/errors.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';
import { jsonSize } from '../../../fleet/manifest-size.ts';
import type { AgentContext } from '../context.ts';
import { fitted } from './fit.ts';
import { fieldManager } from '../strategy/strategy.ts';

export type NextStatus = (status: ManifestWorkStatus) => Promise<ManifestWorkStatus>;

/** Most bytes that etcd takes in one request unless told otherwise. */
const storedBytes = 1.5 * 1024 * 1024;
/** Bytes for what the API server adds to an object, and for what goes round it in the request to its store. */
const reservedBytes = 64 * 1024;
/** A status of fewer bytes is written as it is: any work that admission lets in has room for it. */
const alwaysFits = 64 * 1024;
/** A server that takes less is tried with halves of it, down to this. */
const leastBytes = 96 * 1024;

/** What the hub does not know, or does not know wholly. */
interface Memory {
  uid?: string;
  status: ManifestWorkStatus;
  /** The last write failed, so that nothing of this is shown yet. */
  isOwed: boolean;
}

const isTooLarge = (error: unknown): boolean =>
  error instanceof ApiError && (error.code === 413 || /too large|larger than max/.test(error.message));

/**
 * Writes the status of works, shortened where the hub could not store the whole (docs/decisions/018). Remembers the whole
 * then, and what could not be written, so that no manifest has to be applied again to tell its outcome.
 */
export class StatusWriter {
  readonly #context: Pick<AgentContext, 'hub' | 'works'>;
  readonly #memories = new Map<string, Memory>();
  readonly #limits = new Map<string, number>();

  constructor(context: Pick<AgentContext, 'hub' | 'works'>) {
    this.#context = context;
  }

  /** The work with its whole status, of which the hub may have a part. */
  whole(key: string, work: ManifestWork): ManifestWork {
    const memory = this.#memories.get(key);
    if (!memory || memory.uid !== work.metadata.uid) return work;
    const { status, isOwed } = memory;
    const conditions = isOwed ? united(work.status, status) : work.status?.conditions;
    return { ...work, status: { ...work.status, conditions, resourceStatus: status.resourceStatus } };
  }

  /** Whether the status of a work is known and not written. */
  owes(key: string): boolean {
    return this.#memories.get(key)?.isOwed ?? false;
  }

  forget(key: string): void {
    this.#memories.delete(key);
    this.#limits.delete(key);
  }

  /**
   * Brings the status to what `next` makes of the present one; once more on what somebody else has made of it in between.
   * Resolves to the work with its whole status. When it rejects, {@link whole} knows what was to be written.
   */
  async write(key: string, work: ManifestWork, next: NextStatus, signal: AbortSignal): Promise<ManifestWork> {
    const { hub, works } = this.#context;
    let observed = work;
    let hasMetConflict = false;
    for (;;) {
      const status = await next(this.whole(key, observed).status ?? {});
      try {
        const shown = this.#shown(key, observed, status);
        this.#memories.set(key, { uid: observed.metadata.uid, status, isOwed: true });
        const options = { fieldManager, signal };
        const written = works.wrote(await patchStatus(hub, manifestWorks, observed, shown, options));
        if (shown === status) this.#memories.delete(key);
        else this.#memories.set(key, { uid: observed.metadata.uid, status, isOwed: false });
        return this.whole(key, written);
      } catch (error) {
        if (isTooLarge(error) && this.#tighten(key)) continue;
        if (!isConflict(error) || hasMetConflict) throw error;
        hasMetConflict = true;
        observed = await hub.get(manifestWorks, work.metadata.name, work.metadata.namespace, { signal });
        const isSame =
          observed.metadata.uid === work.metadata.uid &&
          observed.metadata.generation === work.metadata.generation;
        if (!isSame) throw error;
      }
    }
  }

  #shown(key: string, work: ManifestWork, status: ManifestWorkStatus): ManifestWorkStatus {
    const limit = this.#limits.get(key) ?? storedBytes;
    if (limit === storedBytes && jsonSize(status) <= alwaysFits) return status;
    return fitted(status, limit - reservedBytes - sizeBeside(work));
  }

  /** The hub stores less than was thought. False when there is nothing more to leave out. */
  #tighten(key: string): boolean {
    const limit = this.#limits.get(key) ?? storedBytes;
    if (limit <= leastBytes) return false;
    this.#limits.set(key, limit / 2);
    return true;
  }
}

/**
 * Bytes of a work beside its status. Without what changes with each write, or is in answers and not in caches: the same
 * status must be shortened in the same way each time, or each look would write.
 */
const sizeBeside = ({ spec, metadata }: ManifestWork): number =>
  jsonSize({ spec, metadata: { ...metadata, managedFields: undefined, resourceVersion: undefined } });

const united = (
  shown: ManifestWorkStatus | undefined,
  owed: ManifestWorkStatus,
): ManifestWorkStatus['conditions'] => {
  const types = new Set(owed.conditions?.map(({ type }) => type));
  return [...(owed.conditions ?? []), ...(shown?.conditions ?? []).filter(({ type }) => !types.has(type))];
};
