import type { Issue } from '../errors.ts';
import type { Budget } from '../evaluate/budget.ts';
import type { Call, Expression } from '../syntax/expression.ts';
import type { Type } from '../types/type.ts';
import { isList, typeName } from '../values/kind.ts';
import { fixedText, plainText, scientificText } from '../values/numbers.ts';
import { timestampText, durationText } from '../values/time.ts';
import {
  CelMap,
  Duration,
  Failure,
  type Result,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
  failed,
} from '../values/value.ts';

/** More digits than a double has are zeros; this many are more than anybody reads. */
const maxPrecision = 1000;

interface Clause {
  letter: string;
  precision: number;
}

const numeric = ['int', 'uint', 'double'];
const printable = [
  ...numeric,
  ...['bool', 'string', 'bytes', 'list', 'map', 'null_type', 'type'],
  ...['google.protobuf.Duration', 'google.protobuf.Timestamp'],
];

/** The types that a clause takes, and how an error names them. */
const takes: Record<string, { types: readonly string[]; words: string }> = {
  s: {
    types: printable,
    words:
      'string clause can only be used on strings, bools, bytes, ints, doubles, maps, lists, types, durations, and timestamps',
  },
  d: { types: numeric, words: 'decimal clause can only be used on ints, uints, and doubles' },
  f: { types: numeric, words: 'fixed-point clause can only be used on ints, uints, and doubles' },
  e: { types: numeric, words: 'scientific clause can only be used on ints, uints, and doubles' },
  b: { types: ['int', 'uint', 'bool'], words: 'only ints, uints, and bools can be formatted as binary' },
  x: {
    types: ['int', 'uint', 'string', 'bytes'],
    words: 'only ints, uints, bytes, and strings can be formatted as hex',
  },
  o: { types: ['int', 'uint'], words: 'octal clause can only be used on ints and uints' },
};

/** Splits a format into text and clauses. */
const clausesOf = (format: string): (string | Clause)[] | Failure => {
  const parts: (string | Clause)[] = [];
  let last = 0;
  for (let at = format.indexOf('%'); at >= 0; at = format.indexOf('%', last)) {
    parts.push(format.slice(last, at));
    const match = /^%(?:%|(?:\.(\d+))?([sdfebxXo]))/.exec(format.slice(at, at + 20));
    if (!match) return unreadable(format.slice(at + 1));
    const [text, precision, letter] = match;
    if (Number(precision) > maxPrecision) return new Failure(`precision of more than ${maxPrecision} digits`);
    parts.push(letter === undefined ? '%' : { letter, precision: Number(precision ?? 6) });
    last = at + text.length;
  }
  return [...parts, format.slice(last)];
};

const unreadable = (rest: string): Failure => {
  if (rest === '') return new Failure('unexpected end of string');
  const [character] = rest.replace(/^\.\d*/, '');
  return new Failure(
    character === undefined
      ? 'could not parse formatting clause: could not find end of precision specifier'
      : `could not parse formatting clause: unrecognized formatting clause "${character}"`,
  );
};

/** `'%s of %d'.format([…])`. */
export const formatString = (format: string, args: readonly Value[], budget: Budget): Result => {
  const parts = clausesOf(format);
  if (failed(parts)) return parts;
  const texts: string[] = [];
  let next = 0;
  for (const part of parts) {
    let text: string | Failure | undefined;
    if (typeof part === 'string') text = part;
    else if (next >= args.length) text = new Failure(`index ${next} out of range`);
    else text = formatted(part, args[next++]!, budget);
    if (failed(text)) return text;
    budget.build(text.length);
    texts.push(text);
  }
  return texts.join('');
};

const refused = (letter: string, type: string): Failure =>
  new Failure(`error during formatting: ${takes[letter.toLowerCase()]!.words}, was given ${type}`);

