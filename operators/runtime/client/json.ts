/**
 * JSON as an API server means it: integers of 64 bits arrive and leave exactly. Those that a JavaScript number cannot hold
 * are `bigint`; `JSON.stringify` writes these like any number once this module is loaded (docs/decisions/017).
 */

interface Source {
  source?: string;
}

const longInteger = /\d{16}/;
const integer = /^-?\d+$/;
const [least, most] = [-(2n ** 63n), 2n ** 63n - 1n];

/**
 * The value of a number as it is written. Beyond 64 bits, and with a fraction or an exponent, it is the nearest float, as
 * the API server reads it.
 */
export const exactNumber = (written: string): number | bigint => {
  const value = Number(written);
  if (Number.isSafeInteger(value) || !integer.test(written)) return value;
  const exact = BigInt(written);
  return exact >= least && exact <= most ? exact : value;
};

const exactly = (_key: string, value: unknown, { source }: Source): unknown =>
  typeof value === 'number' && source !== undefined ? exactNumber(source) : value;

/**
 * Parses JSON without loss.
 * @throws SyntaxError when the text is not JSON
 */
export const parseJson = (text: string): unknown =>
  // The reviver costs several times what parsing does, and hardly any text has such a number.
  longInteger.test(text)
    ? JSON.parse(text, exactly as (key: string, value: unknown) => unknown)
    : JSON.parse(text);

/** A map of JSON: an object, that is, and no list. */
export type JsonMap = Record<string, unknown>;

/** Whether a value is a map, and neither a list nor null. */
export const isMap = (value: unknown): value is JsonMap =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Whether a value is a number of either kind. */
export const isNumeric = (value: unknown): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint';

/** Whether two numbers are the same one; `===` holds a number and a bigint for different. */
export const isSameNumber = (a: number | bigint, b: number | bigint): boolean => a <= b && a >= b;

const { rawJSON } = JSON as unknown as { rawJSON: (text: string) => unknown };

Object.defineProperty(BigInt.prototype, 'toJSON', {
  value(this: bigint) {
    return rawJSON(this.toString());
  },
  configurable: true,
  writable: true,
});
