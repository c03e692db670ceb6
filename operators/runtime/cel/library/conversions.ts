import { perSize, sizeOfResult } from '../evaluate/call.ts';
import type { CostOf, FunctionDeclaration, Run } from '../types/declaration.ts';
import * as t from '../types/type.ts';
import { typeName } from '../values/kind.ts';
import { shortText } from '../values/numbers.ts';
import {
  durationText,
  floorDivide,
  maxTimestamp,
  minTimestamp,
  parseDuration,
  parseTimestamp,
  timestampText,
} from '../values/time.ts';
import {
  Duration,
  Failure,
  type Result,
  Timestamp,
  TypeValue,
  Uint,
  type Value,
  maxInt,
  maxUint,
  minInt,
} from '../values/value.ts';
import { declare, global } from './declare.ts';

const a = t.parameter('A');
const second = 1_000_000_000n;
const same: Run = ([value]) => value!;
const perLength: CostOf = ([text]) => perSize(0.1, sizeOfResult(text!));

const intOf = (value: bigint): Result =>
  value > maxInt || value < minInt ? new Failure('integer overflow') : value;

const uintOf = (value: bigint): Result =>
  value > maxUint || value < 0n ? new Failure('unsigned integer overflow') : new Uint(value);

const intOfDouble = (value: number): Result =>
  // A double next to the limits may stand for a number beyond them.
  Math.abs(value) < 2 ** 63 ? BigInt(Math.trunc(value)) : new Failure('integer overflow');

const uintOfDouble = (value: number): Result =>
  value >= 0 && value < 2 ** 64
    ? new Uint(BigInt(Math.trunc(value)))
    : new Failure('unsigned integer overflow');

const read = (text: string, pattern: RegExp, go: string, convert: (value: bigint) => Result): Result => {
  if (!pattern.test(text)) return new Failure(`${go}: parsing ${JSON.stringify(text)}: invalid syntax`);
  // Longer than any number in range: not worth the time that reading it takes.
  const result = text.length > 100 ? new Failure('') : convert(BigInt(text.replace(/^\+/, '')));
  return result instanceof Failure
    ? new Failure(`${go}: parsing ${JSON.stringify(text)}: value out of range`)
    : result;
};

const parseInt = (text: string): Result => read(text, /^[+-]?\d+$/, 'strconv.ParseInt', intOf);
const parseUint = (text: string): Result => read(text, /^\d+$/, 'strconv.ParseUint', uintOf);

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;

const parseDouble = (text: string): Result => {
  const special = /^([+-]?)(?:inf|infinity)$/i.exec(text);
  if (special) return special[1] === '-' ? -Infinity : Infinity;
  if (/^nan$/i.test(text)) return Number.NaN;
  if (!decimal.test(text))
    return new Failure(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: invalid syntax`);
  const value = Number(text);
  return Number.isFinite(value)
    ? value
    : new Failure(`strconv.ParseFloat: parsing ${JSON.stringify(text)}: value out of range`);
};

const booleans: Record<string, boolean> = Object.fromEntries([
  ...['1', 't', 'T', 'TRUE', 'true', 'True'].map((text) => [text, true]),
  ...['0', 'f', 'F', 'FALSE', 'false', 'False'].map((text) => [text, false]),
]) as Record<string, boolean>;

const parseBoolean = (text: string): Result =>
  Object.hasOwn(booleans, text)
    ? booleans[text]!
    : new Failure(`strconv.ParseBool: parsing ${JSON.stringify(text)}: invalid syntax`);

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const decoded = (bytes: Uint8Array): Result => {
  try {
    return utf8.decode(bytes);
  } catch {
    return new Failure('invalid UTF-8 in bytes, cannot convert to string');
  }
};

const readDuration = (text: string): Result =>
  parseDuration(text) ?? new Failure(`time: invalid duration ${JSON.stringify(text)}`);

const readTimestamp = (text: string): Result =>
  parseTimestamp(text) ?? new Failure(`parsing time ${JSON.stringify(text)} as RFC 3339: cannot parse`);

const timestampOfInt = (seconds: bigint): Result => {
  const nanos = seconds * second;
  return nanos > maxTimestamp || nanos < minTimestamp
    ? new Failure('timestamp overflow')
    : new Timestamp(nanos);
};

/** Conversions from one type to another, by the name of the function. */
const conversion = (
  name: string,
  result: t.Type,
  ...overloads: readonly [string, t.Type, (value: never) => Result, CostOf?][]
): FunctionDeclaration =>
  declare(
    name,
    overloads.map(([id, type, convert, cost]) =>
      global(id, [type], result, ([value]) => convert(value as never), cost),
    ),
  );

export const conversions: readonly FunctionDeclaration[] = [
  declare('type', [global('type', [a], t.typeOf(a))], {
    run: ([value]) => new TypeValue(typeName(value!)),
  }),
  declare('dyn', [global('to_dyn', [a], t.dyn)], { run: same }),
  conversion(
    'bool',
    t.bool,
    ['bool_to_bool', t.bool, (value: boolean) => value],
    ['string_to_bool', t.string, parseBoolean],
  ),
  conversion(
    'bytes',
    t.bytes,
    ['bytes_to_bytes', t.bytes, (value: Uint8Array) => value],
    ['string_to_bytes', t.string, (value: string) => Buffer.from(value), perLength],
  ),
  conversion(
    'double',
    t.double,
    ['double_to_double', t.double, (value: number) => value],
    ['int64_to_double', t.int, (value: bigint) => Number(value)],
    ['string_to_double', t.string, parseDouble],
    ['uint64_to_double', t.uint, ({ value }: Uint) => Number(value)],
  ),
  conversion(
    'duration',
    t.duration,
    ['duration_to_duration', t.duration, (value: Duration) => value],
    ['int64_to_duration', t.int, (value: bigint) => new Duration(value)],
    ['string_to_duration', t.string, readDuration],
  ),
  conversion(
    'int',
    t.int,
    ['int64_to_int64', t.int, (value: bigint) => value],
    ['double_to_int64', t.double, intOfDouble],
    ['duration_to_int64', t.duration, ({ nanos }: Duration) => nanos],
    ['string_to_int64', t.string, parseInt],
    ['timestamp_to_int64', t.timestamp, ({ nanos }: Timestamp) => floorDivide(nanos, second)],
    ['uint64_to_int64', t.uint, ({ value }: Uint) => intOf(value)],
  ),
  conversion(
    'string',
    t.string,
    ['string_to_string', t.string, (value: string) => value],
    ['bool_to_string', t.bool, (value: boolean) => String(value)],
    ['bytes_to_string', t.bytes, decoded, perLength],
    ['double_to_string', t.double, shortText],
    ['duration_to_string', t.duration, durationText],
    ['int64_to_string', t.int, (value: bigint) => value.toString()],
    ['timestamp_to_string', t.timestamp, timestampText],
    ['uint64_to_string', t.uint, ({ value }: Uint) => value.toString()],
  ),
  conversion(
    'timestamp',
    t.timestamp,
    ['timestamp_to_timestamp', t.timestamp, (value: Timestamp) => value],
    ['int64_to_timestamp', t.int, timestampOfInt],
    ['string_to_timestamp', t.string, readTimestamp],
  ),
  conversion(
    'uint',
    t.uint,
    ['uint64_to_uint64', t.uint, (value: Value) => value],
    ['double_to_uint64', t.double, uintOfDouble],
    ['int64_to_uint64', t.int, uintOf],
    ['string_to_uint64', t.string, parseUint],
  ),
];
