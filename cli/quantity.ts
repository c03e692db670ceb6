/** Kubernetes quantities (`500m`, `1.5Gi`, `2e3`), exact to a billionth. */

const NANO = 1_000_000_000n;
const DECIMAL: Record<string, number> = { n: -9, u: -6, m: -3, '': 0, k: 3, M: 6, G: 9, T: 12, P: 15, E: 18 };
const BINARY: Record<string, bigint> = {
  Ki: 1n << 10n,
  Mi: 1n << 20n,
  Gi: 1n << 30n,
  Ti: 1n << 40n,
  Pi: 1n << 50n,
  Ei: 1n << 60n,
};
const SHAPE = /^([+-]?)(\d+\.?\d*|\.\d+)(Ki|Mi|Gi|Ti|Pi|Ei|[numkMGTPE]|[eE][+-]?\d{1,3})?$/;

/** The value in billionths, rounded up. Throws when the text is no quantity. */
export const parseQuantity = (text: string): bigint => {
  const match = SHAPE.exec(text);
  if (!match) {
    throw new Error(
      `"${text}" is not a quantity: write a number with an optional suffix, such as 500m, 2 or 512Mi`,
    );
  }
  const [, sign, digits, suffix = ''] = match;
  const [whole = '0', fraction = ''] = digits!.split('.');
  const mantissa = BigInt(`${whole || '0'}${fraction}`);
  const binary = BINARY[suffix];
  const exponent = /^[eE][+-]?\d/.test(suffix) ? Number(suffix.slice(1)) : (DECIMAL[suffix] ?? 0);
  const scaled = scale(mantissa * (binary ?? 1n) * NANO, exponent - fraction.length);
  return sign === '-' ? -scaled : scaled;
};

const scale = (value: bigint, exponent: number): bigint => {
  if (exponent >= 0) return value * 10n ** BigInt(exponent);
  const divisor = 10n ** BigInt(-exponent);
  return (value + divisor - 1n) / divisor;
};
