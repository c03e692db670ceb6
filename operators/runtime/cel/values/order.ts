import { numberOf } from './equality.ts';
import { Duration, Failure, Timestamp, type Value, noSuchOverload } from './value.ts';

/** -1, 0 or 1 as the first value is less, equal or greater; a failure for values that have no order. */
export const compare = (left: Value, right: Value): number | Failure => {
  const number = numberOf(left);
  if (number !== undefined) {
    const other = numberOf(right);
    if (other === undefined) return noSuchOverload();
    if (Number.isNaN(number) || Number.isNaN(other)) return new Failure('NaN values cannot be ordered');
    return sign(number, other);
  }
  if (typeof left === 'string' && typeof right === 'string') return compareText(left, right);
  if (typeof left === 'boolean' && typeof right === 'boolean') return sign(Number(left), Number(right));
  if (left instanceof Uint8Array && right instanceof Uint8Array) return Buffer.compare(left, right);
  if (left instanceof Duration && right instanceof Duration) return sign(left.nanos, right.nanos);
  if (left instanceof Timestamp && right instanceof Timestamp) return sign(left.nanos, right.nanos);
  return noSuchOverload();
};

const sign = (left: bigint | number, right: bigint | number): number => {
  if (left < right) return -1;
  return left > right ? 1 : 0;
};

/** By code points, where JavaScript goes by UTF-16 units. */
const compareText = (left: string, right: string): number => {
  if (left === right) return 0;
  const length = Math.min(left.length, right.length);
  for (let index = 0; index < length; index++) {
    if (left.charCodeAt(index) === right.charCodeAt(index)) continue;
    return sign(rank(left.charCodeAt(index)), rank(right.charCodeAt(index)));
  }
  return sign(left.length, right.length);
};

/** Surrogates stand for code points beyond all that one unit can be. */
const rank = (unit: number): number => (unit >= 0xd800 && unit < 0xe000 ? unit + 0x1_0000 : unit);
