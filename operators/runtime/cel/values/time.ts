import { plainText } from './numbers.ts';
import { Duration, maxInt, minInt, Timestamp } from './value.ts';

const second = 1_000_000_000n;
const units: Record<string, bigint> = {
  ns: 1n,
  us: 1000n,
  µs: 1000n,
  μs: 1000n,
  ms: 1_000_000n,
  s: second,
  m: 60n * second,
  h: 3600n * second,
};

const part = /(\d*)(?:\.(\d*))?(ns|us|µs|μs|ms|s|m|h)/y;

/** Reads `1h30m`, `-1.5s` and such, as Go does; undefined for anything else and for what an int64 cannot hold. */
export const parseDuration = (text: string): Duration | undefined => {
  const [, sign = '', rest = ''] = /^([+-]?)(.*)$/s.exec(text) ?? [];
  if (rest === '0') return new Duration(0n);
  if (rest === '') return undefined;
  let nanos = 0n;
  part.lastIndex = 0;
  while (part.lastIndex < rest.length) {
    const match = part.exec(rest);
    if (!match) return undefined;
    const [, whole = '', fraction = '', unit = ''] = match;
    if (whole === '' && fraction === '') return undefined;
    const digits = fraction.slice(0, 18);
    nanos += BigInt(whole || '0') * units[unit]!;
    nanos += (BigInt(digits || '0') * units[unit]!) / 10n ** BigInt(digits.length);
  }
  const signed = sign === '-' ? -nanos : nanos;
  return signed > maxInt || signed < minInt ? undefined : new Duration(signed);
};

/** `90.5s`. */
export const durationText = ({ nanos }: Duration): string => {
  const whole = nanos / second;
  return `${plainText(Number(whole) + Number(nanos % second) / 1e9)}s`;
};

export const minTimestamp = -62_135_596_800n * second;
export const maxTimestamp = 253_402_300_800n * second - 1n;

const dateTime = /^(\d{4})-(\d\d)-(\d\d)T(\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:Z|([+-])(\d\d):(\d\d))$/;

/** Reads RFC 3339; undefined for anything else. */
export const parseTimestamp = (text: string): Timestamp | undefined => {
  const match = dateTime.exec(text);
  if (!match) return undefined;
  const [year, month, day, hour, minute, seconds] = match.slice(1, 7).map(Number) as [
    number,
    number,
    number,
    number,
    number,
    number,
  ];
  const [, , , , , , , fraction = '', sign, offsetHours = '0', offsetMinutes = '0'] = match;
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  date.setUTCHours(hour, minute, seconds);
  const isDate = date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  if (!isDate || hour > 23 || minute > 59 || seconds > 59) return undefined;
  if (Number(offsetHours) > 24 || Number(offsetMinutes) > 60) return undefined;
  const minutes = (sign === '-' ? -1 : 1) * (Number(offsetHours) * 60 + Number(offsetMinutes));
  const epoch = BigInt(date.getTime() / 1000 - minutes * 60);
  const nanos = epoch * second + BigInt(fraction.slice(0, 9).padEnd(9, '0'));
  return nanos < minTimestamp || nanos > maxTimestamp ? undefined : new Timestamp(nanos, minutes);
};

/** Rounded down, where BigInt division rounds towards zero. */
export const floorDivide = (value: bigint, by: bigint): bigint => {
  const quotient = value / by;
  return value % by < 0n ? quotient - 1n : quotient;
};

/** RFC 3339, with as many digits of a second as there are. */
export const timestampText = ({ nanos, offset }: Timestamp): string => {
  const seconds = floorDivide(nanos, second);
  const fraction = (nanos - seconds * second).toString().padStart(9, '0').replace(/0+$/, '');
  const text = new Date(Number(seconds) * 1000 + offset * 60_000).toISOString().replace(/^\+00|\.000Z$/g, '');
  return text + (fraction ? `.${fraction}` : '') + zoneText(offset);
};

const zoneText = (offset: number): string => {
  if (offset === 0) return 'Z';
  const minutes = Math.abs(offset);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${offset < 0 ? '-' : '+'}${two(Math.trunc(minutes / 60))}:${two(minutes % 60)}`;
};
