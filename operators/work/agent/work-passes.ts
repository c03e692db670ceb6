import type { AppliedManifestWork, ManifestWork, ResourceStatusManifest } from '../../api/generated/work.ts';
import { claim } from './claim.ts';
import {
  type RecordIntents,
  type Step,
  applySteps,
  lookAtOthers,
  prepareSteps,
  retryAfter,
} from './apply-pass.ts';
import { type AgentContext, logOf } from './context.ts';
import { heldOf } from './held.ts';
import { collectStale, recordIntents, staleIn } from './inventory/collect.ts';
import { setHeld } from './inventory/record.ts';
import type { Removal } from './inventory/remove.ts';
import { optionsFor } from './manifest/options.ts';
import { noteRepeats, obstaclesOf } from './status/notes.ts';
import { type Known, keyOfMeta, refreshed, trackedOf } from './status-pass.ts';
import { withOutcomes } from './status/applied.ts';
import type { Observation } from './status/observe.ts';
import { type NextStatus, StatusWriter } from './status/writer.ts';
import { UnconfirmedRecords } from './unconfirmed-records.ts';
import type { Taken, WorkState } from './work-state.ts';

/** The two things that happen to a work that is not deleting: its manifests are applied, and its status is shown. */
export class WorkPasses {
  readonly #context: AgentContext;
  readonly #status: StatusWriter;
  readonly #unconfirmed: UnconfirmedRecords;

  constructor(context: AgentContext) {
    this.#context = context;
    this.#status = new StatusWriter(context);
    this.#unconfirmed = new UnconfirmedRecords(context);
  }

