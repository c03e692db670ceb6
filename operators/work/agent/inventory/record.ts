import {
  type AppliedManifestWork,
  type AppliedManifestWorkStatus,
  type AppliedResource,
  appliedManifestWorks,
} from '../../../api/generated/work.ts';
import { annotation } from '../../../api/names.ts';
import { isConflict, isNotFound } from '../../../runtime/client/errors.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';
import type { AgentContext } from '../context.ts';
import { fieldManager } from '../strategy/strategy.ts';
import { recordedIn, storable } from './inventory.ts';

/**
 * Brings the status of an AppliedManifestWork to what `next` makes of the present one. When somebody else wrote in between,
 * looks again and decides anew, once.
 */
export const recordStatus = async (
  { spoke, appliedWorks }: AgentContext,
  applied: AppliedManifestWork,
  next: (applied: AppliedManifestWork) => AppliedManifestWorkStatus,
  signal: AbortSignal,
): Promise<AppliedManifestWork> => {
  const patch = (observed: AppliedManifestWork) =>
    patchStatus(spoke, appliedManifestWorks, observed, next(observed), { fieldManager, signal });
  const { name, uid } = applied.metadata;
  try {
    return appliedWorks.wrote(await patch(applied));
  } catch (error) {
    if (isNotFound(error)) appliedWorks.removed(applied.metadata);
    if (!isConflict(error)) throw error;
    const fresh = await spoke.get(appliedManifestWorks, name, undefined, { signal });
    if (fresh.metadata.uid !== uid) throw error;
    return appliedWorks.wrote(await patch(fresh));
  }
};

/** Replaces the recorded resources by what `next` makes of them. */
export const recordResources = (
  context: AgentContext,
  applied: AppliedManifestWork,
  next: (recorded: readonly AppliedResource[]) => readonly AppliedResource[],
  signal: AbortSignal,
): Promise<AppliedManifestWork> =>
  recordStatus(
    context,
    applied,
    (observed) => ({ ...observed.status, appliedResources: [...storable(next(recordedIn(observed)))] }),
    signal,
  );

/** Writes down, or takes back, that nothing of an AppliedManifestWork goes until somebody confirms it. */
export const setHeld = async (
  { spoke, appliedWorks }: AgentContext,
  { metadata: { name, uid } }: AppliedManifestWork,
  held: 'held' | undefined,
  signal: AbortSignal,
): Promise<void> => {
  const body = { metadata: { uid, annotations: { [annotation.eviction]: held ?? null } } };
  try {
    const patch = { type: 'merge' as const, body };
    appliedWorks.wrote(await spoke.patch(appliedManifestWorks, { name }, patch, { fieldManager, signal }));
  } catch (error) {
    // It is gone: there is nothing to hold any more.
    if (!isNotFound(error)) throw error;
  }
};
