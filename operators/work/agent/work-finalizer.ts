import { manifestWorkCondition } from '../../api/conditions.ts';
import {
  type AppliedManifestWork,
  type ManifestWork,
  appliedManifestWorks,
  manifestWorks,
} from '../../api/generated/work.ts';
import { finalizer } from '../../api/names.ts';
import { isConflict } from '../../runtime/client/errors.ts';
import { isTrue } from '../../runtime/controller/conditions.ts';
import { removeFinalizer } from '../../runtime/controller/finalizers.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import { type AgentContext, appliedWorkName } from './context.ts';
import { causeOf } from './inventory/obstacles.ts';
import { withCondition } from './status/conditions.ts';
import { fieldManager } from './strategy/strategy.ts';

const { deleting } = manifestWorkCondition;

/**
 * Takes a deleting work to its end: says so and what is in the way, deletes its AppliedManifestWork, and lets go of the
 * work once that is gone (work.md 5.1). Resolves to what came of it: the work was let go, its removal was begun, or it is
 * under way.
 */
export const finalizeWork = async (
  context: AgentContext,
  work: ManifestWork,
  signal: AbortSignal,
): Promise<'released' | 'begun' | 'waiting'> => {
  const name = appliedWorkName(context.settings, work.metadata.name);
  // The cache alone is no evidence that nothing is left: it may not have seen what was just made.
  const applied =
    context.appliedWorks.get(name) ??
    (await context.spoke.find(appliedManifestWorks, name, undefined, { signal }));
  if (!applied) {
    await removeFinalizer(context.hub, manifestWorks, work, finalizer.manifestWork, { fieldManager, signal });
    return 'released';
  }
  if (applied.metadata.deletionTimestamp) {
    await announce(context, work, context.removals.textOf(name), signal);
    return 'waiting';
  }
  const isAnnounced = isTrue(work.status?.conditions, deleting.type);
  const announced = isAnnounced ? work : await announce(context, work, undefined, signal);
  try {
    await removeAppliedWork(context, applied, signal);
  } catch (error) {
    signal.throwIfAborted();
    await announce(context, announced, `AppliedManifestWork ${name}: ${causeOf(error)}`, signal);
    throw error;
  }
  return 'begun';
};

const announce = async (
  { hub, works, now }: AgentContext,
  work: ManifestWork,
  obstacles: string | undefined,
  signal: AbortSignal,
): Promise<ManifestWork> => {
  const condition = {
    type: deleting.type,
    status: 'True' as const,
    reason: deleting.reason.WorkDeleting,
    message: obstacles
      ? `ManifestWork is being deleted; still there: ${obstacles}. ` +
        'To leave objects on the managed cluster set deleteOption.propagationPolicy of this ManifestWork to Orphan'
      : 'ManifestWork is being deleted',
    observedGeneration: work.metadata.generation,
  };
  const status = { ...work.status, conditions: withCondition(work.status?.conditions, condition, now()) };
  return works.wrote(await patchStatus(hub, manifestWorks, work, status, { fieldManager, signal }));
};

/** Has an AppliedManifestWork deleted, and with it what it owns. */
export const removeAppliedWork = async (
  { spoke }: AgentContext,
  { metadata }: AppliedManifestWork,
  signal: AbortSignal,
): Promise<void> => {
  try {
    await spoke.delete(appliedManifestWorks, { name: metadata.name }, { uid: metadata.uid, signal });
  } catch (error) {
    // A successor of the same name has taken its place; the next reconcile deals with that one.
    if (!isConflict(error)) throw error;
  }
};
