import { manifestCondition } from '../../../api/conditions.ts';
import type { AppliedManifestWork, ManifestWork } from '../../../api/generated/work.ts';
import { messageOf } from '../../../runtime/client/errors.ts';
import { findCondition } from '../../../runtime/controller/conditions.ts';
import type { Step } from '../apply-pass.ts';
import { entryKey, entryOf, recordedIn } from '../inventory/inventory.ts';
import { obstaclesText } from '../inventory/obstacles.ts';
import type { Removal } from '../inventory/remove.ts';
import { earlierEntries } from './applied.ts';
import { repeatNote } from './repeats.ts';

/** What there is to say about the removal of what left a work, after so many rounds. */
export const obstaclesOf = (collected: PromiseSettledResult<Removal>, round: number): string | undefined => {
  const text =
    collected.status === 'fulfilled'
      ? obstaclesText(collected.value.obstacles, round)
      : messageOf(collected.reason);
  return text === undefined ? undefined : `cannot remove all objects that left the work: ${text}`;
};

/** Adds notes to the steps of Jobs that run again and again; resolves to what the work says of them. */
export const noteRepeats = (
  steps: Step[],
  before: AppliedManifestWork | undefined,
  { status }: ManifestWork,
): string[] => {
  if (!steps.some(({ meta }) => meta.kind === 'Job')) return [];
  const uids = new Map(before ? recordedIn(before).map((entry) => [entryKey(entry), entry.uid]) : []);
  const earlier = earlierEntries(status?.resourceStatus?.manifests);
  for (const step of steps) {
    const entry = entryOf(step.meta);
    const condition = findCondition(earlier(step.meta)?.conditions, manifestCondition.applied.type);
    step.note = entry && repeatNote(step, uids.get(entryKey(entry)), condition?.message);
  }
  const again = steps.find(({ note }) => note);
  return again ? [`Job ${again.meta.namespace}/${again.meta.name}: ${again.note}`] : [];
};
