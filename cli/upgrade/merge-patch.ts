import { isDeepStrictEqual } from 'node:util';
import { isMap, type JsonMap } from '../../operators/runtime/client/json.ts';

/**
 * The merge patch (RFC 7386) that takes an object back to `before` once `patch` was applied to it. What the patch does not
 * change is not in it, so that what others change later stays.
 */
export const inversePatch = (before: JsonMap, patch: JsonMap): JsonMap => {
  const inverse: JsonMap = {};
  for (const [key, value] of Object.entries(patch)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (value === undefined || isDeepStrictEqual(old, value)) continue;
    if (isMap(value) && isMap(old)) {
      const inner = inversePatch(old, value);
      if (Object.keys(inner).length > 0) inverse[key] = inner;
    } else if (old !== undefined || value !== null) inverse[key] = old ?? null;
  }
  return inverse;
};
