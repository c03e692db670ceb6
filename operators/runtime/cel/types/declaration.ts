import type { Issue } from '../errors.ts';
import type { Budget } from '../evaluate/budget.ts';
import type { Call, Expression } from '../syntax/expression.ts';
import type { Result, Value } from '../values/value.ts';
import type { Type } from './type.ts';

/** What a function does; its arguments have the types of the overload. It reports what it builds to the budget. */
export type Run = (args: readonly Value[], budget: Budget) => Result;

/** What a call costs beside its arguments, in units of cel-go. An argument or result may be a failure. */
export type CostOf = (args: readonly Result[], result: Result, overload: Overload | undefined) => number;

export interface Overload {
  readonly id: string;
  readonly isMember: boolean;
  readonly parameters: readonly Type[];
  readonly result: Type;
  readonly run?: Run;
  /** Counted only where the types say that no other overload can be meant. */
  readonly cost?: CostOf;
}

export interface FunctionDeclaration {
  readonly name: string;
  readonly overloads: readonly Overload[];
  /** Does the work of all overloads, on arguments of any type. */
  readonly run?: Run;
  /** Counted whichever overload is meant. */
  readonly cost?: CostOf;
  /** What is wrong with the arguments of a call that are written out; undefined when nothing is. */
  readonly inspect?: (call: Call, typeOf: (expression: Expression) => Type) => Issue | undefined;
  /** Like inspect, for what is found after all types are: the expression compiles, but makes no program. */
  readonly prepare?: (call: Call) => string | undefined;
}

/** What expressions may name. */
export interface Declarations {
  readonly functions: ReadonlyMap<string, FunctionDeclaration>;
  readonly variables: ReadonlyMap<string, Type>;
  /** Types that can be written as values, by name. */
  readonly types: ReadonlyMap<string, Type>;
}

/** Joins declarations of the same functions from several libraries. */
export const joined = (
  ...libraries: readonly (readonly FunctionDeclaration[])[]
): ReadonlyMap<string, FunctionDeclaration> => {
  const functions = new Map<string, FunctionDeclaration>();
  for (const declaration of libraries.flat()) {
    const known = functions.get(declaration.name);
    functions.set(
      declaration.name,
      known
        ? { ...known, ...declaration, overloads: [...known.overloads, ...declaration.overloads] }
        : declaration,
    );
  }
  return functions;
};
