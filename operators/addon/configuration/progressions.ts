import { clusterManagementAddOnCondition } from '../../api/conditions.ts';
import type { InstallProgression } from '../../api/generated/addon.ts';
import { type NextCondition, removeCondition, setCondition } from '../../runtime/controller/conditions.ts';
import { type Selection, problemText } from '../install/selection.ts';
import type { NodeCounts } from './plan.ts';

const { progressing, placementUsable } = clusterManagementAddOnCondition;

const progressOf = (counts: NodeCounts): NextCondition => {
  const { selected, configured, inBatch, succeeded, failed, timedOut } = counts;
  const isDone = configured > 0 && succeeded === configured;
  const { type, reason } = progressing;
  const ends = `${failed} failed ${timedOut} timeout.`;
  return isDone
    ? {
        type,
        status: 'False',
        reason: reason.Completed,
        message: `selected clusters ${selected}. configured addons ${succeeded}/${configured} completed with no errors, ${ends}`,
      }
    : {
        type,
        status: 'True',
        reason: reason.Progressing,
        message: `selected clusters ${selected}. configured addons ${inBatch + succeeded}/${configured} progressing..., ${ends}`,
      };
};

/** The progression of a placement whose add-ons stand like this (addon.md 4.6). */
export const progressionAfter = (
  progression: InstallProgression,
  counts: NodeCounts,
  now: Date,
): InstallProgression => {
  const next = progressOf(counts);
  const isDone = next.status === 'False';
  return {
    ...progression,
    conditions: setCondition(progression.conditions, next, now),
    ...(isDone && {
      configReferences: progression.configReferences?.map((reference) => ({
        ...reference,
        lastAppliedConfig: reference.desiredConfig,
        lastKnownGoodConfig: reference.desiredConfig,
      })),
    }),
  };
};

/** The progression with a word on why its placement cannot be relied on, and without one when it can (A1, A10). */
export const withSelection = (
  progression: InstallProgression,
  selection: Selection,
  now: Date,
): InstallProgression => {
  const { type } = placementUsable;
  const { problem } = selection;
  // Decisions that are being rewritten are soon in step again.
  const isTold = problem !== undefined && problem !== 'PlacementDecisionsOutdated';
  const conditions = isTold
    ? setCondition(
        progression.conditions,
        { type, status: 'False', reason: problem, message: problemText(selection) },
        now,
      )
    : removeCondition(progression.conditions, type);
  return { ...progression, conditions };
};
