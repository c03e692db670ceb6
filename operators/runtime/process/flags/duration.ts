/** Go's durations as they stand in flags, configuration files and fields of the API: `1h30m`, `500ms`, `-1.5s`. */

const unitMs: Record<string, number> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
};

const wholePattern = /^[+-]?(?:(?:\d+\.?\d*|\.\d+)(?:ns|us|\u00b5s|\u03bcs|ms|s|m|h))+$/;
const partPattern = /(\d+\.?\d*|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/g;

/** Milliseconds of a Go duration; undefined when it is none. */
export const parseDuration = (text: string): number | undefined => {
  if (/^[+-]?0$/.test(text)) return 0;
  if (!wholePattern.test(text)) return undefined;
  let total = 0;
  for (const [, amount, unit] of text.matchAll(partPattern)) total += Number(amount) * unitMs[unit!]!;
  return text.startsWith('-') ? -total : total;
};

const nanosecondsPerMs = 1e6;

/**
 * Milliseconds of a value of a configuration file that Go reads as a duration: `1m30s`, or a number of nanoseconds; undefined
 * without one. Throws an Error that names the field for what is none, or none above zero.
 */
export const configuredDuration = (value: unknown, field: string): number | undefined => {
  if (value == null) return undefined;
  const ms =
    typeof value === 'number'
      ? value / nanosecondsPerMs
      : typeof value === 'string'
        ? parseDuration(value)
        : undefined;
  if (ms === undefined || ms <= 0) throw new Error(`${field} must be a duration such as 30s`);
  return ms;
};

/** Milliseconds as Go prints a duration: `2m17s`, `1h0m0s`, `250ms`, `0s`. */
export const formatDuration = (ms: number): string => {
  const size = Math.abs(ms);
  const sign = ms < 0 ? '-' : '';
  if (size === 0) return '0s';
  if (size < 1e-3) return `${sign}${round(size * 1e6)}ns`;
  if (size < 1) return `${sign}${round(size * 1e3)}µs`;
  if (size < 1000) return `${sign}${round(size)}ms`;
  const hours = Math.floor(size / unitMs['h']!);
  const minutes = Math.floor((size % unitMs['h']!) / unitMs['m']!);
  const seconds = round((size % unitMs['m']!) / 1000);
  if (hours) return `${sign}${hours}h${minutes}m${seconds}s`;
  return minutes ? `${sign}${minutes}m${seconds}s` : `${sign}${seconds}s`;
};

const round = (value: number): number => Number(value.toFixed(9));
