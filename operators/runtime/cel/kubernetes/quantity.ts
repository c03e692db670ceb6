import { perSize, sizeOfResult } from '../evaluate/call.ts';
import { declare, global, member } from '../library/declare.ts';
import type { CostOf, FunctionDeclaration, Run } from '../types/declaration.ts';
import * as t from '../types/type.ts';
import { Failure, Opaque, type Value, failed, maxInt, minInt } from '../values/value.ts';

const quantityType = t.struct('kubernetes.Quantity');

/**
 * A quantity of Kubernetes: value × 10^scale. Kubernetes keeps most of them as an integer with a scale, and only those can
 * be whole numbers for it: `1000m` is not, though it is one.
 */
export class Quantity extends Opaque {
  override readonly type = quantityType;
  readonly value: bigint;
  readonly scale: number;
  readonly isScaled: boolean;

  constructor(value: bigint, scale: number, isScaled: boolean) {
    super();
    this.value = value;
    this.scale = scale;
    this.isScaled = isScaled;
  }

  override equals(other: Quantity): boolean {
    return order(this, other) === 0;
  }

  /** The value in units of 10^scale, for a scale that is not above its own. */
  at(scale: number): bigint {
    return this.value * 10n ** BigInt(this.scale - scale);
  }
}

const fits = (value: bigint): boolean => value <= maxInt && value >= minInt;

const exponents: Record<string, number> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4})|([numkMGTPE]?)|([KMGTPE]i))$/;

/** Reads a quantity; what is finer than a billionth is rounded away from zero. */
const parse = (text: string): Quantity | undefined => {
  const match = pattern.exec(text);
  const [, sign, digits = '', denominator = '', power, unit, binary] = match ?? [];
  if (!match || text === '') return undefined;
  const whole = digits.replace(/^0+/, '') || '0';
  const factor = sign === '-' ? -1n : 1n;
  const value = BigInt(whole + denominator) * factor;
  if (binary !== undefined) {
    const exponent = ('KMGTPE'.indexOf(binary[0]!) + 1) * 10;
    const size = value << BigInt(exponent);
    const room = 15 - whole.length - Math.trunc((exponent * 3) / 10) - 1;
    if (denominator === '' && room >= 0 && fits(size)) return new Quantity(size, 0, true);
    return capped(rounded(size, -denominator.length));
  }
  const exponent = power === undefined ? exponents[unit ?? '']! : Number(power);
  const scale = exponent - denominator.length;
  const isShort = whole.length + denominator.length <= 18 && scale >= -9;
  return isShort ? new Quantity(value, scale, true) : rounded(value, scale);
};

/** What is finer than a billionth is rounded away from zero. */
const rounded = (value: bigint, scale: number): Quantity => {
  if (scale >= -9) return new Quantity(value, scale, false);
  const divisor = 10n ** BigInt(-9 - scale);
  const quotient = value / divisor;
  const step = value < 0n ? -1n : 1n;
  return new Quantity(value % divisor === 0n ? quotient : quotient + step, -9, false);
};

/** Binary quantities end at what an int64 holds. */
const capped = (quantity: Quantity): Quantity => {
  const limit = new Quantity(maxInt, 0, true);
  if (order(quantity, limit) > 0) return new Quantity(maxInt, 0, false);
  return order(quantity, new Quantity(-maxInt, 0, true)) < 0 ? new Quantity(-maxInt, 0, false) : quantity;
};

const order = (left: Quantity, right: Quantity): number => {
  const scale = Math.min(left.scale, right.scale);
  const [first, second] = [left.at(scale), right.at(scale)];
  if (first < second) return -1;
  return first > second ? 1 : 0;
};

const sum = (left: Quantity, right: Quantity): Quantity => {
  if (left.isScaled && right.isScaled) {
    if (right.value === 0n) return left;
    if (left.value === 0n) return right;
    const scale = Math.min(left.scale, right.scale);
    const [first, second] = [left.at(scale), right.at(scale)];
    if (fits(first) && fits(second) && fits(first + second)) return new Quantity(first + second, scale, true);
  }
  const scale = Math.min(left.scale, right.scale);
  return new Quantity(left.at(scale) + right.at(scale), scale, false);
};

