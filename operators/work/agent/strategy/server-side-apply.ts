import type { ServerSideApply } from '../../../api/generated/work.ts';
import { annotation } from '../../../api/names.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { isMap } from '../../../runtime/client/json.ts';
import { declare } from './declare.ts';
import { configSpecHash, withoutIgnored } from './ignore-fields.ts';
import { type Spoke, type Strategy, type Wish, fieldManager, findLive, reconcileOwner } from './strategy.ts';

/** Drops null creation times anywhere in the tree: they would raise the generation with every apply. */
export const withoutNullCreationTimes = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map(withoutNullCreationTimes) as T;
  if (!isMap(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => {
    const cleaned = withoutNullCreationTimes(member);
    if (key !== 'metadata' || !isMap(cleaned) || cleaned.creationTimestamp !== null) return [key, cleaned];
    const { creationTimestamp: _, ...rest } = cleaned;
    return [key, rest];
  });
  return Object.fromEntries(entries) as T;
};

/** ServerSideApply: declares the manifest under the agent's name or the one configured (work.md 3.5.3 and 3.5.4). */
export const serverSideApply: Strategy = async (spoke, wish, signal) => {
  const options = wish.strategy?.serverSideApply ?? {};
  const body = withoutNullCreationTimes(wish.object);
  if (options.ignoreFields?.length) return declareReduced(spoke, wish, body, options, signal);
  const live = wish.isNew && !wish.isShared ? undefined : await findLive(spoke, wish, signal);
  return declare(spoke, wish, { body, ...declarationOf(options) }, live, signal);
};

const declarationOf = ({ force = false, fieldManager: manager }: ServerSideApply) => ({
  force,
  manager: manager || fieldManager,
});

const declareReduced = async (
  spoke: Spoke,
  wish: Wish,
  full: UnknownObject,
  options: ServerSideApply,
  signal: AbortSignal,
): Promise<UnknownObject> => {
  const reduced = withoutIgnored(full, options.ignoreFields ?? [], spoke.log);
  const hash = configSpecHash(reduced);
  const existing = await findLive(spoke, wish, signal);
  if (existing?.metadata.annotations?.[annotation.configSpecHash] === hash)
    return reconcileOwner(spoke, wish, existing, signal);
  const body = withHash(existing ? reduced : full, hash);
  return declare(spoke, wish, { body, ...declarationOf(options) }, existing, signal);
};

const withHash = (object: UnknownObject, hash: string): UnknownObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    annotations: { ...object.metadata.annotations, [annotation.configSpecHash]: hash },
  },
});
