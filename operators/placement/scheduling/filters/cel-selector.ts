import { CelCompileError, CelEvaluationError, CelProgramError } from '../../../runtime/cel/errors.ts';
import { perCallLimits } from '../../../runtime/cel/evaluate/budget.ts';
import { type Program, compile } from '../../../runtime/cel/program.ts';
import { typeName } from '../../../runtime/cel/values/kind.ts';
import { type ClusterValue, clusterEnvironment } from './cel-environment.ts';

/**
 * What the expressions of one predicate may cost together on one cluster, in units of cel-go (placement.md 6.1.2).
 */
const clusterBudget = 10_000_000;

/** What expressions say of a cluster. */
export interface CelMatch {
  matches: boolean;
  /** What it cost, in units of cel-go. */
  cost: number;
  /** Why an expression is neither true nor false. */
  failure?: string;
}

/** An expression that cannot be used; the message says why, as conditions have it. */
export class CelSelectorError extends Error {
  override name = 'CelSelectorError';
}

const compiled = (expression: string): Program => {
  try {
    return compile(expression, clusterEnvironment);
  } catch (cause) {
    if (cause instanceof CelCompileError)
      throw new CelSelectorError(`compilation failed: ${cause.message}`, { cause });
    if (cause instanceof CelProgramError)
      throw new CelSelectorError(`instantiation failed: ${cause.message}`, { cause });
    throw cause;
  }
};

/** Says whether expressions are true of a cluster, for no more than a budget. */
export type CelSelector = (cluster: ClusterValue, budget?: number) => CelMatch;

/**
 * Asks clusters whether all of the expressions are true of them; the first that is not ends it. Throws
 * CelSelectorError when one cannot be used. Stops after each expression, as they may be many.
 */
export function* celSelectorSteps(expressions: readonly string[]): Generator<void, CelSelector> {
  const programs: Program[] = [];
  for (const expression of expressions) {
    programs.push(compiled(expression));
    yield;
  }
  return selectorOf(programs);
}

const selectorOf =
  (programs: readonly Program[]): CelSelector =>
  (cluster, budget = clusterBudget) => {
    let spent = 0;
    for (const program of programs) {
      const { matches, cost, failure } = evaluate(program, cluster, budget - spent);
      spent += cost;
      if (!matches) return { matches, cost: spent, ...(failure !== undefined && { failure }) };
    }
    return { matches: true, cost: spent };
  };

const evaluate = (program: Program, managedCluster: ClusterValue, budget: number): CelMatch => {
  try {
    const limit = Math.min(budget, perCallLimits.cost);
    const { value, cost } = program.evaluate({ managedCluster }, { cost: limit });
    if (typeof value === 'boolean') return { matches: value, cost };
    return { matches: false, cost, failure: `the value is of type ${typeName(value)}, not bool` };
  } catch (error) {
    if (!(error instanceof CelEvaluationError)) throw error;
    return { matches: false, cost: error.cost, failure: error.message };
  }
};
