const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The two largest units that tell something, as kubectl writes ages: `90s`, `5m3s`, `2h`, `3d4h`, `400d`. */
export const duration = (ms: number): string => {
  const whole = (unit: number) => Math.floor(ms / unit);
  const two = (unit: number, name: string, part: number, partName: string) => {
    const rest = Math.floor((ms % unit) / part);
    return `${whole(unit)}${name}${rest > 0 ? `${rest}${partName}` : ''}`;
  };
  if (ms < 0) return '0s';
  if (ms < 2 * MINUTE) return `${whole(SECOND)}s`;
  if (ms < 10 * MINUTE) return two(MINUTE, 'm', SECOND, 's');
  if (ms < 3 * HOUR) return `${whole(MINUTE)}m`;
  if (ms < 8 * HOUR) return two(HOUR, 'h', MINUTE, 'm');
  if (ms < 2 * DAY) return `${whole(HOUR)}h`;
  if (ms < 8 * DAY) return two(DAY, 'd', HOUR, 'h');
  return `${whole(DAY)}d`;
};

/** How long ago a time was (RFC 3339), by this machine's clock; `<unknown>` without one. */
export const age = (time: string | undefined, now = Date.now()): string => {
  const at = Date.parse(time ?? '');
  return Number.isNaN(at) ? '<unknown>' : duration(now - at);
};
