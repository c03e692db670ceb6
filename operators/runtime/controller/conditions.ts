import type { Condition } from '../client/object.ts';

/** A condition as a controller decides on it; when it last changed its status is worked out. */
export type NextCondition = Omit<Condition, 'lastTransitionTime'>;

export const findCondition = (
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined => conditions?.find((condition) => condition.type === type);

export const isTrue = (conditions: readonly Condition[] | undefined, type: string): boolean =>
  findCondition(conditions, type)?.status === 'True';

/** The status of a condition: `Unknown` while there is none. */
export const statusOf = (conditions: readonly Condition[] | undefined, type: string): string =>
  findCondition(conditions, type)?.status ?? 'Unknown';

/** Most characters that the schema of a condition lets its message have. */
const maxMessageLength = 32_768;

/** A text of at most so many UTF-16 units, with a mark at its end where it was cut. */
export const shortened = (text: string, length: number): string =>
  text.length <= length ? text : `${text.slice(0, length - 1)}…`.toWellFormed();

/** Users' words, which messages repeat, may be of any length: a status that is too long would be refused as a whole. */
const bounded = (message: string): string => shortened(message, maxMessageLength);

/**
 * The conditions with this one set: in its place, or at the end when it is new. The very same array when nothing
 * changes; `lastTransitionTime` moves only with the status. A message that is too long is cut.
 */
export const setCondition = (
  conditions: Condition[] | undefined,
  wanted: NextCondition,
  now: Date = new Date(),
): Condition[] => {
  const next = { ...wanted, message: bounded(wanted.message) };
  const known = conditions ?? [];
  const at = known.findIndex(({ type }) => type === next.type);
  if (at < 0) return [...known, { ...next, lastTransitionTime: timestamp(now) }];
  const previous = known[at]!;
  if (
    previous.status === next.status &&
    previous.reason === next.reason &&
    previous.message === next.message &&
    previous.observedGeneration === next.observedGeneration
  )
    return known;
  const lastTransitionTime = previous.status === next.status ? previous.lastTransitionTime : timestamp(now);
  return known.with(at, { ...next, lastTransitionTime });
};

/** The conditions with all of these set, as {@link setCondition} sets each. */
export const setConditions = (
  conditions: Condition[] | undefined,
  wanted: readonly NextCondition[],
  now: Date = new Date(),
): Condition[] => wanted.reduce((list, each) => setCondition(list, each, now), conditions ?? []);

/** The conditions without those of this type; the very same array when there is none. */
export const removeCondition = (conditions: Condition[] | undefined, type: string): Condition[] => {
  const known = conditions ?? [];
  return known.some((condition) => condition.type === type)
    ? known.filter((condition) => condition.type !== type)
    : known;
};

/** metav1.Time: RFC 3339 in whole seconds. */
export const timestamp = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`;
