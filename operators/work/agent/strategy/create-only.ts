import { type Strategy, create, createIfNew, findLive, reconcileOwner } from './strategy.ts';

/** CreateOnly: creates the object if it is not there; afterwards only its owner is kept right (work.md 3.5.2). */
export const createOnly: Strategy = async (spoke, wish, signal) => {
  const created = await createIfNew(spoke, wish, wish.object, signal);
  if (created) return created;
  const existing = await findLive(spoke, wish, signal);
  if (!existing) return create(spoke, wish, wish.object, signal);
  return reconcileOwner(spoke, wish, existing, signal);
};
