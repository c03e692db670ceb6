import { exactNumber } from '../json.ts';

/** What a plain scalar means to kubectl: YAML 1.1 as Go's parser has it, where 0400 is octal and `no` is false. */
export type ScalarValue = string | number | bigint | boolean | null;

type Kind = 'str' | 'int' | 'float' | 'bool' | 'null' | 'timestamp';

interface Resolved {
  kind: Kind;
  value: ScalarValue;
}

const all = (kind: Kind, value: ScalarValue, words: string): [string, Resolved][] =>
  words.split(' ').map((word) => [word, { kind, value }]);

const words = new Map<string, Resolved>([
  ...all('bool', true, 'y Y yes Yes YES true True TRUE on On ON'),
  ...all('bool', false, 'n N no No NO false False FALSE off Off OFF'),
  ...all('null', null, '~ null Null NULL'),
  ['', { kind: 'null', value: null }],
  ...all('float', NaN, '.nan .NaN .NAN'),
  ...all('float', Infinity, '.inf .Inf .INF +.inf +.Inf +.INF'),
  ...all('float', -Infinity, '-.inf -.Inf -.INF'),
]);

const integer = /^([-+]?)(?:(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+)|0([0-7]+)|(0|[1-9][0-9]*))$/;
const [least, most] = [-(2n ** 63n), 2n ** 64n - 1n];

/** An integer of at most 64 bits, in any of the notations of Go; undefined for everything else. */
const integerOf = (text: string): number | bigint | undefined => {
  const [matches, sign = '', prefixed, octal, decimal = ''] = integer.exec(text) ?? [];
  if (matches === undefined) return undefined;
  const size = BigInt(prefixed?.toLowerCase() ?? (octal === undefined ? decimal : `0o${octal}`));
  const value = sign === '-' ? -size : size;
  return value >= least && value <= most ? exactNumber(value.toString()) : undefined;
};

const float = /^[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?$/;

const floatOf = (text: string): number | undefined => {
  const value = float.test(text) ? Number(text) : NaN;
  return Number.isFinite(value) ? value : undefined;
};

/** A binary number whose sign stands after its prefix, which Go's parser takes too. */
const signedBinary = /^0b([-+][01]+)$/;

/** A date, or a time of day on it: to those who ask for no type it is a text. */
const timestamp = /^\d{4}-\d{1,2}-\d{1,2}([Tt ]\d{1,2}:\d{1,2}:\d{1,2}(\.\d+)?(Z|[-+]\d{2}:\d{2})?)?$/;

const resolvedNumber = (text: string): Resolved | undefined => {
  if (text.startsWith('.')) {
    const value = floatOf(text.replaceAll(/(?<=\d)_(?=\d)/g, ''));
    return value === undefined ? undefined : { kind: 'float', value };
  }
  if (timestamp.test(text)) return { kind: 'timestamp', value: text };
  const plain = text.replaceAll('_', '');
  const whole = integerOf(plain);
  if (whole !== undefined) return { kind: 'int', value: whole };
  const value = floatOf(plain);
  if (value !== undefined) return { kind: 'float', value };
  const digits = signedBinary.exec(plain)?.[1];
  return digits
    ? { kind: 'int', value: (digits[0] === '-' ? -1 : 1) * parseInt(digits.slice(1), 2) }
    : undefined;
};

/** The value of a scalar that is neither quoted nor tagged. */
const resolve = (text: string): Resolved =>
  words.get(text) ??
  (/^[-+.0-9]/.test(text) ? resolvedNumber(text) : undefined) ?? { kind: 'str', value: text };

const standard = 'tag:yaml.org,2002:';
const base64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

const binaryOf = (text: string): string => {
  const written = text.replaceAll(/[\r\n]/g, '');
  if (!base64.test(written)) throw new Error('!!binary value contains invalid base64 data');
  return Buffer.from(written, 'base64').toString('utf8');
};

/**
 * The value of a scalar.
 * @param tag the whole tag; undefined when there is none
 * @param plain without quotes, and not of a block
 * @throws Error when the text is none of what the tag says
 */
export const scalarValue = (text: string, tag: string | undefined, plain: boolean): ScalarValue => {
  if (tag === undefined) return plain ? resolve(text).value : text;
  if (!tag.startsWith(standard)) return text;
  const wanted = tag.slice(standard.length);
  if (wanted === 'binary') return binaryOf(text);
  if (!['int', 'float', 'bool', 'null', 'timestamp'].includes(wanted)) return text;
  const { kind, value } = resolve(text);
  if (kind !== wanted && !(kind === 'int' && wanted === 'float'))
    throw new Error(`cannot decode !!${kind} \`${text}\` as a !!${wanted}`);
  return value;
};

/** The shortest digits that are the same number with 32 bits: so Go writes a float that is a key. */
const floatKey = (value: number): string => {
  if (Number.isNaN(value)) return '.nan';
  const single = Math.fround(value);
  if (!Number.isFinite(single)) return single > 0 ? '.inf' : '-.inf';
  let digits = 1;
  while (digits < 9 && Math.fround(Number(single.toExponential(digits - 1))) !== single) digits++;
  const [mantissa = '', exponent = ''] = single.toExponential(digits - 1).split('e');
  const power = Number(exponent);
  if (power >= -4 && power < 6) return String(Number(single.toPrecision(digits)));
  return `${mantissa}e${power < 0 ? '-' : '+'}${String(Math.abs(power)).padStart(2, '0')}`;
};

/** Whether a number is a float by how it is written, also when its value is an integer. */
const isFloat = (text: string): boolean => resolve(text).kind === 'float';

/**
 * A key as JSON has it: numbers and booleans as texts.
 * @param text as it is written
 * @throws Error for null, and for integers that need 64 bits without a sign
 */
export const keyOf = (key: ScalarValue, text: string): string => {
  if (key === null) throw new Error('null cannot be a key; put it in quotes');
  if (typeof key !== 'number') return String(key);
  if (isFloat(text)) return floatKey(key);
  if (Number.isSafeInteger(key)) return String(key);
  throw new Error(`${text} cannot be a key; put it in quotes`);
};
