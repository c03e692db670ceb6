import { isMap } from '../../../runtime/client/json.ts';
import type { KubeObject } from '../../../runtime/client/object.ts';

type Json = unknown;

const keyFields = ['name', 'containerPort', 'port', 'mountPath', 'ip', 'type'];

/** The item of a live list that an item of a wanted list is about. */
const counterpart = (item: Json, at: number, live: readonly Json[]): Json => {
  if (!isMap(item)) return live[at];
  const key = keyFields.find((field) => item[field] !== undefined);
  if (key === undefined) return live[at];
  return live.find((other) => isMap(other) && other[key] === item[key]);
};

/** An absent value and an empty one say the same to the server. */
const isEmpty = (value: Json): boolean =>
  value === undefined ||
  value === null ||
  (Array.isArray(value) && value.length === 0) ||
  (isMap(value) && Object.keys(value).length === 0);

const join = (path: string, field: string | number): string =>
  typeof field === 'number' ? `${path}[${field}]` : path ? `${path}.${field}` : field;

const compare = (wanted: Json, live: Json, path: string, found: string[]): void => {
  if (isEmpty(wanted) && isEmpty(live)) return;
  if (Array.isArray(wanted)) {
    if (!Array.isArray(live) || live.length < wanted.length) found.push(path);
    else wanted.forEach((item, at) => compare(item, counterpart(item, at, live), join(path, at), found));
  } else if (isMap(wanted)) {
    if (!isMap(live)) found.push(path);
    else
      for (const [field, value] of Object.entries(wanted))
        compare(value, live[field], join(path, field), found);
  } else if (wanted !== live) found.push(path);
};

/**
 * Paths of what is wanted and differs in the live object; what the live object has besides is not looked at. The same
 * quantity or number written in another way counts as a difference: only the server knows better.
 */
export const differences = (wanted: KubeObject, live: KubeObject): string[] => {
  const found: string[] = [];
  compare(wanted, live, '', found);
  return found;
};
