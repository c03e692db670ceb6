import { conditionRuleReason } from '../../../api/conditions.ts';
import type { ConditionRule } from '../../../api/generated/work.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { findByJsonPath, parseJsonPath } from '../feedback/jsonpath.ts';
import type { NextCondition } from './conditions.ts';

/** What a built-in rule finds. */
interface Verdict {
  met: boolean;
  message: string;
}

type WellKnown = (object: UnknownObject) => Verdict;

const finishedConditions = parseJsonPath('.status.conditions[*]');

const isFinished = (condition: unknown): boolean => {
  const { type, status } = (condition ?? {}) as { type?: unknown; status?: unknown };
  return (type === 'Complete' || type === 'Failed') && status === 'True';
};

const jobComplete: WellKnown = (object) => {
  const status = object.status as { conditions?: unknown } | undefined;
  const met =
    Array.isArray(status?.conditions) && findByJsonPath(finishedConditions, object).some(isFinished);
  return { met, message: met ? 'Job is finished' : 'Job is not finished' };
};

const podComplete: WellKnown = (object) => {
  const phase = (object.status as { phase?: unknown } | undefined)?.phase;
  return {
    met: phase === 'Succeeded' || phase === 'Failed',
    message: `Pod is in phase ${typeof phase === 'string' ? phase : ''}`,
  };
};

/** By `apiVersion/kind condition` (work.md 4.3). */
const wellKnown = new Map<string, WellKnown>([
  ['batch/v1/Job Complete', jobComplete],
  ['v1/Pod Complete', podComplete],
]);

const evaluate = (rule: ConditionRule, object: UnknownObject): Omit<NextCondition, 'type'> | undefined => {
  switch (rule.type) {
    case 'WellKnownConditions': {
      const check = wellKnown.get(`${object.apiVersion}/${object.kind} ${rule.condition}`);
      if (!check) return undefined;
      const { met, message } = check(object);
      return {
        status: met ? 'True' : 'False',
        reason: conditionRuleReason.evaluated,
        message: rule.messageExpression
          ? `${message} (${unsupported('messageExpression')})`
          : rule.message || message,
      };
    }
    case 'CEL':
      return {
        status: 'Unknown',
        reason: conditionRuleReason.internalError,
        message: unsupported('rules of type CEL'),
      };
    default:
      return {
        status: 'Unknown',
        reason: conditionRuleReason.invalid,
        message: `unrecognized condition rule type ${String(rule.type satisfies never)}`,
      };
  }
};

const unsupported = (what: string): string =>
  `${what} cannot be evaluated by this version of the work agent; use type WellKnownConditions or feedbackRules instead`;

/** The conditions that the rules give to an object that exists (work.md 4.3). */
export const evaluateRules = (
  object: UnknownObject,
  rules: readonly ConditionRule[],
  observedGeneration: number,
): NextCondition[] =>
  rules.flatMap((rule) => {
    const found = evaluate(rule, object);
    return found ? [{ ...found, type: rule.condition, observedGeneration }] : [];
  });
