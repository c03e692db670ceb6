import { semanticEqual } from '../../runtime/controller/equality.ts';
import type { ManifestWork } from '../../api/generated/work.ts';
import { executorRetryMs } from './executor/executor.ts';
import type { Retry } from './apply-pass.ts';
import type { Sign } from './watch/object-watcher.ts';

/** Milliseconds between passes over a work that nothing happens to: a safety net below the watches (work.md 3.3, 8). */
const resyncMs = 4 * 60_000;
const resyncJitter = 0.5;
const statusJitter = 0.9;
/** Back-off after a failed pass, in milliseconds; its limit bounds how long a work waits once its obstacle is gone. */
const firstRetryMs = 50;
const maxRetryMs = 30_000;
/** Back-off between repairs of objects that somebody else keeps changing, in milliseconds. */
const firstRepairWaitMs = 1_000;
const maxRepairWaitMs = 5 * 60_000;
/** Waits for objects that left a work to be gone, in milliseconds. */
const firstRemovalWaitMs = 50;
const maxRemovalWaitMs = 60_000;
/** Milliseconds of peace after which a repair is again made at once. */
const repairMemoryMs = 10 * 60_000;

/** What the agent remembers of one work between reconciles; all of it can be lost without harm. */
export class WorkState {
  readonly uid: string;
  /** Objects that were made, deleted or edited, which the status does not show yet. */
  readonly #drifted = new Set<string>();
  /** Objects whose controller wrote, which the status does not show yet. */
  readonly #changed = new Set<string>();
  /** Objects whose feedback or rules are to be shown at once. */
  #urgent: ReadonlySet<string> = new Set();
  #applied?: Pick<ManifestWork['metadata'], 'generation' | 'labels'> & { owner?: string };
  #nextApply = 0;
  #nextStatus = 0;
  #failures = 0;
  #repairs = 0;
  #removalRounds = 0;
  #lastRepair = -Infinity;
  #hasDrifted = false;
  #isStatusDue = false;

  constructor(uid: string) {
    this.uid = uid;
  }

  /** Hears of a change on the managed cluster. Returns whether it asks for a reconcile at once. */
  heard(key: string, sign: Sign): boolean {
    if (sign === 'drift') {
      this.#drifted.add(key);
      this.#hasDrifted = true;
    } else this.#changed.add(key);
    const isUrgent = sign === 'drift' || this.#urgent.has(key);
    this.#isStatusDue ||= isUrgent;
    return isUrgent;
  }

  /** Names the objects whose every change is to be shown at once. */
  watchClosely(keys: ReadonlySet<string>): void {
    this.#urgent = keys;
  }

  /** Whether something was heard of an object that the status does not show yet. */
  hasNews(key: string, { isPollDue, hasRules }: { isPollDue: boolean; hasRules: boolean }): boolean {
    if (this.#drifted.has(key)) return true;
    return hasRules && this.#changed.has(key) && (isPollDue || this.#urgent.has(key));
  }

  /** The status shows what was heard of an object so far. */
  seen(key: string): void {
    this.#drifted.delete(key);
    this.#changed.delete(key);
  }

  /** Whether the manifests are to be applied now. `owner` is the uid of the present AppliedManifestWork. */
  isApplyDue(work: ManifestWork, owner: string | undefined, now: number): boolean {
    return !this.#isApplied(work, owner) || now >= this.#nextApplyAt();
  }

  #isApplied({ metadata }: ManifestWork, owner: string | undefined): boolean {
    const applied = this.#applied;
    return (
      applied !== undefined &&
      applied.generation === metadata.generation &&
      applied.owner === owner &&
      semanticEqual(applied.labels, metadata.labels)
    );
  }

  #nextApplyAt(): number {
    if (!this.#hasDrifted) return this.#nextApply;
    const wait =
      this.#repairs === 0 ? 0 : Math.min(firstRepairWaitMs * 2 ** (this.#repairs - 1), maxRepairWaitMs);
    return Math.min(this.#nextApply, this.#lastRepair + wait);
  }

  /** A pass begins: what has been heard so far is dealt with by it. */
  begin(): { isRepair: boolean } {
    const isRepair = this.#hasDrifted;
    this.#hasDrifted = false;
    this.#drifted.clear();
    this.#changed.clear();
    return { isRepair };
  }

  /** A pass had to undo what somebody else did. */
  repaired(now: number): void {
    this.#repairs = now - this.#lastRepair > repairMemoryMs ? 1 : this.#repairs + 1;
    this.#lastRepair = now;
  }

  /** A pass has ended, and its outcome is in the work's status. */
  finished({ metadata }: ManifestWork, owner: string | undefined, retry: Retry, now: number): void {
    const isNew = this.#applied?.generation !== metadata.generation;
    this.#applied = { generation: metadata.generation, labels: metadata.labels, owner };
    const resync = resyncMs * (1 + Math.random() * resyncJitter);
    if (retry === 'backoff') {
      this.#failures = isNew ? 1 : this.#failures + 1;
      this.#nextApply = now + Math.min(firstRetryMs * 2 ** (this.#failures - 1), maxRetryMs);
      return;
    }
    this.#failures = 0;
    this.#nextApply = now + (retry === 'executor' ? Math.min(resync, executorRetryMs) : resync);
  }

  /** What the executor may do is to be asked again. */
  permissionsChanged(): void {
    this.#nextApply = 0;
  }

  /** Objects that left the work are (not) still there: another pass soon, with growing delay (work.md 3.3.3, 6). */
  awaitRemoval(isPending: boolean, now: number): void {
    this.#removalRounds = isPending ? this.#removalRounds + 1 : 0;
    if (!isPending) return;
    const wait = Math.min(firstRemovalWaitMs * 2 ** (this.#removalRounds - 1), maxRemovalWaitMs);
    this.#nextApply = Math.min(this.#nextApply, now + wait);
  }

  isStatusDue(now: number): boolean {
    return this.#isStatusDue || now >= this.#nextStatus;
  }

  /** Whether the usual time for a look at everything that is not watched has come. */
  isPollDue(now: number): boolean {
    return now >= this.#nextStatus;
  }

  polled(intervalMs: number, now: number): void {
    this.#nextStatus = now + intervalMs * (1 + Math.random() * statusJitter);
  }

  shown(): void {
    this.#isStatusDue = false;
  }

  /** Milliseconds until something is due. */
  waitMs(now: number, isFrozen: boolean): number {
    const next = isFrozen ? this.#nextStatus : Math.min(this.#nextApplyAt(), this.#nextStatus);
    return Math.max(next - now, 1);
  }
}
