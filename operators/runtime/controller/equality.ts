import { isMap, isNumeric, isSameNumber, type JsonMap } from '../client/json.ts';

/**
 * Deep equality of JSON values in the sense of Kubernetes' `equality.Semantic.DeepEqual`: an absent field, null, an empty
 * list and an empty map are all the same. Not meant for the few API fields where presence alone says something
 * (`emptyDir: {}`).
 */
export const semanticEqual = (a: unknown, b: unknown): boolean => {
  if (a === b) return true;
  // An integer beyond 2^53 is a bigint however it was computed; one within may be either.
  if (typeof a === 'bigint' || typeof b === 'bigint')
    return isNumeric(a) && isNumeric(b) && isSameNumber(a, b);
  if (isEmpty(a) || isEmpty(b)) return isEmpty(a) && isEmpty(b);
  if (Array.isArray(a) || Array.isArray(b)) {
    return (
      Array.isArray(a) &&
      Array.isArray(b) &&
      a.length === b.length &&
      a.every((item, i) => semanticEqual(item, b[i]))
    );
  }
  if (!isMap(a) || !isMap(b)) return false;
  for (const key of Object.keys(a)) if (!semanticEqual(a[key], b[key])) return false;
  for (const key of Object.keys(b)) if (!(key in a) && !isEmpty(b[key])) return false;
  return true;
};

/**
 * The merge patch (RFC 7386) that turns `from` into `to`, with only what differs semantically; undefined when nothing
 * does. Lists are replaced whole.
 */
export const mergePatch = (from: JsonMap | undefined, to: JsonMap | undefined): JsonMap | undefined => {
  const patch: JsonMap = {};
  for (const key of new Set([...Object.keys(from ?? {}), ...Object.keys(to ?? {})])) {
    const before = from?.[key];
    const after = to?.[key];
    if (semanticEqual(before, after)) continue;
    patch[key] = isMap(before) && isMap(after) ? mergePatch(before, after) : (after ?? null);
  }
  return Object.keys(patch).length ? patch : undefined;
};

/** A map is empty when all that it holds is: otherwise `{a: 1, b: []}` would equal `{a: 1}`, but `{b: []}` not `{}`. */
const isEmpty = (value: unknown): boolean => {
  if (value === undefined || value === null) return true;
  if (Array.isArray(value)) return value.length === 0;
  return isMap(value) && Object.values(value).every(isEmpty);
};
