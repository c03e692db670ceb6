import type { ServerSideApply } from '../../../api/generated/work.ts';
import { annotation } from '../../../api/names.ts';
import { isConflict } from '../../../runtime/client/errors.ts';
import type { UnknownObject } from '../../../runtime/client/object.ts';
import { configSpecHash, withoutIgnored } from './ignore-fields.ts';
import type { Write } from './settled.ts';
import {
  fieldManager as defaultManager,
  type Spoke,
  type Strategy,
  type Wish,
  findLive,
  keyOfWish,
  reconcileOwner,
} from './strategy.ts';

/** Another manager owns a field of the manifest; trying again at once would change nothing (work.md 3.5.3). */
export class FieldConflictError extends Error {
  override readonly name = 'FieldConflictError';
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Drops null creation times anywhere in the tree: they would raise the generation with every apply. */
export const withoutNullCreationTimes = <T>(value: T): T => {
  if (Array.isArray(value)) return value.map(withoutNullCreationTimes) as T;
  if (!isObject(value)) return value;
  const entries = Object.entries(value).map(([key, member]) => {
    const cleaned = withoutNullCreationTimes(member);
    if (key !== 'metadata' || !isObject(cleaned) || cleaned.creationTimestamp !== null) return [key, cleaned];
    const { creationTimestamp: _, ...rest } = cleaned;
    return [key, rest];
  });
  return Object.fromEntries(entries) as T;
};

/** ServerSideApply: declares the manifest under the agent's name or the one configured (work.md 3.5.3 and 3.5.4). */
export const serverSideApply: Strategy = async (spoke, wish, signal) => {
  const options = wish.strategy?.serverSideApply ?? {};
  const full = withoutNullCreationTimes(wish.object);
  if (options.ignoreFields?.length) return applyReduced(spoke, wish, full, options, signal);
  const write: Write = { key: keyOfWish(wish), object: full, owner: wish.owner, options };
  const existing = spoke.settled.knows(write.key) ? await findLive(spoke, wish, signal) : undefined;
  if (existing && spoke.settled.has(write, existing)) return existing;
  const applied = await declare(spoke, wish, full, options, signal);
  spoke.settled.record(write, applied);
  return applied;
};

const applyReduced = async (
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
  return declare(spoke, wish, withHash(existing ? reduced : full, hash), options, signal);
};

const withHash = (object: UnknownObject, hash: string): UnknownObject => ({
  ...object,
  metadata: {
    ...object.metadata,
    annotations: { ...object.metadata.annotations, [annotation.configSpecHash]: hash },
  },
});

const declare = async (
  spoke: Spoke,
  wish: Wish,
  object: UnknownObject,
  { force = false, fieldManager = defaultManager }: ServerSideApply,
  signal: AbortSignal,
): Promise<UnknownObject> => {
  spoke.onWrite();
  const applied = await spoke.client
    .apply(wish.resource, object, { fieldManager: fieldManager || defaultManager, force, signal })
    .catch((error: unknown) => {
      if (!isConflict(error)) throw error;
      const message = (error as Error & { status?: { message?: string } }).status?.message;
      throw new FieldConflictError(
        `${message ?? (error as Error).message}; take these fields out of the manifest, ` +
          'or set serverSideApply.force in its manifestConfigs to take them over',
        { cause: error },
      );
    });
  return reconcileOwner(spoke, wish, applied, signal);
};
