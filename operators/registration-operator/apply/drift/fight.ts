/** How often an object was repaired lately, and until when it is left alone. */
export interface Fight {
  /** Times of repairs within the last minute; milliseconds. */
  repairs: number[];
  /** No repair before this; milliseconds since the epoch. */
  until: number;
}

export const peace: Fight = { repairs: [], until: 0 };

const windowMs = 60_000;
/** Repairs within a minute that count as coincidence. */
const patience = 5;
const longestMs = 60_000;

/** After one more repair: somebody who undoes repair after repair is answered ever more slowly. */
export const afterRepair = ({ repairs }: Fight, now: number): Fight => {
  const recent = [...repairs.filter((time) => now - time < windowMs), now];
  const excess = recent.length - patience;
  return { repairs: recent, until: excess > 0 ? now + Math.min(1000 * 2 ** (excess - 1), longestMs) : 0 };
};

/** Whether somebody fights back. */
export const isFought = ({ repairs }: Fight): boolean => repairs.length > patience;
