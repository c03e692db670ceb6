import { ApiError, isForbidden } from '../../../runtime/client/errors.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { isMap } from '../../../runtime/client/json.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import { withOwner } from '../manifest/ownership.ts';
import { abandonedPaths } from './managed-fields.ts';
import type { Write } from './settled.ts';
import { type Spoke, type Wish, fieldManager, keyOfWish } from './strategy.ts';
import { removalPaths } from './texts.ts';

/** The words of API servers about objects whose fields cannot be told apart, such as lists with a key twice. */
const untypedPattern =
  /field not declared in schema|duplicate entries for key|failed to create typed|failed to convert/;

/** Whether an object cannot be declared: it, its kind, or the agent's rights are not fit for server-side apply. */
export const isUndeclarable = (error: unknown): boolean => {
  if (!(error instanceof ApiError)) return false;
  if (error.code === 405 || error.code === 415) return true;
  if (isForbidden(error)) return /cannot patch resource/.test(error.message);
  return (
    (error.code === 400 || error.code === 422 || error.code === 500) && untypedPattern.test(error.message)
  );
};

/**
 * The object with what the manifest names, and without what only the agent had put there and the manifest does not name
 * any more; the very object when that is how it is. Lists are the manifest's as a whole.
 */
export const mergedInto = (
  live: UnknownObject,
  body: UnknownObject,
  wish: Pick<Wish, 'object' | 'owner'>,
): UnknownObject => {
  const merged = merge(live, body) as UnknownObject;
  const abandoned = abandonedPaths(live, body).reduce<unknown>(without, merged) as UnknownObject;
  const trimmed = removalPaths(abandoned, wish.object).reduce<unknown>(without, abandoned) as UnknownObject;
  const ownerReferences = withOwner(live.metadata.ownerReferences, wish.owner);
  return ownerReferences ? { ...trimmed, metadata: { ...trimmed.metadata, ownerReferences } } : trimmed;
};

const merge = (live: unknown, body: unknown): unknown => {
  if (!isMap(body) || !isMap(live)) return covers(live, body) ? live : body;
  // Of entries, since to assign to a key like __proto__ would not make a field of that name.
  const changed = Object.entries(body).flatMap(([name, value]) => {
    if (value === undefined) return [];
    const merged = merge(live[name], value);
    return merged === live[name] && Object.hasOwn(live, name) ? [] : [[name, merged] as const];
  });
  return changed.length ? Object.fromEntries([...Object.entries(live), ...changed]) : live;
};

/** Whether all that is required is there, whatever else is. */
const covers = (live: unknown, body: unknown): boolean => {
  if (Array.isArray(body))
    return (
      Array.isArray(live) && live.length === body.length && body.every((item, i) => covers(live[i], item))
    );
  if (!isMap(body)) return semanticEqual(live, body);
  return isMap(live) && Object.entries(body).every(([key, value]) => covers(live[key], value));
};

const without = (root: unknown, [name, ...rest]: readonly string[]): unknown => {
  if (!isMap(root) || name === undefined || !(name in root)) return root;
  if (rest.length === 0) {
    const { [name]: _, ...others } = root;
    return others;
  }
  const part = without(root[name], rest);
  return part === root[name] ? root : { ...root, [name]: part };
};

/** Brings an object that cannot be declared to what the manifest asks for, with a full update. */
export const replaceMerged = async (
  spoke: Spoke,
  wish: Wish,
  body: UnknownObject,
  live: UnknownObject,
  signal: AbortSignal,
): Promise<UnknownObject> => {
  const merged = mergedInto(live, body, wish);
  const write: Write = { key: keyOfWish(wish), body, manager: fieldManager };
  if (merged === live || spoke.settled.has(write, live)) return live;
  const replaced = await spoke.client.replace(wish.resource, merged, { fieldManager, signal });
  if (replaced.metadata.resourceVersion !== live.metadata.resourceVersion) spoke.onWrite();
  spoke.settled.record(write, replaced);
  return replaced;
};
