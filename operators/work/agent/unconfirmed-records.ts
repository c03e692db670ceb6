import { type AppliedManifestWork, type ManifestWork, manifestWorks } from '../../api/generated/work.ts';
import { fromKey } from '../../runtime/client/object.ts';
import type { AgentContext } from './context.ts';
import { removeAppliedWork } from './work-finalizer.ts';

/** How long a request may take that the API server serves, in milliseconds: its `--request-timeout`, by default. */
const requestMs = 60_000;

/**
 * The AppliedManifestWorks that this agent has made for works that may still go without a word.
 *
 * A work's finalizer does not keep it at once: the API server looks at finalizers before it deletes, not while, so that a
 * work goes all the same when its deletion was asked for before it had one, as long as that request lasts. Nobody else
 * would remove its record before the grace period is over (work.md 5.3). What vanishes later than that (with a hub that
 * was restored from a backup, say) is nothing to delete at once, nor is anything when the hub is seen to have been.
 */
export class UnconfirmedRecords {
  readonly #context: AgentContext;
  /** By work, the oldest first. */
  readonly #made = new Map<string, { record: AppliedManifestWork; atMs: number }>();

  constructor(context: AgentContext) {
    this.#context = context;
  }

  add(work: string, record: AppliedManifestWork): void {
    this.#confirmOld();
    this.#made.set(work, { record, atMs: performance.now() });
  }

  /** Has the record of a work deleted that the hub, asked anew, says is gone, or on its way out. */
  async withdraw(work: string, signal: AbortSignal): Promise<void> {
    this.#confirmOld();
    const made = this.#made.get(work);
    if (!made) return;
    const { name, namespace } = fromKey(work);
    const present = await this.#context.hub.find(manifestWorks, name, namespace, { signal });
    if (present && !isLeaving(present)) return;
    if (!present && (await this.#context.history.isSetBack(undefined, signal))) return;
    await removeAppliedWork(this.#context, made.record, signal);
    this.#made.delete(work);
  }

  #confirmOld(): void {
    const limit = performance.now() - requestMs;
    for (const [work, { atMs }] of this.#made) {
      if (atMs > limit) return;
      this.#made.delete(work);
    }
  }
}

const isLeaving = ({ metadata }: ManifestWork): boolean => metadata.deletionTimestamp !== undefined;
