import { ApiError } from '../../../runtime/client/errors.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { merged, prepared } from './merge.ts';
import type { Write } from './settled.ts';
import {
  fieldManager,
  type Spoke,
  type Strategy,
  type Wish,
  create,
  createIfNew,
  findLive,
  keyOfWish,
  recreate,
} from './strategy.ts';

const writeOf = (wish: Wish): Write => ({ key: keyOfWish(wish), object: wish.object, owner: wish.owner });

/** Update: creates the object, or merges the manifest into it as its kind demands (work.md 3.5.1). */
export const update: Strategy = async (spoke, wish, signal) => {
  const applied = await createOrMerge(spoke, wish, signal);
  spoke.settled.record(writeOf(wish), applied);
  return applied;
};

const createOrMerge = async (spoke: Spoke, wish: Wish, signal: AbortSignal): Promise<UnknownObject> => {
  const desired = prepared(wish.object);
  const created = await createIfNew(spoke, wish, desired, signal);
  if (created) return created;
  const existing = await findLive(spoke, wish, signal);
  if (!existing) return create(spoke, wish, desired, signal);
  const { object, changed, recreate: anew } = merged(existing, wish.object, wish.owner);
  if (!changed || spoke.settled.has(writeOf(wish), existing)) return existing;
  if (anew) return recreate(spoke, wish, existing, object, signal);
  try {
    spoke.onWrite();
    return await spoke.client.replace(wish.resource, object, { fieldManager, signal });
  } catch (error) {
    if (!isImmutableSecret(error, wish)) throw error;
    return recreate(spoke, wish, existing, desired, signal);
  }
};

const isImmutableSecret = (error: unknown, { resource }: Wish): boolean =>
  resource.group === '' &&
  resource.plural === 'secrets' &&
  error instanceof ApiError &&
  /field is immutable/.test(error.message);
