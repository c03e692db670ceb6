import { isMap, type JsonMap } from '../../runtime/client/json.ts';
import type { KubeObject } from '../../runtime/client/object.ts';

/** What a merge patch (RFC 7386) makes of a map. */
export const merged = (present: JsonMap, patch: JsonMap): JsonMap => {
  const result: JsonMap = { ...present };
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else if (value === undefined) continue;
    else if (isMap(value)) result[key] = merged(isMap(result[key]) ? result[key] : {}, value);
    else result[key] = value;
  }
  return result;
};

interface Conditioned extends KubeObject {
  status?: JsonMap & { conditions?: unknown };
}

const typeOf = (condition: unknown): unknown => (isMap(condition) ? condition['type'] : undefined);

/**
 * What server-side apply makes of an object's status, as far as agents use it: conditions are joined by their type, what
 * else is declared is merged. Nothing is taken away, since nobody records here who declared what.
 */
export const withConditions = (present: KubeObject, declared: JsonMap): KubeObject => {
  const { status } = present as Conditioned;
  const before = Array.isArray(status?.conditions) ? (status.conditions as unknown[]) : [];
  const next = Array.isArray(declared['conditions']) ? (declared['conditions'] as unknown[]) : [];
  const types = next.map(typeOf);
  const conditions = [
    ...before.map((each) => next[types.indexOf(typeOf(each))] ?? each),
    ...next.filter((each) => !before.map(typeOf).includes(typeOf(each))),
  ];
  return { ...present, status: { ...merged(status ?? {}, declared), conditions } } as KubeObject;
};
