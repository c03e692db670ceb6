import { maxTimestamp, minTimestamp } from '../values/time.ts';
import {
  Duration,
  Failure,
  type Result,
  Timestamp,
  Uint,
  type Value,
  maxInt,
  maxUint,
  minInt,
  noSuchOverload,
} from '../values/value.ts';

const int = (value: bigint): Result =>
  value > maxInt || value < minInt ? new Failure('integer overflow') : value;

const uint = (value: bigint): Result =>
  value > maxUint || value < 0n ? new Failure('unsigned integer overflow') : new Uint(value);

const duration = (nanos: bigint): Result =>
  nanos > maxInt || nanos < minInt ? new Failure('duration overflow') : new Duration(nanos);

const moved = ({ nanos, offset }: Timestamp, by: bigint): Result => {
  const time = nanos + by;
  return time > maxTimestamp || time < minTimestamp
    ? new Failure('timestamp overflow')
    : new Timestamp(time, offset);
};

/** The sum; of lists it is made where the list may grow. */
export const add = (left: Value, right: Value): Result => {
  if (typeof left === 'bigint' && typeof right === 'bigint') return int(left + right);
  if (typeof left === 'number' && typeof right === 'number') return left + right;
  if (typeof left === 'string' && typeof right === 'string') return left + right;
  if (left instanceof Uint && right instanceof Uint) return uint(left.value + right.value);
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.concat([left, right]);
  if (left instanceof Duration && right instanceof Duration) return duration(left.nanos + right.nanos);
  if (left instanceof Timestamp && right instanceof Duration) return moved(left, right.nanos);
  if (left instanceof Duration && right instanceof Timestamp) return moved(right, left.nanos);
  return noSuchOverload();
};

export const subtract = (left: Value, right: Value): Result => {
  if (typeof left === 'bigint' && typeof right === 'bigint') return int(left - right);
  if (typeof left === 'number' && typeof right === 'number') return left - right;
  if (left instanceof Uint && right instanceof Uint) return uint(left.value - right.value);
  if (left instanceof Duration && right instanceof Duration) return duration(left.nanos - right.nanos);
  if (left instanceof Timestamp && right instanceof Duration) return moved(left, -right.nanos);
  if (left instanceof Timestamp && right instanceof Timestamp) return duration(left.nanos - right.nanos);
  return noSuchOverload();
};

export const multiply = (left: Value, right: Value): Result => {
  if (typeof left === 'bigint' && typeof right === 'bigint') return int(left * right);
  if (typeof left === 'number' && typeof right === 'number') return left * right;
  if (left instanceof Uint && right instanceof Uint) return uint(left.value * right.value);
  return noSuchOverload();
};

export const divide = (left: Value, right: Value): Result => {
  if (typeof left === 'number' && typeof right === 'number') return left / right;
  return whole(left, right, 'division by zero', (dividend, divisor) => dividend / divisor);
};

export const remainder = (left: Value, right: Value): Result =>
  whole(left, right, 'modulus by zero', (dividend, divisor) => dividend % divisor);

const whole = (
  left: Value,
  right: Value,
  byZero: string,
  compute: (dividend: bigint, divisor: bigint) => bigint,
): Result => {
  if (typeof left === 'bigint' && typeof right === 'bigint') {
    if (right === 0n) return new Failure(byZero);
    return right === -1n && left === minInt ? new Failure('integer overflow') : compute(left, right);
  }
  if (!(left instanceof Uint && right instanceof Uint)) return noSuchOverload();
  return right.value === 0n ? new Failure(byZero) : uint(compute(left.value, right.value));
};

export const negate = (value: Value): Result => {
  if (typeof value === 'bigint') return int(-value);
  return typeof value === 'number' ? -value : noSuchOverload();
};
