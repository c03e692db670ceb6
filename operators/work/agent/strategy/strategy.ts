import type { UpdateStrategy } from '../../../api/generated/work.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { isAlreadyExists } from '../../../runtime/client/errors.ts';
import type { ObjectName, UnknownObject } from '../../../runtime/client/object.ts';
import type { Resource } from '../../../runtime/client/resource.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import { type OwnerWish, withOwner } from '../manifest/ownership.ts';
import { fieldManager } from './field-manager.ts';
import type { SettledWrites } from './settled.ts';

export { fieldManager };

/** What every strategy works with. */
export interface Spoke {
  client: Client;
  settled: SettledWrites;
  log: Logger;
  /** Told of each write, so that the caller knows whether a pass has repaired anything. */
  onWrite: () => void;
}

/** One manifest to be applied. */
export interface Wish {
  resource: Resource<UnknownObject>;
  object: UnknownObject;
  owner: OwnerWish;
  strategy?: UpdateStrategy;
  /** Nothing is known of the object: most likely it does not exist. */
  isNew: boolean;
  /** Other works are known to name the object, of this hub or of another. */
  isShared: boolean;
}

/** Applies a manifest. Resolves to the object as it then is; rejects with the API server's refusal. */
export type Strategy = (spoke: Spoke, wish: Wish, signal: AbortSignal) => Promise<UnknownObject>;

export const nameOf = ({ metadata: { name, namespace } }: UnknownObject): ObjectName => ({ name, namespace });

/** Names an object in the agent's memory, whatever version it was written in. */
export const objectKey = (
  { group, plural }: Pick<Resource, 'group' | 'plural'>,
  { name, namespace = '' }: ObjectName,
): string => `${group}/${plural}/${namespace}/${name}`;

export const keyOfWish = ({ resource, object }: Wish): string => objectKey(resource, object.metadata);

export const findLive = (
  { client }: Pick<Spoke, 'client'>,
  { resource, object }: Pick<Wish, 'resource' | 'object'>,
  signal: AbortSignal,
): Promise<UnknownObject | undefined> =>
  client.find(resource, object.metadata.name, object.metadata.namespace, { signal });

export const create = (
  { client, onWrite }: Spoke,
  { resource, owner }: Wish,
  object: UnknownObject,
  signal: AbortSignal,
): Promise<UnknownObject> => {
  onWrite();
  const ownerReferences = owner.present ? [owner.reference] : undefined;
  const owned = { ...object, metadata: { ...object.metadata, ...(ownerReferences && { ownerReferences }) } };
  return client.create(resource, owned, { fieldManager, signal });
};

/**
 * Creates an object that is believed to be new without looking first. Undefined when it turns out to exist; a refusal
 * stands only if it does not, since quota and admission may speak before existence does.
 */
export const createIfNew = async (
  spoke: Spoke,
  wish: Wish,
  object: UnknownObject,
  signal: AbortSignal,
): Promise<UnknownObject | undefined> => {
  if (!wish.isNew) return undefined;
  try {
    return await create(spoke, wish, object, signal);
  } catch (error) {
    if (isAlreadyExists(error)) return undefined;
    const existing = await findLive(spoke, wish, signal).catch(() => undefined);
    if (existing) return undefined;
    throw error;
  }
};

/** Grants the wish about the owner of an existing object; writes nothing when it is so (work.md 3.5.2). */
export const reconcileOwner = async (
  { client, onWrite }: Spoke,
  { resource, owner }: Wish,
  existing: UnknownObject,
  signal: AbortSignal,
): Promise<UnknownObject> => {
  const ownerReferences = withOwner(existing.metadata.ownerReferences, owner);
  if (!ownerReferences) return existing;
  const { uid, resourceVersion } = existing.metadata;
  onWrite();
  return client.patch(
    resource,
    nameOf(existing),
    { type: 'merge', body: { metadata: { uid, resourceVersion, ownerReferences } } },
    { fieldManager, signal },
  );
};

/** Deletes what is there, to be created anew, for changes that the API server refuses in place. */
export const removeForRecreation = async (
  { client, onWrite }: Spoke,
  { resource }: Wish,
  existing: UnknownObject,
  signal: AbortSignal,
): Promise<void> => {
  const { uid } = existing.metadata;
  onWrite();
  await client.delete(resource, nameOf(existing), { uid, propagationPolicy: 'Background', signal });
};
