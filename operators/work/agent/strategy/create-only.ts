import { type Strategy, create, createIfNew, findLive, reconcileOwner } from './strategy.ts';
import { withoutRemovals } from './texts.ts';

/** CreateOnly: creates the object if it is not there; afterwards only its owner is kept right (work.md 3.5.2). */
export const createOnly: Strategy = async (spoke, wish, signal) => {
  const object = withoutRemovals(wish.object);
  const created = await createIfNew(spoke, wish, object, signal);
  if (created) return created;
  const existing = await findLive(spoke, wish, signal);
  if (!existing) return create(spoke, wish, object, signal);
  return reconcileOwner(spoke, wish, existing, signal);
};
