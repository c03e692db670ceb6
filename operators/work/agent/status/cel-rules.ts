import type { ConditionRule } from '../../../api/generated/work.ts';
import { conditionRuleReason } from '../../../api/conditions.ts';
import { environment } from '../../../runtime/cel/environment.ts';
import { CelCompileError, CelEvaluationError, CelProgramError } from '../../../runtime/cel/errors.ts';
import { perCallLimits } from '../../../runtime/cel/evaluate/budget.ts';
import { declare, global } from '../../../runtime/cel/library/declare.ts';
import { type Program, compile } from '../../../runtime/cel/program.ts';
import type { Declarations } from '../../../runtime/cel/types/declaration.ts';
import * as t from '../../../runtime/cel/types/type.ts';
import { fromJson } from '../../../runtime/cel/values/json.ts';
import { isList, typeName } from '../../../runtime/cel/values/kind.ts';
import { CelMap, type Value } from '../../../runtime/cel/values/value.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import type { NextCondition } from './conditions.ts';
import { shortened } from '../../../runtime/controller/conditions.ts';

/** What the rules of one manifest may cost together, in units of cel-go (work.md 4.3). */
const manifestBudget = 10_000_000;

/** Longer messages are cut: the API server takes 32,768 characters, and a work has many conditions. */
const maxMessage = 4096;

const cut = (message: string): string => shortened(message, maxMessage).toWellFormed();

/** What a rule says of an object, but for the condition that it says it of. */
export type Outcome = Pick<NextCondition, 'status' | 'reason' | 'message'>;

const hasConditions = declare('hasConditions', [
  global('status_has_conditions', [t.dyn], t.bool, ([status]) => {
    const conditions = status instanceof CelMap ? status.get('conditions') : undefined;
    return isList(conditions) && conditions.length > 0;
  }),
]);

const ruleEnvironment = environment({ object: t.dyn }, [hasConditions]);
const messageEnvironment = environment({ object: t.dyn, result: t.bool }, [hasConditions]);

/** Programs that were used last: rules are evaluated whenever their objects change. */
const kept = 100;
const programs = new Map<Declarations, Map<string, Program>>([
  [ruleEnvironment, new Map()],
  [messageEnvironment, new Map()],
]);

const programOf = (expression: string, declarations: Declarations): Program => {
  const cache = programs.get(declarations)!;
  const known = cache.get(expression);
  if (known) return known;
  const program = compile(expression, declarations);
  cache.set(expression, program);
  if (cache.size > kept) cache.delete(cache.keys().next().value!);
  return program;
};

const isCelError = (error: unknown): error is CelCompileError | CelProgramError | CelEvaluationError =>
  error instanceof CelCompileError || error instanceof CelProgramError || error instanceof CelEvaluationError;

const wrong = (message: string): Outcome => ({
  status: 'False',
  reason: conditionRuleReason.expressionError,
  message: cut(message),
});

/** Evaluates the CEL of one manifest's rules on its object, within the budget that they share (work.md 4.3, 13.10). */
export class CelRules {
  readonly #object: Value;
  #budget: number;

  constructor(object: UnknownObject, budget = manifestBudget) {
    this.#object = fromJson(object);
    this.#budget = budget;
  }

  /** What a rule of type CEL says. */
  evaluate({ condition, celExpressions, message, messageExpression }: ConditionRule): Outcome {
    const met = this.#all(celExpressions ?? []);
    if (typeof met !== 'boolean') return met;
    const otherwise = message || `Manifest is ${met ? '' : 'not '}${condition}`;
    return {
      status: met ? 'True' : 'False',
      reason: conditionRuleReason.evaluated,
      message: messageExpression ? this.message(messageExpression, met, otherwise) : otherwise,
    };
  }

  /** The message that an expression makes of the object and what the rule found; its error if there is none. */
  message(expression: string, met: boolean, otherwise: string): string {
    try {
      const found = this.#value(expression, messageEnvironment, { object: this.#object, result: met });
      if (typeof found === 'string') return cut(found) || otherwise;
      return `expected message expression to have a string result, got ${typeName(found)}`;
    } catch (error) {
      if (error instanceof CelCompileError) return cut(error.summary);
      if (isCelError(error)) return cut(error.message);
      throw error;
    }
  }

  /** Whether all expressions are true; of the first that is neither true nor false, what is wrong with it. */
  #all(expressions: readonly string[]): boolean | Outcome {
    for (const expression of expressions) {
      try {
        const found = this.#value(expression, ruleEnvironment, { object: this.#object });
        if (found === false) return false;
        if (found !== true) return wrong(`expected bool result, got ${typeName(found)}`);
      } catch (error) {
        if (error instanceof CelProgramError)
          return { status: 'Unknown', reason: conditionRuleReason.internalError, message: error.message };
        if (isCelError(error)) return wrong(error.message);
        throw error;
      }
    }
    return true;
  }

  /** Throws CelCompileError, and CelEvaluationError when there is no value or the budget is used up. */
  #value(expression: string, declarations: Declarations, variables: Record<string, Value>): Value {
    const program = programOf(expression, declarations);
    const limit = Math.min(this.#budget, perCallLimits.cost);
    try {
      const { value, cost } = program.evaluate(variables, { cost: limit });
      this.#budget -= cost;
      return value;
    } catch (error) {
      if (!(error instanceof CelEvaluationError)) throw error;
      // A failure has cost as much time as a value: otherwise rules that fail would be without limit.
      const isOver = error.cost > this.#budget;
      this.#budget -= error.cost;
      if (isOver) throw new CelEvaluationError('CEL evaluation budget exceeded', true, error.cost);
      throw error;
    }
  }
}
