import { conditionRuleReason } from '../../../api/conditions.ts';
import type { ConditionRule } from '../../../api/generated/work.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { findByJsonPath, parseJsonPath } from '../../../runtime/client/jsonpath/jsonpath.ts';
import type { CelRules } from './cel-rules.ts';
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

/** What evaluates CEL, which is loaded only where a rule has an expression: few have one, and it takes megabytes. */
export interface CelModule {
  CelRules: new (object: UnknownObject) => CelRules;
}

/** Whether rules have an expression to evaluate. */
export const needCel = (rules: readonly ConditionRule[] | undefined): boolean =>
  rules?.some(({ type, messageExpression }) => type === 'CEL' || messageExpression) ?? false;

type Outcome = Omit<NextCondition, 'type'>;

const evaluate = (rule: ConditionRule, object: UnknownObject, cel: () => CelRules): Outcome | undefined => {
  switch (rule.type) {
    case 'WellKnownConditions': {
      const check = wellKnown.get(`${object.apiVersion}/${object.kind} ${rule.condition}`);
      if (!check) return undefined;
      const { met, message } = check(object);
      const otherwise = rule.message || message;
      return {
        status: met ? 'True' : 'False',
        reason: conditionRuleReason.evaluated,
        message: rule.messageExpression ? cel().message(rule.messageExpression, met, otherwise) : otherwise,
      };
    }
    case 'CEL':
      return cel().evaluate(rule);
    default:
      return {
        status: 'Unknown',
        reason: conditionRuleReason.invalid,
        message: `unrecognized condition rule type ${String(rule.type satisfies never)}`,
      };
  }
};

/** The conditions that the rules give to an object that exists (work.md 4.3). Rules with expressions need `cel`. */
export const evaluateRules = (
  object: UnknownObject,
  rules: readonly ConditionRule[],
  observedGeneration: number,
  cel?: CelModule,
): NextCondition[] => {
  let expressions: CelRules | undefined;
  const evaluator = (): CelRules => {
    if (!cel) throw new TypeError('rules with CEL expressions were given without what evaluates them');
    return (expressions ??= new cel.CelRules(object));
  };
  return rules.flatMap((rule) => {
    const found = evaluate(rule, object, evaluator);
    return found ? [{ ...found, type: rule.condition, observedGeneration }] : [];
  });
};
