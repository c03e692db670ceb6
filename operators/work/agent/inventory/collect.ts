import { manifestWorkCondition } from '../../../api/conditions.ts';
import type { AppliedManifestWork, AppliedResource, ManifestWork } from '../../../api/generated/work.ts';
import { findCondition } from '../../../runtime/controller/conditions.ts';
import type { Step } from '../apply-pass.ts';
import { type AgentContext, logOf } from '../context.ts';
import { afterPass, entryOf, recordedIn, staleEntries, withIntents } from './inventory.ts';
import { recordResources } from './record.ts';
import { removeResources } from './remove.ts';

/** Writes down what is about to be made; nothing when it is written down already. */
export const recordIntents = async (
  context: AgentContext,
  applied: AppliedManifestWork,
  intents: readonly AppliedResource[],
  signal: AbortSignal,
): Promise<void> => {
  if (!withIntents(recordedIn(applied), intents)) return;
  await recordResources(context, applied, (recorded) => withIntents(recorded, intents) ?? recorded, signal);
};

export interface Collected {
  pending: readonly AppliedResource[];
  errors: readonly Error[];
}

/**
 * After a pass: removes what is in no manifest any more, and records what is there (work.md 3.3.3). A work that has never
 * had a manifest applied removes nothing: it may belong to a new hub that is still empty.
 */
export const collectStale = async (
  context: AgentContext,
  work: ManifestWork,
  applied: AppliedManifestWork,
  steps: readonly Step[],
  signal: AbortSignal,
): Promise<Collected> => {
  const wasApplied = findCondition(work.status?.conditions, manifestWorkCondition.applied.type) !== undefined;
  if (steps.length === 0 && !wasApplied) return { pending: [], errors: [] };
  const recorded = recordedIn(applied);
  const stale = staleEntries(
    recorded,
    steps.map(({ meta }) => meta),
  );
  const { pending, errors } = await removeResources(
    context.spoke,
    stale,
    applied,
    logOf(context, work),
    signal,
  );
  const present = steps.flatMap((step) => presentEntry(step));
  const absent = steps.flatMap((step) => (isAbsent(step) ? (entryOf(step.meta) ?? []) : []));
  const findings = { present, absent, stale, pending };
  await recordResources(context, applied, (entries) => afterPass(entries, findings), signal);
  return { pending, errors };
};

const presentEntry = ({ meta, found }: Step): AppliedResource[] => {
  const entry = found && entryOf(meta, found.metadata.uid);
  return entry ? [entry] : [];
};

/** Known not to be there, and not about to be made. */
const isAbsent = ({ found, unread, isWritten, error }: Step): boolean =>
  !found && !unread && (!isWritten || error?.name === 'NotAllowedError');
