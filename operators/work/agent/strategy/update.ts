import { ApiError } from '../../../runtime/client/errors.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { bodyOf, dependsOnLive, mustRecreate } from './body.ts';
import { declare } from './declare.ts';
import { isUndeclarable, replaceMerged } from './replace.ts';
import { type Spoke, type Strategy, type Wish, create, findLive, removeForRecreation } from './strategy.ts';
import { hasRemovals, withoutRemovals } from './texts.ts';

/**
 * Update: the fields that the manifest names are the work's, whoever had them, and no others are (work.md 3.5.1,
 * docs/decisions/017). What cannot be declared by server-side apply is merged here and replaced.
 */
export const update: Strategy = async (spoke, wish, signal) => {
  const live = mustLook(wish) ? await findLive(spoke, wish, signal) : undefined;
  try {
    return await declareOrRecreate(spoke, wish, live, signal);
  } catch (error) {
    if (live === undefined && isInvalid(error)) {
      // Perhaps a change that cannot be made in place, of an object that was not known to be there.
      const existing = await findLive(spoke, wish, signal);
      if (existing) return declareOrRecreate(spoke, wish, existing, signal);
    }
    if (!isUndeclarable(error)) throw error;
    const existing = live ?? (await findLive(spoke, wish, signal));
    const body = wanted(wish, existing);
    return existing ? replaceMerged(spoke, wish, body, existing, signal) : create(spoke, wish, body, signal);
  }
};

/** Finalizers are the manifest's to give to a new object only: nobody gets back what he has taken off. */
const wanted = ({ object }: Wish, live: UnknownObject | undefined): UnknownObject => {
  const body = withoutRemovals(bodyOf(object, live));
  const { finalizers, ...metadata } = body.metadata;
  if (!live || !finalizers) return body;
  const present = finalizers.filter((name) => live.metadata.finalizers?.includes(name));
  return { ...body, metadata: { ...metadata, ...(present.length && { finalizers: present }) } };
};

/** A new object is declared without looking first, unless what is declared depends on what is there. */
const mustLook = ({ isNew, isShared, object }: Wish): boolean =>
  !isNew ||
  isShared ||
  hasRemovals(object) ||
  dependsOnLive(object) ||
  Boolean(object.metadata.finalizers?.length);

const isInvalid = (error: unknown): error is ApiError => error instanceof ApiError && error.code === 422;

const declareOrRecreate = async (
  spoke: Spoke,
  wish: Wish,
  live: UnknownObject | undefined,
  signal: AbortSignal,
): Promise<UnknownObject> => {
  const body = wanted(wish, live);
  if (!live) return declare(spoke, wish, { body, force: true }, undefined, signal);
  if (mustRecreate(live, body)) return recreate(spoke, wish, live, signal);
  try {
    return await declare(spoke, wish, { body, force: true }, live, signal);
  } catch (error) {
    if (!isInvalid(error)) throw error;
    if (isImmutableSecret(error, wish)) return recreate(spoke, wish, live, signal);
    if (!isPod(wish)) throw error;
    // Of a Pod hardly anything can be changed: it goes on as it is, with the metadata of the manifest.
    const kept = { ...body, spec: live.spec };
    return declare(spoke, wish, { body: kept, force: true }, live, signal);
  }
};

const recreate = async (
  spoke: Spoke,
  wish: Wish,
  live: UnknownObject,
  signal: AbortSignal,
): Promise<UnknownObject> => {
  const { finalizers } = wish.object.metadata;
  const body = wanted(wish, live);
  await removeForRecreation(spoke, wish, live, signal);
  const anew = { ...body, metadata: { ...body.metadata, ...(finalizers && { finalizers }) } };
  return declare(spoke, wish, { body: anew, force: true }, undefined, signal);
};

const isPod = ({ resource }: Wish): boolean => resource.group === '' && resource.plural === 'pods';

const isImmutableSecret = (error: ApiError, { resource }: Wish): boolean =>
  resource.group === '' && resource.plural === 'secrets' && /field is immutable/.test(error.message);
