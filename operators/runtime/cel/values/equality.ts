import type { Budget } from '../evaluate/budget.ts';
import { isList } from './kind.ts';
import {
  CelMap,
  Duration,
  type Failure,
  Opaque,
  Optional,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
  noSuchOverload,
} from './value.ts';

type Number = bigint | number;

/** A number of any type for comparison; undefined for what is none. */
export const numberOf = (value: Value): Number | undefined => {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  return value instanceof Uint ? value.value : undefined;
};

/** Whether two values are equal; numbers of different types may be, other values of different types are not. */
export const equal = (left: Value, right: Value, budget: Budget): boolean | Failure => {
  budget.work(typeof left === 'string' || left instanceof Uint8Array ? 1 + left.length / 64 : 1);
  const number = numberOf(left);
  if (number !== undefined) {
    const other = numberOf(right);
    // Of a bigint and a number only == compares the values.
    return other !== undefined && number == other; // oxlint-disable-line eqeqeq
  }
  if (left === null || typeof left !== 'object') return left === right;
  if (isList(left)) return isList(right) && listsEqual(left, right, budget);
  if (left instanceof CelMap) return right instanceof CelMap && mapsEqual(left, right, budget);
  return objectsEqual(left, right, budget);
};

const objectsEqual = (left: object, right: Value, budget: Budget): boolean | Failure => {
  if (left instanceof Uint8Array) return right instanceof Uint8Array && Buffer.compare(left, right) === 0;
  if (left instanceof Duration) return right instanceof Duration && left.nanos === right.nanos;
  if (left instanceof Timestamp) return right instanceof Timestamp && left.nanos === right.nanos;
  if (left instanceof TypeValue) return right instanceof TypeValue && left.name === right.name;
  if (left instanceof Optional) {
    if (!(right instanceof Optional)) return false;
    if (left.value === undefined || right.value === undefined) return left.value === right.value;
    return equal(left.value, right.value, budget);
  }
  if (!(left instanceof Opaque) || !(right instanceof Opaque) || left.constructor !== right.constructor)
    return noSuchOverload();
  return left.equals(right);
};

const listsEqual = (left: readonly Value[], right: readonly Value[], budget: Budget): boolean | Failure => {
  if (left.length !== right.length) return false;
  for (const [index, value] of left.entries()) {
    const found = equal(value, right[index]!, budget);
    if (found !== true) return found;
  }
  return true;
};

const mapsEqual = (left: CelMap, right: CelMap, budget: Budget): boolean | Failure => {
  if (left.size !== right.size) return false;
  for (const key of left.keys()) {
    const other = right.get(key);
    if (other === undefined) return false;
    const found = equal(left.get(key)!, other, budget);
    if (found !== true) return found;
  }
  return true;
};

/** Whether a list has a value. */
export const contains = (list: readonly Value[], value: Value, budget: Budget): boolean =>
  list.some((each) => equal(each, value, budget) === true);
