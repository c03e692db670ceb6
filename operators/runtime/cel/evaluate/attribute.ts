/**
 * Variables and what is selected from them. cel-go resolves a whole path like `object.status.phase` at once, and its cost
 * counts one for the path and one for each part that was found: so it is done here.
 */
import { isList, typeName } from '../values/kind.ts';
import { CelMap, Failure, Optional, type Result, Uint, type Value, failed } from '../values/value.ts';
import type { Budget } from './budget.ts';
import type { Frame, Step } from './step.ts';

/** One part of a path: a field or an index. */
export interface Qualifier {
  /** The key, without the cost of the part itself. */
  readonly key: Step;
  readonly isOptional: boolean;
  /** Whether only its presence is asked for. */
  readonly testOnly: boolean;
}

export type Attribute =
  | { kind: 'path'; base: Step; qualifiers: readonly Qualifier[] }
  | { kind: 'conditional'; condition: Step; then: Attribute; otherwise: Attribute };

/** The attribute with one more part. */
export const qualified = (attribute: Attribute, qualifier: Qualifier): Attribute =>
  attribute.kind === 'path'
    ? { ...attribute, qualifiers: [...attribute.qualifiers, qualifier] }
    : {
        ...attribute,
        then: qualified(attribute.then, qualifier),
        otherwise: qualified(attribute.otherwise, qualifier),
      };

/** The value of an attribute; the one that the path as a whole costs is left to the caller. */
export const resolve = (attribute: Attribute, frame: Frame, budget: Budget): Result => {
  if (attribute.kind === 'path') return follow(attribute.base(frame, budget), attribute, frame, budget);
  const condition = attribute.condition(frame, budget);
  if (condition === true) return resolve(attribute.then, frame, budget);
  if (condition === false) return resolve(attribute.otherwise, frame, budget);
  return failed(condition) ? condition : new Failure('no such overload');
};

const follow = (
  base: Result,
  { qualifiers }: Extract<Attribute, { kind: 'path' }>,
  frame: Frame,
  budget: Budget,
): Result => {
  if (failed(base)) return base;
  if (qualifiers.length === 0) return base;
  let optional = base instanceof Optional;
  let value: Value = base;
  if (base instanceof Optional) {
    if (base.value === undefined) return base;
    value = base.value;
  }
  for (const qualifier of qualifiers) {
    optional ||= qualifier.isOptional;
    const found = part(value, qualifier, optional, frame, budget);
    if (failed(found)) return found;
    if (found === undefined) return Optional.none;
    value = found;
  }
  return optional ? new Optional(value) : value;
};

/** One part of the path; undefined when it is optional and absent. */
const part = (
  value: Value,
  qualifier: Qualifier,
  optional: boolean,
  frame: Frame,
  budget: Budget,
): Result | undefined => {
  const key = qualifier.key(frame, budget);
  const found = failed(key) ? key : at(value, key, optional || qualifier.testOnly);
  if (qualifier.testOnly && !optional) {
    budget.pay(1);
    return failed(found) ? found : found !== undefined;
  }
  const isPresent = found !== undefined && !failed(found);
  if (isPresent || !optional) budget.pay(1);
  return found;
};

/** What a map or list has under a key. For one that is absent: undefined if that was asked for, else a failure. */
export const at = (value: Value, key: Value, mayMiss: boolean): Result | undefined => {
  if (key === null || (typeof key === 'object' && !(key instanceof Uint)))
    return new Failure(`invalid qualifier type: ${typeName(key)}`);
  if (value instanceof CelMap) {
    const found = value.get(key);
    return found === undefined ? missing(mayMiss, 'no such key', key) : found;
  }
  if (isList(value)) {
    const index = indexOf(key);
    if (failed(index)) return index;
    return index >= 0 && index < value.length ? value[index]! : missing(mayMiss, 'index out of bounds', key);
  }
  return missing(mayMiss, 'no such key', key);
};

const missing = (mayMiss: boolean, what: string, key: Value): Failure | undefined =>
  mayMiss ? undefined : new Failure(`${what}: ${keyText(key)}`);

/** A key in the words of an error. */
export const keyText = (key: Value): string => {
  if (key instanceof Uint) return String(key.value);
  return typeof key === 'object' && key !== null ? typeName(key) : String(key);
};

const indexOf = (key: Value): number | Failure => {
  if (typeof key === 'bigint') return Number(key);
  if (key instanceof Uint) return Number(key.value);
  if (typeof key !== 'number') return new Failure(`unsupported index type '${typeName(key)}' in list`);
  return Number.isInteger(key) ? key : new Failure(`unsupported index value '${key}' in list`);
};
