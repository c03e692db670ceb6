import { conditionRulePrefix } from '../../../api/conditions.ts';
import type { Condition } from '../../../runtime/client/object.ts';
import { type NextCondition, setCondition } from '../../../runtime/controller/conditions.ts';

export type { NextCondition } from '../../../runtime/controller/conditions.ts';

/** Most characters of a message: the status of a work with many manifests must fit into one object on the hub. */
const maxMessageLength = 4096;

const bounded = (message: string): string =>
  message.length <= maxMessageLength ? message : `${message.slice(0, maxMessageLength - 1)}…`;

/** Sets one condition; its transition time moves only with its status. */
export const withCondition = (
  conditions: Condition[] | undefined,
  next: NextCondition,
  now: Date,
): Condition[] => setCondition(conditions, { ...next, message: bounded(next.message) }, now);

/** Drops what condition rules said about an earlier generation: the rule is gone (work.md 4.3). */
export const withoutStaleRules = (conditions: readonly Condition[], generation: number): Condition[] =>
  conditions.filter(
    ({ reason, observedGeneration }) =>
      !reason.startsWith(conditionRulePrefix) || observedGeneration === generation,
  );