const formatted = ({ letter, precision }: Clause, value: Value, budget: Budget): string | Failure => {
  const type = typeName(value);
  if (!takes[letter.toLowerCase()]!.types.includes(type)) return refused(letter, type);
  switch (letter) {
    case 's':
      return printed(value, budget);
    case 'd':
      return typeof value === 'number' ? plainText(value, 'Infinity') : integer(value).toString();
    case 'f':
    case 'e':
      return decimals(letter, precision, value);
    case 'b':
      return integer(typeof value === 'boolean' ? BigInt(value) : value).toString(2);
    case 'o':
      return integer(value).toString(8);
    default:
      return letter === 'x' ? hex(value) : hex(value).toUpperCase();
  }
};

const integer = (value: Value): bigint => (value instanceof Uint ? value.value : (value as bigint));

const decimals = (letter: string, precision: number, value: Value): string => {
  const number = typeof value === 'number' ? value : Number(integer(value));
  if (!Number.isFinite(number)) return plainText(number, 'Infinity');
  return letter === 'f' ? fixedText(number, precision) : scientificText(number, precision);
};

const hex = (value: Value): string => {
  if (typeof value === 'string') return Buffer.from(value).toString('hex');
  return value instanceof Uint8Array ? Buffer.from(value).toString('hex') : integer(value).toString(16);
};

/** The text of a value for people. */
const printed = (value: Value, budget: Budget): string | Failure => {
  budget.work(1);
  if (typeof value === 'string') return value;
  if (typeof value === 'number') return plainText(value, 'Infinity');
  if (value === null || typeof value !== 'object') return String(value);
  if (isList(value)) return printedList(value, budget);
  if (value instanceof CelMap) return printedMap(value, budget);
  if (value instanceof Uint8Array) return new TextDecoder().decode(value);
  if (value instanceof Uint) return value.value.toString();
  if (value instanceof Duration) return durationText(value);
  if (value instanceof Timestamp) return timestampText(new Timestamp(value.nanos));
  return value instanceof TypeValue ? value.name : refused('s', typeName(value));
};

const printedMap = (map: CelMap, budget: Budget): string | Failure => {
  const entries: [name: string, text: string][] = [];
  for (const key of map.keys()) {
    const name = printed(key, budget);
    const text = printed(map.get(key)!, budget);
    if (failed(name)) return name;
    if (failed(text)) return text;
    entries.push([name, `${name}: ${text}`]);
  }
  entries.sort(([left], [right]) => (left < right ? -1 : Number(left > right)));
  return `{${entries.map(([, text]) => text).join(', ')}}`;
};

const printedList = (list: readonly Value[], budget: Budget): string | Failure => {
  const texts: string[] = [];
  for (const each of list) {
    const text = printed(each, budget);
    if (failed(text)) return text;
    texts.push(text);
  }
  return `[${texts.join(', ')}]`;
};

/** What is wrong with a call whose format and arguments are written out; undefined when nothing is. */
export const formatIssue = (
  { target, args: [list], at }: Call,
  typeOf: (expression: Expression) => Type,
): Issue | undefined => {
  if (target?.kind !== 'literal' || typeof target.value !== 'string' || list?.kind !== 'list')
    return undefined;
  const parts = clausesOf(target.value);
  if (failed(parts)) return { at, message: parts.message };
  const clauses = parts.filter((part) => typeof part !== 'string');
  for (const [index, { letter }] of clauses.entries()) {
    const element = list.elements[index];
    if (!element) return { at, message: `index ${index} out of range` };
    const type = runtimeName(typeOf(element.value));
    if (type !== undefined && !takes[letter.toLowerCase()]!.types.includes(type))
      return { at: element.value.at, message: refused(letter, type).message };
  }
  const [expected, given] = [clauses.length, list.elements.length];
  if (given <= expected) return undefined;
  return { at, message: `too many arguments supplied to string.format (expected ${expected}, got ${given})` };
};

const runtimeName = ({ kind, name }: Type): string | undefined => {
  switch (kind) {
    case 'dyn':
    case 'param':
    case 'error':
      return undefined;
    case 'null':
      return 'null_type';
    case 'duration':
      return 'google.protobuf.Duration';
    case 'timestamp':
      return 'google.protobuf.Timestamp';
    default:
      return name;
  }
};