  /**
   * Applies all manifests, shows the outcome in the status and removes what is in no manifest any more (work.md 3.3).
   * Resolves to false when it has to wait for the end of an earlier AppliedManifestWork.
   */
  async apply(key: string, observed: ManifestWork, state: WorkState, signal: AbortSignal): Promise<boolean> {
    const context = this.#context;
    const taken = state.begin(context.now().getTime());
    const began = performance.now();
    let isApplied = false;
    const release = context.watcher.hold(key);
    try {
      const known = this.#status.whole(key, observed);
      const steps = await prepareSteps(context, known, signal);
      const { work, applied } = await claim(context, observed, steps, this.#unconfirmed, signal);
      if (applied === 'ending') return false;
      if (applied) {
        const record: RecordIntents = (intents) =>
          recordIntents(context, this.#current(applied), intents, signal);
        context.watcher.announce(
          key,
          steps.flatMap(({ meta, isWritten }) => (isWritten ? (trackedOf(meta) ?? []) : [])),
        );
        await applySteps(context, work, applied, steps, record, signal);
      }
      await lookAtOthers(context, steps, signal);
      this.#track(key, steps);
      const stale = applied ? staleIn(work, this.#current(applied), steps) : [];
      const collecting = settled(
        applied
          ? collectStale(context, work, this.#current(applied), steps, stale, signal)
          : nothingToCollect,
      );
      // Usually nothing has left the work, and its status need not wait to hear of it.
      const left = stale.length ? obstaclesOf(await collecting, state.removalRounds) : undefined;
      const notes = [...(left ? [left] : []), ...noteRepeats(steps, applied, known)];
      const [shown, collected] = await Promise.all([
        settled(this.#showOutcome(key, work, state, taken, { steps, notes }, signal)),
        collecting,
      ]);
      signal.throwIfAborted();
      this.#finish(work, applied, state, steps, collected);
      if (applied) await this.#useUpConfirmation(this.#current(applied), collected, signal);
      // The outcome is remembered: what could not be shown is shown later, not applied again.
      isApplied = true;
      if (shown.status === 'rejected') throw shown.reason;
      context.metrics.passed(steps, performance.now() - began);
      if (taken.isRepair && steps.some(({ wasWritten }) => wasWritten)) {
        state.repaired(context.now().getTime());
        context.metrics.repaired();
        logOf(context, work).info('Repaired objects that somebody else changed');
      }
      return true;
    } catch (error) {
      state.failed(isApplied ? { ...taken, isRepair: false } : taken);
      throw error;
    } finally {
      release();
    }
  }

  /** Brings availability, feedback and rule conditions up to date without applying anything (work.md 4). */
  async show(key: string, work: ManifestWork, state: WorkState, signal: AbortSignal): Promise<void> {
    const { watcher, settings } = this.#context;
    const now = this.#context.now().getTime();
    const isPollDue = state.isPollDue(now);
    const taken = state.beginLook(now);
    const entries = this.#status.whole(key, work).status?.resourceStatus?.manifests ?? [];
    this.#release(
      watcher.track(
        key,
        entries.flatMap(({ resourceMeta }) => trackedOf(resourceMeta) ?? []),
      ),
    );
    state.report(reported(work, entries));
    const known: Known = ({ resourceMeta }) => {
      const object = keyOfMeta(resourceMeta);
      if (object === undefined) return { state: 'incomplete' };
      const isUnwatched = isPollDue && !watcher.isWatched(object);
      return isUnwatched || taken.news.has(object) ? 'look' : { state: 'unchanged' };
    };
    try {
      const next: NextStatus = (status) => refreshed(this.#context, work, status, known, signal);
      await this.#status.write(key, work, next, signal);
    } catch (error) {
      state.failed(taken);
      throw error;
    }
    if (isPollDue) state.polled(settings.statusSyncMs, this.#context.now().getTime());
  }

  /** Whether the status of a work is known and could not be written yet. */
  owes(key: string): boolean {
    return this.#status.owes(key);
  }

  /** A work is gone from the hub, or goes without having been claimed: so does a record that it got in that moment. */
  withdraw(key: string, signal: AbortSignal): Promise<void> {
    return this.#unconfirmed.withdraw(key, signal);
  }

  /** A work is gone from the hub: so is all that is remembered of it. */
  forget(key: string): void {
    this.#status.forget(key);
    this.#release(this.#context.watcher.track(key, []));
  }

  /** The object as the agent's own writes have left it. */
  #current(applied: AppliedManifestWork): AppliedManifestWork {
    return this.#context.appliedWorks.get(applied.metadata.name) ?? applied;
  }

  #track(key: string, steps: readonly Step[]): void {
    const { watcher } = this.#context;
    this.#release(
      watcher.track(
        key,
        steps.flatMap(({ meta }) => trackedOf(meta) ?? []),
      ),
    );
    for (const { meta, found, unread } of steps) {
      const object = keyOfMeta(meta);
      if (object !== undefined && !unread) watcher.observed(object, found);
    }
  }

  #release(keys: readonly string[]): void {
    for (const key of keys) this.#context.settled.forget(key);
  }

  async #showOutcome(
    key: string,
    work: ManifestWork,
    state: WorkState,
    { isShown }: Taken,
    { steps, notes }: { steps: readonly Step[]; notes: readonly string[] },
    signal: AbortSignal,
  ): Promise<void> {
    const generation = work.metadata.generation ?? 0;
    const { settings } = this.#context;
    const known: Known = ({ resourceMeta }) =>
      isShown ? observationOf(steps[resourceMeta.ordinal]!) : { state: 'unchanged' };
    const next: NextStatus = (status) =>
      refreshed(
        this.#context,
        work,
        withOutcomes(status, steps, { generation, notes, now: this.#context.now() }),
        known,
        signal,
      );
    const shown =
      steps.length === 0 && !work.status?.conditions
        ? work
        : await this.#status.write(key, work, next, signal);
    state.polled(settings.statusSyncMs, this.#context.now().getTime());
    state.report(reported(work, shown.status?.resourceStatus?.manifests ?? []));
  }

  /** A confirmation is for what was held when it was given, and not for what a later restore may hold. */
  async #useUpConfirmation(
    applied: AppliedManifestWork,
    collected: PromiseSettledResult<Removal>,
    signal: AbortSignal,
  ): Promise<void> {
    if (heldOf(applied) !== 'confirmed') return;
    if (collected.status === 'rejected' || collected.value.pending.length > 0) return;
    await setHeld(this.#context, applied, undefined, signal);
  }

  #finish(
    work: ManifestWork,
    applied: AppliedManifestWork | undefined,
    state: WorkState,
    steps: readonly Step[],
    collected: PromiseSettledResult<Removal>,
  ): void {
    const obstacles = obstaclesOf(collected, state.removalRounds);
    if (obstacles) logOf(this.#context, work).warn(obstacles);
    const now = this.#context.now().getTime();
    const isRecorded = collected.status === 'fulfilled';
    state.finished(work, applied?.metadata.uid, isRecorded ? retryAfter(steps) : 'backoff', now);
    state.awaitRemoval(isRecorded && collected.value.pending.length > 0, now);
  }
}

const nothingToCollect: Promise<Removal> = Promise.resolve({ pending: [], obstacles: [] });

const settled = async <T>(promise: Promise<T>): Promise<PromiseSettledResult<T>> =>
  (await Promise.allSettled([promise]))[0];

/** The objects of which the status shows what their controllers write, by rules for feedback or conditions. */
const reported = (work: ManifestWork, entries: readonly ResourceStatusManifest[]): ReadonlySet<string> =>
  new Set(
    entries.flatMap(({ resourceMeta }) => {
      const { feedbackRules, conditionRules } = optionsFor(work.spec?.manifestConfigs, resourceMeta);
      return feedbackRules || conditionRules ? (keyOfMeta(resourceMeta) ?? []) : [];
    }),
  );

const observationOf = ({ meta, found, unread }: Step): Observation => {
  if (found) return { state: 'found', object: found };
  if (unread) return { state: 'failed', error: unread };
  return keyOfMeta(meta) === undefined ? { state: 'incomplete' } : { state: 'missing' };
};
