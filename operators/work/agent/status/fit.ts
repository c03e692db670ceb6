import { manifestCondition, manifestWorkCondition } from '../../../api/conditions.ts';
import type { ManifestWorkStatus, ResourceStatusManifest } from '../../../api/generated/work.ts';
import type { Condition } from '../../../runtime/client/object.ts';
import { findCondition, isTrue, shortened } from '../../../runtime/controller/conditions.ts';
import { conditionRulePrefix } from '../../../api/conditions.ts';
import { jsonSize } from '../../../fleet/manifest-size.ts';

const { applied, available, statusFeedbackSynced } = manifestCondition;
const complete = manifestWorkCondition.complete.type;
const workApplied = manifestWorkCondition.applied.type;

/** Lengths to which messages are cut, one after the other, before anything else is left out. */
const messageLengths = [512, 128];
/** Bytes kept free for the words about what was left out. */
const noteRoom = 200;

/**
 * The status in a form that takes no more than `room` bytes; the very same status when it fits (docs/decisions/018). First
 * its messages are cut, then what says that all is well, then whole entries: those of manifests that are applied and
 * available first, those of manifests that must not be applied again last. The message of Applied says so.
 */
export const fitted = (status: ManifestWorkStatus, room: number): ManifestWorkStatus => {
  if (jsonSize(status) <= room) return status;
  for (const length of messageLengths) {
    const shorter = withMessages(status, length);
    if (jsonSize(shorter) <= room) return shorter;
  }
  const brief = withMessages(status, messageLengths.at(-1)!);
  const manifests = (brief.resourceStatus?.manifests ?? []).map(withoutWellBeing);
  const shorter = { ...brief, resourceStatus: { ...brief.resourceStatus, manifests } };
  return jsonSize(shorter) <= room ? shorter : withPart(shorter, manifests, room);
};

const cut = (conditions: readonly Condition[], length: number): Condition[] =>
  conditions.map((condition) => ({ ...condition, message: shortened(condition.message, length) }));

const withMessages = (status: ManifestWorkStatus, length: number): ManifestWorkStatus => ({
  ...status,
  conditions: cut(status.conditions ?? [], length),
  resourceStatus: {
    ...status.resourceStatus,
    manifests: (status.resourceStatus?.manifests ?? []).map((entry) => ({
      ...entry,
      conditions: cut(entry.conditions, length),
    })),
  },
});

/** Without the messages of conditions that hold, and without the one about feedback that nobody asked for. */
const withoutWellBeing = (entry: ResourceStatusManifest): ResourceStatusManifest => ({
  ...entry,
  conditions: entry.conditions.flatMap((condition) => {
    if (condition.reason === statusFeedbackSynced.reason.NoStatusFeedbackSynced) return [];
    return condition.status === 'True' ? [{ ...condition, message: '' }] : [condition];
  }),
});

/** How much an entry is missed: not to know that a Job has finished would have it run again. */
const rankOf = ({ conditions, statusFeedback }: ResourceStatusManifest): number => {
  if (isTrue(conditions, complete)) return 0;
  if (!isTrue(conditions, applied.type) || !isTrue(conditions, available.type)) return 1;
  const isReported =
    statusFeedback !== undefined || conditions.some(({ reason }) => reason.startsWith(conditionRulePrefix));
  return isReported ? 2 : 3;
};

const withPart = (
  status: ManifestWorkStatus,
  manifests: readonly ResourceStatusManifest[],
  room: number,
): ManifestWorkStatus => {
  let left = room - noteRoom - jsonSize({ ...status, resourceStatus: { manifests: [] } });
  const shown: ResourceStatusManifest[] = [];
  const isIn = (entry: ResourceStatusManifest): boolean => {
    const size = jsonSize(entry) + 1;
    if (size > left) return false;
    left -= size;
    shown.push(entry);
    return true;
  };
  for (const entry of manifests.toSorted((a, b) => rankOf(a) - rankOf(b))) {
    if (isIn(entry)) continue;
    const { statusFeedback, ...rest } = entry;
    if (statusFeedback) isIn(rest);
  }
  shown.sort((a, b) => a.resourceMeta.ordinal - b.resourceMeta.ordinal);
  return {
    ...status,
    conditions: withNote(status.conditions ?? [], shown.length, manifests.length),
    resourceStatus: { ...status.resourceStatus, manifests: shown },
  };
};

const withNote = (conditions: readonly Condition[], shown: number, all: number): Condition[] => {
  const known = findCondition([...conditions], workApplied);
  return conditions.map((condition) =>
    condition === known
      ? {
          ...condition,
          message: `${condition.message}; the status has room for ${shown} of ${all} manifests, so divide the work to see all`,
        }
      : condition,
  );
};
