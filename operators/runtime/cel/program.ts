import { CelCompileError, CelEvaluationError } from './errors.ts';
import { Budget, Cancelled, type Limits, perCallLimits } from './evaluate/budget.ts';
import { plan } from './evaluate/plan.ts';
import type { Frame, Step } from './evaluate/step.ts';
import { SyntaxFault } from './syntax/fault.ts';
import { parse } from './syntax/parser.ts';
import type { Expression } from './syntax/expression.ts';
import { check } from './types/checker.ts';
import type { Declarations } from './types/declaration.ts';
import { type Result, type Value, failed } from './values/value.ts';

/** A value and what it cost, in units of cel-go's runtime cost. */
export interface Evaluation {
  value: Value;
  cost: number;
}

/** A compiled expression, which holds no state of its evaluations. */
export class Program {
  readonly #step: Step;

  constructor(step: Step) {
    this.#step = step;
  }

  /**
   * Evaluates within limits, those of a call in Kubernetes unless others are given. Throws CelEvaluationError when there is
   * no value or a limit is passed.
   */
  evaluate(variables: Readonly<Record<string, Value>>, limits: Partial<Limits> = {}): Evaluation {
    const budget = new Budget({ ...perCallLimits, ...limits });
    const frame: Frame = {
      lookUp: (name) => (Object.hasOwn(variables, name) ? variables[name] : undefined),
    };
    const result = this.#run(frame, budget);
    if (failed(result)) throw new CelEvaluationError(result.message, false, budget.cost);
    return { value: result, cost: budget.cost };
  }

  #run(frame: Frame, budget: Budget): Result {
    try {
      return this.#step(frame, budget);
    } catch (error) {
      if (error instanceof Cancelled) throw new CelEvaluationError(error.message, true, budget.cost);
      // A value that is nested too deeply to be compared or printed.
      if (error instanceof RangeError)
        throw new CelEvaluationError('operation cancelled: a value is nested too deeply', true, budget.cost);
      throw error;
    }
  }
}

/** Compiles an expression. Throws CelCompileError, which names every place that is wrong, and CelProgramError. */
export const compile = (source: string, declarations: Declarations): Program => {
  const expression = parsed(source);
  const checked = check(expression, declarations);
  if (checked.issues.length > 0) throw new CelCompileError(source, checked.issues);
  return new Program(plan(expression, checked));
};

const parsed = (source: string): Expression => {
  try {
    return parse(source);
  } catch (error) {
    if (error instanceof SyntaxFault)
      throw new CelCompileError(source, [{ at: error.at, message: error.message }]);
    throw error;
  }
};
