/** Numbers as Go writes them. */

/** Digits and decimal exponent of a finite number: 0.d₁d₂… × 10^exponent. */
const digitsOf = (value: number): { digits: string; exponent: number } => {
  const [mantissa = '', power = '0'] = Math.abs(value).toExponential().split('e');
  return { digits: mantissa.replace('.', ''), exponent: Number(power) + 1 };
};

const special = (value: number, infinity: string): string | undefined => {
  if (Number.isNaN(value)) return 'NaN';
  if (Number.isFinite(value)) return undefined;
  return value > 0 ? infinity : `-${infinity.replace('+', '')}`;
};

const signOf = (value: number): string => (value < 0 || Object.is(value, -0) ? '-' : '');

/** All digits, without an exponent. */
export const plainText = (value: number, infinity = '+Inf'): string => {
  const found = special(value, infinity);
  if (found !== undefined) return found;
  const { digits, exponent } = digitsOf(value);
  if (value === 0) return `${signOf(value)}0`;
  if (exponent <= 0) return `${signOf(value)}0.${'0'.repeat(-exponent)}${digits}`;
  if (exponent >= digits.length) return signOf(value) + digits.padEnd(exponent, '0');
  return `${signOf(value)}${digits.slice(0, exponent)}.${digits.slice(exponent)}`;
};

/** The shortest text, with an exponent for very large and very small numbers (`%g`). */
export const shortText = (value: number): string => {
  const found = special(value, '+Inf');
  if (found !== undefined) return found;
  const { digits, exponent } = digitsOf(value);
  if (value === 0 || (exponent > -4 && exponent <= 6)) return plainText(value);
  const fraction = digits.length > 1 ? `.${digits.slice(1)}` : '';
  return `${signOf(value)}${digits[0]}${fraction}e${exponentText(exponent - 1)}`;
};

const exponentText = (exponent: number): string =>
  `${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`;

/** With so many digits after the point, exactly rounded as the binary number is. */
export const fixedText = (value: number, places: number): string => {
  const [whole, fraction] = scaled(value, places);
  return signOf(value) + whole + (places > 0 ? `.${fraction}` : '');
};

const scaled = (value: number, places: number): [whole: string, fraction: string] => {
  const [numerator, denominator] = ratioOf(Math.abs(value));
  const times = numerator * 10n ** BigInt(places);
  const quotient = roundedHalfEven(times, denominator);
  const text = quotient.toString().padStart(places + 1, '0');
  return [text.slice(0, text.length - places), text.slice(text.length - places)];
};

const roundedHalfEven = (numerator: bigint, denominator: bigint): bigint => {
  const quotient = numerator / denominator;
  const twice = (numerator % denominator) * 2n;
  const up = twice > denominator || (twice === denominator && quotient % 2n === 1n);
  return up ? quotient + 1n : quotient;
};

/** A finite number as a fraction. */
const ratioOf = (value: number): [numerator: bigint, denominator: bigint] => {
  let denominator = 1n;
  let numerator = value;
  while (!Number.isInteger(numerator)) {
    numerator *= 2;
    denominator *= 2n;
  }
  return [BigInt(numerator), denominator];
};

/** One digit, so many after the point, and an exponent. */
export const scientificText = (value: number, places: number): string => {
  if (value === 0) return `${signOf(value)}0${places > 0 ? `.${'0'.repeat(places)}` : ''}e+00`;
  const [numerator, denominator] = ratioOf(Math.abs(value));
  let { exponent } = digitsOf(value);
  exponent--;
  const at = (power: number): bigint => {
    const shift = places - power;
    return shift >= 0
      ? roundedHalfEven(numerator * 10n ** BigInt(shift), denominator)
      : roundedHalfEven(numerator, denominator * 10n ** BigInt(-shift));
  };
  let text = at(exponent).toString();
  if (text.length > places + 1) text = at(++exponent).toString();
  const fraction = places > 0 ? `.${text.slice(1)}` : '';
  return `${signOf(value)}${text[0]}${fraction}e${exponentText(exponent)}`;
};
