import type {
  AppliedManifestWork,
  ManifestWork,
  ManifestWorkStatus,
  ResourceStatusManifest,
} from '../../api/generated/work.ts';
import { manifestWorks } from '../../api/generated/work.ts';
import { ApiError, isConflict } from '../../runtime/client/errors.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import { ensureAppliedWork } from './applied-work.ts';
import {
  type RecordIntents,
  type Step,
  applySteps,
  intentsOf,
  lookAtOthers,
  prepareSteps,
  retryAfter,
} from './apply-pass.ts';
import { type AgentContext, logOf } from './context.ts';
import { type Collected, collectStale, recordIntents } from './inventory/collect.ts';
import { optionsFor } from './manifest/options.ts';
import { type Known, keyOfMeta, refreshed, trackedOf } from './status-pass.ts';
import { withOutcomes } from './status/applied.ts';
import type { Observation } from './status/observe.ts';
import { fieldManager } from './strategy/strategy.ts';
import type { Taken, WorkState } from './work-state.ts';

type NextStatus = (status: ManifestWorkStatus) => Promise<ManifestWorkStatus>;

/** The two things that happen to a work that is not deleting: its manifests are applied, and its status is shown. */
export class WorkPasses {
  readonly #context: AgentContext;

  constructor(context: AgentContext) {
    this.#context = context;
  }

  /**
   * Applies all manifests, shows the outcome in the status and removes what is in no manifest any more (work.md 3.3).
   * Resolves to false when it has to wait for the end of an earlier AppliedManifestWork.
   */
  async apply(key: string, work: ManifestWork, state: WorkState, signal: AbortSignal): Promise<boolean> {
    const context = this.#context;
    const taken = state.begin(context.now().getTime());
    const began = performance.now();
    const release = context.watcher.hold(key);
    try {
      const steps = await prepareSteps(context, work, signal);
      const applied = await this.#appliedWork(work, steps, signal);
      if (applied === 'ending') return false;
      if (applied) {
        const record: RecordIntents = (intents) =>
          recordIntents(context, this.#current(applied), intents, signal);
        await applySteps(context, work, applied, steps, record, signal);
      }
      await lookAtOthers(context, steps, signal);
      this.#track(key, steps);
      const [shown, collected] = await Promise.allSettled([
        this.#showOutcome(work, state, taken, steps, signal),
        applied
          ? collectStale(context, work, this.#current(applied), steps, signal)
          : { pending: [], errors: [] },
      ]);
      if (shown.status === 'rejected') throw shown.reason;
      this.#finish(work, applied, state, steps, collected);
      context.metrics.passed(steps, performance.now() - began);
      if (taken.isRepair && steps.some(({ wasWritten }) => wasWritten)) {
        state.repaired(context.now().getTime());
        context.metrics.repaired();
        logOf(context, work).info('Repaired objects that somebody else changed');
      }
      return true;
    } catch (error) {
      state.failed(taken);
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
    const entries = work.status?.resourceStatus?.manifests ?? [];
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
      await this.#patch(work, (status) => refreshed(this.#context, work, status, known, signal), signal);
    } catch (error) {
      state.failed(taken);
      throw error;
    }
    if (isPollDue) state.polled(settings.statusSyncMs, this.#context.now().getTime());
  }

  /** A work is gone from the hub: so is all that is remembered of it. */
  forget(key: string): void {
    this.#release(this.#context.watcher.track(key, []));
  }

  /** The AppliedManifestWork to apply under; undefined when the managed cluster refuses one, which the steps then say. */
  async #appliedWork(
    work: ManifestWork,
    steps: readonly Step[],
    signal: AbortSignal,
  ): Promise<AppliedManifestWork | 'ending' | undefined> {
    try {
      return (await ensureAppliedWork(this.#context, work, intentsOf(steps), signal)) ?? 'ending';
    } catch (error) {
      const isRefusal = error instanceof ApiError && error.code < 500 && !isConflict(error);
      if (!isRefusal || steps.length === 0) throw error;
      for (const step of steps) step.error ??= error;
      return undefined;
    }
  }

  /** The object as the agent's own writes have left it. */
  #current(applied: AppliedManifestWork): AppliedManifestWork {
    return this.#context.latestAppliedWorks.get(applied.metadata.name) ?? applied;
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
    work: ManifestWork,
    state: WorkState,
    { isShown }: Taken,
    steps: readonly Step[],
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
        withOutcomes(status, steps, generation, this.#context.now()),
        known,
        signal,
      );
    const shown =
      steps.length === 0 && !work.status?.conditions ? work : await this.#patch(work, next, signal);
    state.polled(settings.statusSyncMs, this.#context.now().getTime());
    state.report(reported(work, shown.status?.resourceStatus?.manifests ?? []));
  }

  #finish(
    work: ManifestWork,
    applied: AppliedManifestWork | undefined,
    state: WorkState,
    steps: readonly Step[],
    collected: PromiseSettledResult<Collected>,
  ): void {
    const errors = collected.status === 'rejected' ? [collected.reason as unknown] : collected.value.errors;
    for (const error of errors)
      logOf(this.#context, work).warn('Cannot remove all objects that left a ManifestWork; trying again', {
        error,
      });
    const now = this.#context.now().getTime();
    state.finished(work, applied?.metadata.uid, errors.length ? 'backoff' : retryAfter(steps), now);
    state.awaitRemoval(collected.status === 'fulfilled' && collected.value.pending.length > 0, now);
  }

  /** Patches the status; once more on what somebody else has made of it in between. */
  async #patch(work: ManifestWork, next: NextStatus, signal: AbortSignal): Promise<ManifestWork> {
    const { hub, latestWorks } = this.#context;
    const options = { fieldManager, signal };
    const patch = async (observed: ManifestWork) =>
      latestWorks.wrote(
        await patchStatus(hub, manifestWorks, observed, await next(observed.status ?? {}), options),
      );
    try {
      return await patch(work);
    } catch (error) {
      if (!isConflict(error)) throw error;
      const fresh = await hub.get(manifestWorks, work.metadata.name, work.metadata.namespace, { signal });
      const isSame =
        fresh.metadata.uid === work.metadata.uid && fresh.metadata.generation === work.metadata.generation;
      if (!isSame) throw error;
      return patch(fresh);
    }
  }
}

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
