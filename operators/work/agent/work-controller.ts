import { manifestWorkCondition } from '../../api/conditions.ts';
import type { AppliedManifestWork, ManifestWork } from '../../api/generated/work.ts';
import { finalizer } from '../../api/names.ts';
import type { Change } from '../../runtime/cache/informer.ts';
import { fromKey, keyOf } from '../../runtime/client/object.ts';
import { findCondition, isTrue } from '../../runtime/controller/conditions.ts';
import { type Controller, type Result, from, mapped, source } from '../../runtime/controller/controller.ts';
import { hasFinalizer } from '../../runtime/controller/finalizers.ts';
import { withFinalizer } from './claim.ts';
import { type AgentContext, appliedWorkName } from './context.ts';
import { heldOf } from './held.ts';
import type { Sign } from './watch/object-watcher.ts';
import { finalizeWork } from './work-finalizer.ts';
import { WorkPasses } from './work-passes.ts';
import { WorkState } from './work-state.ts';

/** Milliseconds after which a deletion under way is looked at again, should no event tell that it is over. */
const deletionCheckMs = 10_000;
/** Milliseconds to wait for an AppliedManifestWork that is being deleted; its end is also an event. */
const successorWaitMs = 1_000;

/** What the controller hears of beside works and AppliedManifestWorks. Each returns the way to stop listening. */
export interface WorkSources {
  /** The watches of applied objects. */
  objects: (listener: (work: string, key: string, sign: Sign) => void) => () => void;
  /** Changes of roles and bindings on the managed cluster, when they are watched. */
  permissions: (listener: () => void) => () => void;
}

/** Milliseconds after a change of permissions until executors are asked about again: such changes come in bursts. */
const permissionDelayMs = 500;

/**
 * Applies the manifests of each work to the managed cluster and reports what became of them; on deletion takes them away
 * again (work.md 3, 4 and 5.1). One key is one work: its finalizer, its objects and its status are never worked on twice
 * at once.
 */
export const workController = (context: AgentContext, sources: WorkSources): Controller => {
  const states = new Map<string, WorkState>();
  const passes = new WorkPasses(context);

  const stateOf = (key: string, uid = ''): WorkState => {
    const known = states.get(key);
    if (known?.uid === uid) return known;
    const state = new WorkState(uid);
    states.set(key, state);
    return state;
  };

  const latestOf = (work: ManifestWork): ManifestWork =>
    context.works.get(work.metadata.name, work.metadata.namespace) ?? work;

  const forget = async (key: string, signal: AbortSignal): Promise<void> => {
    await passes.withdraw(key, signal);
    states.delete(key);
    passes.forget(key);
  };

  const finalize = async (
    key: string,
    work: ManifestWork,
    state: WorkState,
    signal: AbortSignal,
  ): Promise<Result> => {
    if (!hasFinalizer(work, finalizer.manifestWork)) {
      await passes.withdraw(key, signal);
      return;
    }
    const step = await finalizeWork(context, work, signal);
    if (step === 'released') return;
    if (step === 'waiting' && state.isPollDue(context.now().getTime()))
      await passes.show(key, latestOf(work), state, signal);
    return { requeueAfterMs: deletionCheckMs };
  };

  return {
    name: 'manifestwork-controller',
    watches: [
      from(context.works),
      mapped(context.appliedWorks, (applied, change) => {
        const key = workOf(context, applied);
        if (key !== undefined && isConfirmed(change)) {
          states.get(key)?.applyAnew();
          return key;
        }
        return isEnding(change) ? key : undefined;
      }),
      source('removals', (enqueue) =>
        context.removals.onNews((appliedWork) => {
          const name = context.appliedWorks.get(appliedWork)?.spec?.manifestWorkName;
          if (name) enqueue(keyOf({ name, namespace: context.settings.clusterName }));
        }),
      ),
      source('objects', (enqueue) =>
        sources.objects((work, key, sign) => {
          const state = states.get(work);
          if (state?.heard(key, sign)) enqueue(work, state.waitMs(context.now().getTime(), false));
        }),
      ),
      source('permissions', (enqueue) =>
        sources.permissions(() => {
          for (const work of context.works.list()) {
            if (!work.spec?.executor) continue;
            states.get(keyOf(work))?.applyAnew();
            enqueue(keyOf(work), permissionDelayMs);
          }
        }),
      ),
    ],
    concurrency: context.settings.workers,
    async reconcile(key, { signal }) {
      const { name, namespace } = fromKey(key);
      const work = context.works.get(name, namespace);
      if (!work) return forget(key, signal);
      const state = stateOf(key, work.metadata.uid);
      if (work.metadata.deletionTimestamp) return finalize(key, work, state, signal);

      const now = context.now().getTime();
      const isFrozen = isTrue(work.status?.conditions, manifestWorkCondition.complete.type);
      const isOwed = passes.owes(key);
      const applied = context.appliedWorks.get(appliedWorkName(context.settings, name));
      if (!isFrozen && state.isApplyDue(work, applied?.metadata.uid, now)) {
        if (!(await passes.apply(key, work, state, signal))) return { requeueAfterMs: successorWaitMs };
        return { requeueAfterMs: state.waitMs(context.now().getTime(), isFrozen) };
      }
      const finalized = await withFinalizer(context, work, signal);
      if (isOwed || state.isStatusDue(now)) {
        if (isOwed || wasApplied(finalized)) await passes.show(key, finalized, state, signal);
        else state.leaveOut(context.settings.statusSyncMs, now);
      }
      return { requeueAfterMs: state.waitMs(context.now().getTime(), isFrozen) };
    },
  };
};

const wasApplied = (work: ManifestWork): boolean =>
  findCondition(work.status?.conditions, manifestWorkCondition.applied.type) !== undefined;

/** The key of the work behind an AppliedManifestWork of the present hub. */
const workOf = ({ settings }: AgentContext, { metadata, spec }: AppliedManifestWork): string | undefined => {
  const name = spec?.manifestWorkName;
  if (!name || metadata.name !== appliedWorkName(settings, name)) return undefined;
  return `${settings.clusterName}/${name}`;
};

const isEnding = ({ type, object }: Change<AppliedManifestWork>): boolean =>
  type === 'deleted' || object.metadata.deletionTimestamp !== undefined;

const isConfirmed = (change: Change<AppliedManifestWork>): boolean =>
  change.type === 'updated' &&
  heldOf(change.object) === 'confirmed' &&
  heldOf(change.previous) !== 'confirmed';
