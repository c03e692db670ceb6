/** Kubernetes quantities (`500m`, `1.5Gi`, `2e3`), exact to a billionth. */

const suffixes: Record<string, [base: bigint, exponent: number]> = {
  n: [10n, -9],
  u: [10n, -6],
  m: [10n, -3],
  '': [10n, 0],
  k: [10n, 3],
  M: [10n, 6],
  G: [10n, 9],
  T: [10n, 12],
  P: [10n, 15],
  E: [10n, 18],
  Ki: [2n, 10],
  Mi: [2n, 20],
  Gi: [2n, 30],
  Ti: [2n, 40],
  Pi: [2n, 50],
  Ei: [2n, 60],
};

type Notation = 'decimal' | 'binary';
/** Billionths, so that every quantity is whole. */
export interface Quantity {
  nanos: bigint;
  notation: Notation;
}

const nano = 1_000_000_000n;
const pattern = /^([+-]?)(\d*)(?:\.(\d*))?(?:([eE])([+-]?\d{1,3})|([numkMGTPE]|[KMGTPE]i)?)$/;

/** Reads a quantity; what is finer than a billionth is rounded up. Throws on anything else. */
export const parseQuantity = (text: string | number): Quantity => {
  const match = pattern.exec(String(text));
  const [, sign, whole = '', fraction = '', exponential, power, suffix = ''] = match ?? [];
  if (!match || (whole === '' && fraction === ''))
    throw new Error(
      `"${text}" is not a quantity: write a number with an optional suffix, such as 500m, 2 or 512Mi`,
    );
  const [base, exponent] = exponential ? [10n, Number(power)] : suffixes[suffix]!;
  const digits = BigInt(whole + fraction) * nano;
  const isBinary = base === 2n;
  const nanos = isBinary
    ? shifted(digits * base ** BigInt(exponent), -fraction.length)
    : shifted(digits, exponent - fraction.length);
  return { nanos: sign === '-' ? -nanos : nanos, notation: isBinary ? 'binary' : 'decimal' };
};

/** Times a power of ten, rounded up. */
const shifted = (value: bigint, exponent: number): bigint => {
  if (exponent >= 0) return value * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  return (value + divisor - 1n) / divisor;
};

const binaryUnits = ['Ei', 'Pi', 'Ti', 'Gi', 'Mi', 'Ki'] as const;
const decimalUnits = ['E', 'P', 'T', 'G', 'M', 'k', '', 'm', 'u', 'n'] as const;

/** The canonical text: no fraction, the largest suffix that needs none. */
export const formatQuantity = ({ nanos, notation }: Quantity): string => {
  if (nanos === 0n) return '0';
  if (notation === 'binary' && nanos % nano === 0n) {
    const value = nanos / nano;
    for (const unit of binaryUnits) {
      const size = 2n ** BigInt(suffixes[unit]![1]);
      if (value % size === 0n) return `${value / size}${unit}`;
    }
    return value.toString();
  }
  for (const unit of decimalUnits) {
    const size = 10n ** BigInt(suffixes[unit]![1] + 9);
    if (nanos % size === 0n) return `${nanos / size}${unit}`;
  }
  return `${nanos}n`;
};

/** The sum, in the notation of the first summand. */
export const addQuantities = (left: Quantity | undefined, right: Quantity): Quantity =>
  left ? { nanos: left.nanos + right.nanos, notation: left.notation } : right;
