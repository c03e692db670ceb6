import { manifestWorkCondition } from '../../../api/conditions.ts';
import type { AppliedManifestWork, AppliedResource, ManifestWork } from '../../../api/generated/work.ts';
import { findCondition } from '../../../runtime/controller/conditions.ts';
import type { Step } from '../apply-pass.ts';
import { type AgentContext, logOf } from '../context.ts';
import { afterPass, entryOf, recordedIn, staleEntries, withIntents } from './inventory.ts';
import { recordResources } from './record.ts';
import { confirmation, heldOf } from '../held.ts';
import { objectText } from './obstacles.ts';
import { type Removal, removeResources } from './remove.ts';
import { removerFor } from './remover.ts';

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

/**
 * What is in no manifest of the work any more. A work that has never had a manifest applied lets go of nothing: it may
 * belong to a new hub that is still empty.
 */
export const staleIn = (
  work: ManifestWork,
  applied: AppliedManifestWork,
  steps: readonly Step[],
): AppliedResource[] => {
  const wasApplied = findCondition(work.status?.conditions, manifestWorkCondition.applied.type) !== undefined;
  if (steps.length === 0 && !wasApplied) return [];
  return staleEntries(
    recordedIn(applied),
    steps.map(({ meta }) => meta),
  );
};

/** After a pass: removes what is stale, and records what is there (work.md 3.3.3). */
export const collectStale = async (
  context: AgentContext,
  work: ManifestWork,
  applied: AppliedManifestWork,
  steps: readonly Step[],
  stale: readonly AppliedResource[],
  signal: AbortSignal,
): Promise<Removal> => {
  if (steps.length === 0 && stale.length === 0) return { pending: [], obstacles: [] };
  const removal =
    heldRemoval(context, work, applied, stale) ?? (await remove(context, work, applied, stale, signal));
  const present = steps.flatMap((step) => presentEntry(step));
  const absent = steps.flatMap((step) => (isAbsent(step) ? (entryOf(step.meta) ?? []) : []));
  const findings = { present, absent, stale, pending: removal.pending };
  await recordResources(context, applied, (entries) => afterPass(entries, findings), signal);
  return removal;
};

const remove = (
  context: AgentContext,
  work: ManifestWork,
  applied: AppliedManifestWork,
  stale: readonly AppliedResource[],
  signal: AbortSignal,
): Promise<Removal> =>
  removeResources(removerFor(context, applied, work, { log: logOf(context, work), signal }), stale);

/**
 * Where the hub was set back and shows an older state of the work, nobody took away what that state does not have: it stays
 * until the work is as new as it was, or somebody confirms that it is to go (faults R16).
 */
const heldRemoval = (
  { history }: AgentContext,
  work: ManifestWork,
  applied: AppliedManifestWork,
  stale: readonly AppliedResource[],
): Removal | undefined => {
  const later = history.laterGenerationOf(work);
  if (later === undefined || stale.length === 0 || heldOf(applied) === 'confirmed') return undefined;
  const cause =
    `is not in the older state of this ManifestWork that the hub shows since its data were set back (generation ` +
    `${work.metadata.generation}, and ${later} before); to have it removed: ${confirmation(applied.metadata.name)}`;
  const obstacles = stale.map((entry) => ({ object: objectText(entry), cause, isWaiting: false }));
  return { pending: [...stale], obstacles };
};

const presentEntry = ({ meta, found }: Step): AppliedResource[] => {
  const entry = found && entryOf(meta, found.metadata.uid);
  return entry ? [entry] : [];
};

/** Known not to be there, and not about to be made. */
const isAbsent = ({ found, unread, isWritten, error }: Step): boolean =>
  !found && !unread && (!isWritten || error?.name === 'NotAllowedError');
