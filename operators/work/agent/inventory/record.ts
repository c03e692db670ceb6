import {
  type AppliedManifestWork,
  type AppliedManifestWorkStatus,
  appliedManifestWorks,
} from '../../../api/generated/work.ts';
import { isConflict, isNotFound } from '../../../runtime/client/errors.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';
import type { AgentContext } from '../context.ts';
import { fieldManager } from '../strategy/strategy.ts';

/**
 * Brings the status of an AppliedManifestWork to what `next` makes of the present one. When somebody else wrote in between,
 * looks again and decides anew, once.
 */
export const recordStatus = async (
  { spoke, latestAppliedWorks }: AgentContext,
  applied: AppliedManifestWork,
  next: (status: AppliedManifestWorkStatus) => AppliedManifestWorkStatus,
  signal: AbortSignal,
): Promise<AppliedManifestWork> => {
  const patch = (observed: AppliedManifestWork) =>
    patchStatus(spoke, appliedManifestWorks, observed, next(observed.status ?? {}), { fieldManager, signal });
  const { name, uid } = applied.metadata;
  try {
    return latestAppliedWorks.wrote(await patch(applied));
  } catch (error) {
    if (isNotFound(error)) latestAppliedWorks.forget(name);
    if (!isConflict(error)) throw error;
    const fresh = await spoke.get(appliedManifestWorks, name, undefined, { signal });
    if (fresh.metadata.uid !== uid) throw error;
    return latestAppliedWorks.wrote(await patch(fresh));
  }
};