const negated = ({ value, scale, isScaled }: Quantity): Quantity => new Quantity(-value, scale, isScaled);

const wholeOf = (quantity: Quantity): bigint | undefined => {
  if (!quantity.isScaled || quantity.scale < 0) return undefined;
  const whole = quantity.at(0);
  return fits(whole) ? whole : undefined;
};

const read = (text: Value): Quantity | Failure =>
  (typeof text === 'string' ? parse(text) : undefined) ??
  new Failure("quantities must match the regular expression '^([+-]?[0-9.]+)([eEinumkKMGTPE]*[-+]?[0-9]*)$'");

const perLength: CostOf = ([text]) => perSize(0.1, sizeOfResult(text!));
const nominal: CostOf = () => 1;

/** A function of one quantity, or of one and another one or an integer. */
const on =
  (run: (quantity: Quantity, other: Quantity) => Value | Failure): Run =>
  ([quantity, other]) =>
    run(quantity as Quantity, typeof other === 'bigint' ? new Quantity(other, 0, true) : (other as Quantity));

const q = quantityType;

/** The quantity library of Kubernetes. */
export const quantities: readonly FunctionDeclaration[] = [
  declare('quantity', [global('string_to_quantity', [t.string], q, ([text]) => read(text!))], {
    cost: perLength,
  }),
  declare(
    'isQuantity',
    [global('is_quantity_string', [t.string], t.bool, ([text]) => !failed(read(text!)))],
    {
      cost: perLength,
    },
  ),
  declare(
    'sign',
    [
      global(
        'quantity_sign',
        [q],
        t.int,
        on(({ value }) => BigInt(signOf(value))),
      ),
    ],
    {
      cost: nominal,
    },
  ),
  declare(
    'isGreaterThan',
    [
      member(
        'quantity_is_greater_than',
        [q, q],
        t.bool,
        on((left, right) => order(left, right) > 0),
      ),
    ],
    { cost: nominal },
  ),
  declare(
    'isLessThan',
    [
      member(
        'quantity_is_less_than',
        [q, q],
        t.bool,
        on((left, right) => order(left, right) < 0),
      ),
    ],
    { cost: nominal },
  ),
  declare(
    'compareTo',
    [
      member(
        'quantity_compare_to',
        [q, q],
        t.int,
        on((left, right) => BigInt(order(left, right))),
      ),
    ],
    { cost: nominal },
  ),
  declare(
    'asApproximateFloat',
    [
      member(
        'quantity_get_float',
        [q],
        t.double,
        on(({ value, scale }) => Number(value) * Number(`1e${scale}`)),
      ),
    ],
    { cost: nominal },
  ),
  declare(
    'asInteger',
    [
      member(
        'quantity_get_int',
        [q],
        t.int,
        on((quantity) => wholeOf(quantity) ?? new Failure('cannot convert value to integer')),
      ),
    ],
    { cost: nominal },
  ),
  declare(
    'isInteger',
    [
      member(
        'quantity_is_integer',
        [q],
        t.bool,
        on((quantity) => wholeOf(quantity) !== undefined),
      ),
    ],
    { cost: nominal },
  ),
  declare(
    'add',
    [member('quantity_add', [q, q], q, on(sum)), member('quantity_add_int', [q, t.int], q, on(sum))],
    { cost: nominal },
  ),
  declare(
    'sub',
    [
      member(
        'quantity_sub',
        [q, q],
        q,
        on((left, right) => sum(left, negated(right))),
      ),
      member(
        'quantity_sub_int',
        [q, t.int],
        q,
        on((left, right) => sum(left, negated(right))),
      ),
    ],
    { cost: nominal },
  ),
];

const signOf = (value: bigint): number => (value < 0n ? -1 : Number(value > 0n));
