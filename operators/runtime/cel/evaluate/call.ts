import type { FunctionDeclaration, Overload, Run } from '../types/declaration.ts';
import type { Type } from '../types/type.ts';
import { isList, sizeOf, typeName } from '../values/kind.ts';
import {
  CelMap,
  Failure,
  Opaque,
  Optional,
  type Result,
  TypeValue,
  type Value,
  failed,
} from '../values/value.ts';
import type { Step } from './step.ts';

/** The size of an argument that may have failed. */
export const sizeOfResult = (result: Result): number => (failed(result) ? 1 : sizeOf(result));

/** Cost in proportion to a size, rounded up. */
export const perSize = (factor: number, ...sizes: number[]): number =>
  Math.ceil(sizes.reduce((sum, size) => sum + size, 0) * factor);

/** Plans a call of a function: of the one overload that is meant, or of whichever fits the values. */
export const planCall = (
  declaration: FunctionDeclaration,
  overload: Overload | undefined,
  isMember: boolean,
  args: readonly Step[],
  // Of more than two arguments cel-go leaves out those after a failure, and then the call costs nothing.
  stopsAtFailure = args.length > 2,
): Step => {
  const candidates = declaration.overloads.filter(
    (each) => each.run && each.parameters.length === args.length && each.isMember === isMember,
  );
  const run = declaration.run ?? dispatch(declaration.name, overload ? [overload] : candidates);
  const costOf = declaration.cost ?? overload?.cost;
  return (frame, budget) => {
    const values: Result[] = [];
    let failure: Failure | undefined;
    for (const argument of args) {
      const value = argument(frame, budget);
      values.push(value);
      if (failed(value)) {
        failure ??= value;
        if (stopsAtFailure) return failure;
      }
    }
    const result = failure ?? run(values as readonly Value[], budget);
    budget.pay(costOf ? costOf(values, result, overload) : 1);
    return result;
  };
};

/** Does what the first overload does that fits the values: of dynamic types only they tell. */
const dispatch =
  (name: string, candidates: readonly Overload[]): Run =>
  (args, budget) => {
    const found = candidates.find(({ parameters }) =>
      parameters.every((type, index) => fits(args[index]!, type)),
    );
    return found
      ? found.run!(args, budget)
      : new Failure(`no such overload: ${name}(${args.map(typeName).join(', ')})`);
  };

/** Whether a value may be given for a parameter; of a list the first element tells. */
const fits = (value: Value, { kind, name, parameters }: Type): boolean => {
  switch (kind) {
    case 'dyn':
    case 'param':
      return true;
    case 'list':
      return isList(value) && (value.length === 0 || fits(value[0]!, parameters[0]!));
    case 'map':
      return value instanceof CelMap;
    case 'type':
      return value instanceof TypeValue;
    case 'duration':
      return typeName(value) === 'google.protobuf.Duration';
    case 'timestamp':
      return typeName(value) === 'google.protobuf.Timestamp';
    case 'null':
      return value === null;
    case 'opaque':
    case 'struct':
      return (value instanceof Opaque && value.type.name === name) || isOptionalFor(value, name);
    default:
      return typeName(value) === name;
  }
};

const isOptionalFor = (value: Value, name: string): boolean =>
  value instanceof Optional && name === 'optional_type';
