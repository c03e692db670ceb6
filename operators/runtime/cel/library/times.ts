import type { FunctionDeclaration } from '../types/declaration.ts';
import * as t from '../types/type.ts';
import { floorDivide } from '../values/time.ts';
import { type Duration, Failure, type Result, type Timestamp, type Value } from '../values/value.ts';
import { declare, member } from './declare.ts';

const milli = 1_000_000n;
const day = 86_400_000;

/** The offset of a zone from UTC at a time, in milliseconds; undefined for no such zone. */
const offsetOf = (zone: string, time: number): number | undefined => {
  const fixed = /^([+-]?)(\d\d):(\d\d)$/.exec(zone);
  if (fixed) {
    const [, sign, hours, minutes] = fixed;
    const offset = (Number(hours) * 60 + Number(minutes)) * 60_000;
    return sign === '-' ? -offset : offset;
  }
  try {
    const format = new Intl.DateTimeFormat('en', { timeZone: zone, timeZoneName: 'longOffset' });
    const name = format.formatToParts(time).find(({ type }) => type === 'timeZoneName')?.value ?? '';
    const [, sign, hours = '0', minutes = '0', seconds = '0'] =
      /GMT(?:([+-])(\d\d):(\d\d)(?::(\d\d))?)?/.exec(name) ?? [];
    const offset = ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000;
    return sign === '-' ? -offset : offset;
  } catch {
    return undefined;
  }
};

type Read = (date: Date, nanos: bigint) => number;

/** The part of a time in UTC, or in the zone that is asked for. */
const partOf =
  (read: Read) =>
  ([value, zone = 'UTC']: readonly Value[]): Result => {
    const { nanos } = value as Timestamp;
    const time = Number(floorDivide(nanos, milli));
    const offset = zone === 'UTC' || zone === '' ? 0 : offsetOf(zone as string, time);
    if (offset === undefined) return new Failure(`unknown time zone ${zone as string}`);
    return BigInt(read(new Date(time + offset), nanos));
  };

const dayOfYear: Read = (date) => {
  const start = new Date(date);
  start.setUTCMonth(0, 1);
  return Math.round((date.getTime() - start.getTime()) / day);
};

const parts: readonly [name: string, id: string, read: Read][] = [
  ['getFullYear', 'year', (date) => date.getUTCFullYear()],
  ['getMonth', 'month', (date) => date.getUTCMonth()],
  ['getDayOfYear', 'day_of_year', dayOfYear],
  ['getDayOfMonth', 'day_of_month', (date) => date.getUTCDate() - 1],
  ['getDate', 'day_of_month_1_based', (date) => date.getUTCDate()],
  ['getDayOfWeek', 'day_of_week', (date) => date.getUTCDay()],
  ['getHours', 'hours', (date) => date.getUTCHours()],
  ['getMinutes', 'minutes', (date) => date.getUTCMinutes()],
  ['getSeconds', 'seconds', (date) => date.getUTCSeconds()],
  ['getMilliseconds', 'milliseconds', (date) => date.getUTCMilliseconds()],
];

const lengths: readonly [name: string, id: string, unit: bigint][] = [
  ['getHours', 'hours', 3_600_000n * milli],
  ['getMinutes', 'minutes', 60_000n * milli],
  ['getSeconds', 'seconds', 1000n * milli],
  ['getMilliseconds', 'milliseconds', milli],
];

export const times: readonly FunctionDeclaration[] = [
  ...parts.map(([name, id, read]) =>
    declare(name, [
      member(`timestamp_to_${id}`, [t.timestamp], t.int, partOf(read)),
      member(`timestamp_to_${id}_with_tz`, [t.timestamp, t.string], t.int, partOf(read)),
    ]),
  ),
  ...lengths.map(([name, id, unit]) =>
    declare(name, [
      member(`duration_to_${id}`, [t.duration], t.int, ([value]) => (value as Duration).nanos / unit),
    ]),
  ),
];
