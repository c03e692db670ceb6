import { isMap } from '../../../runtime/client/json.ts';

/** A value without its fields that are null: to API servers null is absence. Elements of lists stay in their places. */
export const withoutNulls = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map(withoutNulls) as T;
  if (!isMap(value)) return value;
  const present = Object.entries(value).filter(([, member]) => member !== null && member !== undefined);
  return Object.fromEntries(present.map(([key, member]) => [key, withoutNulls(member)])) as T;
};
