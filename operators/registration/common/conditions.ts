import type { Condition } from '../../api/meta.ts';
import { type NextCondition, findCondition, setCondition } from '../../runtime/controller/conditions.ts';

/** The condition to write for what was observed: it says when the status last changed. */
export const conditionOf = (
  conditions: Condition[] | undefined,
  next: NextCondition,
  now?: Date,
): Condition => findCondition(setCondition(conditions, next, now), next.type)!;
