/** Words to declare functions with. */
import type { CostOf, FunctionDeclaration, Overload, Run } from '../types/declaration.ts';
import type { Type } from '../types/type.ts';

/** `name(parameters)`. */
export const global = (
  id: string,
  parameters: readonly Type[],
  result: Type,
  run?: Run,
  cost?: CostOf,
): Overload => ({ id, isMember: false, parameters, result, ...(run && { run }), ...(cost && { cost }) });

/** `receiver.name(parameters)`; the receiver is the first parameter. */
export const member = (
  id: string,
  parameters: readonly Type[],
  result: Type,
  run?: Run,
  cost?: CostOf,
): Overload => ({ ...global(id, parameters, result, run, cost), isMember: true });

/** A function with its overloads. */
export const declare = (
  name: string,
  overloads: readonly Overload[],
  all: Omit<FunctionDeclaration, 'name' | 'overloads'> = {},
): FunctionDeclaration => ({ name, overloads, ...all });
