import { semanticEqual } from '../../runtime/controller/equality.ts';
import type { ManifestWork } from '../../api/generated/work.ts';
import { executorRetryMs } from './executor/executor.ts';
import type { Retry } from './apply-pass.ts';
import { Pace } from './watch/pace.ts';
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
/** How often objects that keep changing make the agent look at them, and write the status of their work. */
const changeLimits = { burst: 5, firstPauseMs: 200, steadyMs: 5_000 };

/** What a pass has taken up, and what is still to be done should it fail. */
export interface Taken {
  /** Objects of which something was heard that the status does not show yet. */
  news: ReadonlySet<string>;
  /** Whether some of them were made, deleted or edited behind the agent's back. */
  isRepair: boolean;
  /** Whether the status may show what became of the objects; else a look does so at its time. */
  isShown: boolean;
}

/** What the agent remembers of one work between reconciles; all of it can be lost without harm. */
export class WorkState {
  readonly uid: string;
  /** Objects of which something was heard that the status does not show yet. */
  readonly #news = new Set<string>();
  /** Objects of which the status shows more than that they are there. */
  #reported: ReadonlySet<string> = new Set();
  readonly #passes = new Pace(changeLimits);
  readonly #looks = new Pace(changeLimits);
  #applied?: Pick<ManifestWork['metadata'], 'generation' | 'labels'> & { owner?: string };
  #nextApply = 0;
  #nextStatus = 0;
  #failures = 0;
  #repairs = 0;
  #removalRounds = 0;
  #lastRepair = -Infinity;
  #hasDrifted = false;

  constructor(uid: string) {
    this.uid = uid;
  }

  /** Hears of a change on the managed cluster. Returns whether it is to be answered, in {@link waitMs}. */
  heard(key: string, sign: Sign): boolean {
    if (sign === 'drift') this.#hasDrifted = true;
    else if (!this.#reported.has(key)) return false;
    this.#news.add(key);
    return true;
  }

  /** Names the objects whose status is reported by rules, so that what their controllers write matters. */
  report(keys: ReadonlySet<string>): void {
    this.#reported = keys;
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
    return Math.min(this.#nextApply, Math.max(this.#lastRepair + wait, this.#passes.nextAt));
  }

  /**
   * A pass over the manifests begins: what has been heard so far is dealt with by it. A repair does not wait for the pace at
   * which the status is written, nor quicken it.
   */
  begin(now: number): Taken {
    const isRepair = this.#hasDrifted;
    this.#hasDrifted = false;
    if (!isRepair) return { news: this.#takeNews(now), isRepair, isShown: true };
    this.#passes.took(now);
    const isShown = now >= this.#looks.nextAt;
    return { news: isShown ? this.#takeNews(now) : new Set(), isRepair, isShown };
  }

  /** A look at the objects begins, without applying any: what is heard from now on asks for another. */
  beginLook(now: number): Taken {
    return { news: this.#takeNews(now), isRepair: false, isShown: true };
  }

  #takeNews(now: number): ReadonlySet<string> {
    const news = new Set(this.#news);
    if (news.size) this.#looks.took(now);
    this.#news.clear();
    return news;
  }

  /** What was taken up was not brought to an end: it is as due as it was, at the pace of changes. */
  failed({ news, isRepair }: Taken): void {
    for (const key of news) this.#news.add(key);
    this.#hasDrifted ||= isRepair;
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

  /** The manifests are to be applied again though the work is as it was: permissions changed, or somebody confirmed. */
  applyAnew(): void {
    this.#nextApply = 0;
  }

  /** Objects that left the work are (not) still there: another pass soon, with growing delay (work.md 3.3.3, 6). */
  awaitRemoval(isPending: boolean, now: number): void {
    this.#removalRounds = isPending ? this.#removalRounds + 1 : 0;
    if (!isPending) return;
    const wait = Math.min(firstRemovalWaitMs * 2 ** (this.#removalRounds - 1), maxRemovalWaitMs);
    this.#nextApply = Math.min(this.#nextApply, now + wait);
  }

  /** Passes in a row after which objects that left the work were still there. */
  get removalRounds(): number {
    return this.#removalRounds;
  }

  isStatusDue(now: number): boolean {
    return this.isPollDue(now) || now >= this.#newsAt();
  }

  #newsAt(): number {
    return this.#news.size ? this.#looks.nextAt : Infinity;
  }

  /** Whether the usual time for a look at everything that is not watched has come. */
  isPollDue(now: number): boolean {
    return now >= this.#nextStatus;
  }

  polled(intervalMs: number, now: number): void {
    this.#nextStatus = now + intervalMs * (1 + Math.random() * statusJitter);
  }

  /** There is no status that a look could bring up to date: as if it had been made. */
  leaveOut(intervalMs: number, now: number): void {
    this.#takeNews(now);
    if (this.isPollDue(now)) this.polled(intervalMs, now);
  }

  /** Milliseconds until something is due. */
  waitMs(now: number, isFrozen: boolean): number {
    const status = Math.min(this.#newsAt(), this.#nextStatus);
    const next = isFrozen ? status : Math.min(this.#nextApplyAt(), status);
    return Math.max(next - now, 1);
  }
}
