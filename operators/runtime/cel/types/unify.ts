import { type Type, isDynOrError, sameType } from './type.ts';

/** What type parameters stand for, by name. */
export type Bindings = ReadonlyMap<string, Type>;

/** Replaces bound parameters; with `free` the unbound ones too. */
export const substitute = (bindings: Bindings, type: Type, free?: Type): Type => {
  if (type.kind === 'param') {
    const bound = bindings.get(type.name);
    return bound ? substitute(bindings, bound, free) : (free ?? type);
  }
  if (type.parameters.length === 0) return type;
  return { ...type, parameters: type.parameters.map((each) => substitute(bindings, each, free)) };
};

/** Bindings under which values of the first types may stand where the second are asked for; undefined when none are. */
export const assign = (
  bindings: Bindings,
  from: readonly Type[],
  to: readonly Type[],
): Bindings | undefined => {
  const trial = new Map(bindings);
  return areAssignable(trial, from, to) ? trial : undefined;
};

const areAssignable = (bindings: Map<string, Type>, from: readonly Type[], to: readonly Type[]): boolean =>
  from.length === to.length && from.every((each, index) => isAssignable(bindings, each, to[index]!));

const isAssignable = (bindings: Map<string, Type>, from: Type, to: Type): boolean => {
  if (to.kind === 'param') {
    const bound = bind(bindings, from, to);
    if (bound === 'bound') return true;
    if (bound === 'contradicted') return false;
  }
  if (from.kind === 'param') return bind(bindings, to, from) === 'bound';
  if (isDynOrError(from) || isDynOrError(to)) return true;
  if (from.kind === 'null') return isNullable(to);
  if (to.kind === 'null') return isNullable(from);
  if (from.kind !== to.kind || from.name !== to.name) return false;
  return from.kind === 'type' || areAssignable(bindings, from.parameters, to.parameters);
};

const isNullable = ({ kind }: Type): boolean =>
  kind === 'opaque' || kind === 'struct' || kind === 'duration' || kind === 'timestamp' || kind === 'null';

/** Lets a parameter stand for a type; `impossible` when the type has the parameter within. */
const bind = (
  bindings: Map<string, Type>,
  type: Type,
  parameter: Type,
): 'bound' | 'contradicted' | 'impossible' => {
  if (sameType(type, parameter)) return 'bound';
  const bound = bindings.get(parameter.name);
  if (bound) {
    if (sameType(type, bound)) return 'bound';
    if (!isAssignable(bindings, type, bound)) return 'contradicted';
    const general = isLessSpecific(type, bound) ? type : bound;
    if (!occurs(bindings, parameter, general)) bindings.set(parameter.name, general);
    return 'bound';
  }
  if (occurs(bindings, parameter, type)) return 'impossible';
  bindings.set(parameter.name, type);
  return 'bound';
};

const occurs = (bindings: Bindings, parameter: Type, within: Type): boolean => {
  if (sameType(parameter, within)) return true;
  if (within.kind === 'param') {
    const bound = bindings.get(within.name);
    return bound !== undefined && occurs(bindings, parameter, bound);
  }
  return within.parameters.some((each) => occurs(bindings, parameter, each));
};

/** Whether the first type is the second or says less. */
export const isLessSpecific = (first: Type, second: Type): boolean => {
  if (first.kind === 'dyn' || first.kind === 'param') return true;
  if (second.kind === 'dyn' || second.kind === 'param') return false;
  if (first.kind !== second.kind || first.name !== second.name) return false;
  return (
    first.kind === 'type' ||
    first.parameters.every((each, index) => isLessSpecific(each, second.parameters[index]!))
  );
};
