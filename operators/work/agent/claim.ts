import { type AppliedManifestWork, type ManifestWork, manifestWorks } from '../../api/generated/work.ts';
import { finalizer } from '../../api/names.ts';
import { ApiError, isConflict } from '../../runtime/client/errors.ts';
import { keyOf } from '../../runtime/client/object.ts';
import { addFinalizer } from '../../runtime/controller/finalizers.ts';
import { ensureAppliedWork } from './applied-work.ts';
import { type Step, intentsOf } from './apply-pass.ts';
import { type AgentContext, appliedWorkName } from './context.ts';
import { fieldManager } from './strategy/strategy.ts';
import type { UnconfirmedRecords } from './unconfirmed-records.ts';

/** A work with its finalizer, and the AppliedManifestWork to apply it under. */
export interface Claim {
  work: ManifestWork;
  /** `ending`: an earlier one is still there; undefined: the managed cluster refuses one, which the steps then say. */
  applied: AppliedManifestWork | 'ending' | undefined;
}

/** The work with its finalizer, so that it cannot go before what is made of it. */
export const withFinalizer = async (
  { hub, works }: AgentContext,
  work: ManifestWork,
  signal: AbortSignal,
): Promise<ManifestWork> => {
  const options = { fieldManager, signal };
  return works.wrote(await addFinalizer(hub, manifestWorks, work, finalizer.manifestWork, options));
};

/**
 * What must be there before any object is made: the work's finalizer on the hub, and its record on the managed cluster
 * (work.md 3.2, 3.3). They are on two clusters, and neither waits for the other.
 */
export const claim = async (
  context: AgentContext,
  observed: ManifestWork,
  steps: readonly Step[],
  unconfirmed: UnconfirmedRecords,
  signal: AbortSignal,
): Promise<Claim> => {
  const name = appliedWorkName(context.settings, observed.metadata.name);
  const isNew = !context.appliedWorks.get(name);
  const [work, applied] = await Promise.allSettled([
    withFinalizer(context, observed, signal),
    recordOf(context, observed, steps, signal),
  ]);
  const record = applied.status === 'fulfilled' ? applied.value : undefined;
  if (isNew && record && record !== 'ending') unconfirmed.add(keyOf(observed), record);
  if (work.status === 'rejected') throw work.reason;
  if (applied.status === 'rejected') throw applied.reason;
  return { work: work.value, applied: applied.value };
};

const recordOf = async (
  context: AgentContext,
  work: ManifestWork,
  steps: readonly Step[],
  signal: AbortSignal,
): Promise<Claim['applied']> => {
  try {
    return (await ensureAppliedWork(context, work, intentsOf(steps), signal)) ?? 'ending';
  } catch (error) {
    const isRefusal = error instanceof ApiError && error.code < 500 && !isConflict(error);
    if (!isRefusal || steps.length === 0) throw error;
    for (const step of steps) step.error ??= error;
    return undefined;
  }
};
