import { ApiError, isConflict } from '../../../runtime/client/errors.ts';
import type { OwnerReference, UnknownObject } from '../../../runtime/client/object.ts';
import { isAppliedManifestWork } from '../manifest/ownership.ts';
import {
  type Declarer,
  declaredBy,
  formerEntries,
  handedOver,
  isDeclared,
  ownersIn,
  sharingManager,
} from './managed-fields.ts';
import type { Write } from './settled.ts';
import { type Spoke, type Wish, fieldManager, keyOfWish, nameOf, reconcileOwner } from './strategy.ts';
import { removalPaths } from './texts.ts';

/** Another manager owns a field of the manifest; trying again at once would change nothing (work.md 3.5.3). */
export class FieldConflictError extends Error {
  override readonly name = 'FieldConflictError';
}

/** What is declared of an object, and how. */
export interface Declaration {
  body: UnknownObject;
  /** The name that the user chose; by default the agent's own, or the work's where an object is shared. */
  manager?: string;
  /** Take fields over from whoever has them. */
  force: boolean;
}

/**
 * Declares an object's fields by server-side apply, so that they are the work's and no others are: what the work does not
 * name any more goes, what others put there stays. Sends nothing when that would change nothing.
 * @param live the object as it is, if it was read; without it the object is believed to be new
 * @throws FieldConflictError when a field is somebody else's and must not be taken over
 */
export const declare = async (
  spoke: Spoke,
  wish: Wish,
  declaration: Declaration,
  live: UnknownObject | undefined,
  signal: AbortSignal,
): Promise<UnknownObject> => {
  const declarer = declarerOf(wish, declaration, live);
  const former = live ? formerEntries(live, declarer) : [];
  const current = live && former.length ? await handOver(spoke, wish, live, former, declarer, signal) : live;
  const body = withOwners(declaration.body, wish, current, former, declarer.manager);
  const write: Write = { key: keyOfWish(wish), body, manager: declarer.manager };
  const isSettled =
    current && (isDeclared(current, body, declarer.manager) || spoke.settled.has(write, current));
  if (current && isSettled) return finish(spoke, wish, current, signal);
  const applied = await send(spoke, wish, body, declarer.manager, declaration.force, signal);
  // What somebody else wrote of other fields is no reason for a write, and none was made.
  if (applied.metadata.resourceVersion !== current?.metadata.resourceVersion) spoke.onWrite();
  // It was there after all, with records of former writes: now that they are known, they are handed over.
  if (!current && formerEntries(applied, declarerOf(wish, declaration, applied)).length)
    return declare(spoke, wish, declaration, applied, signal);
  if (isDeclared(applied, body, declarer.manager)) spoke.settled.forget(write.key);
  else spoke.settled.record(write, applied);
  return finish(spoke, wish, applied, signal);
};

const otherOwners = ({ owner }: Wish, live: UnknownObject | undefined): OwnerReference[] =>
  (live?.metadata.ownerReferences ?? []).filter(
    (reference) => isAppliedManifestWork(reference) && reference.name !== owner.reference.name,
  );

const declarerOf = (wish: Wish, { manager }: Declaration, live: UnknownObject | undefined): Declarer => {
  const appliedWork = wish.owner.reference.name;
  const others = otherOwners(wish, live).map(({ name }) => name);
  const isShared = others.length > 0 || wish.isShared;
  return {
    manager: manager ?? (isShared ? sharingManager(appliedWork) : fieldManager),
    appliedWork,
    others,
    hasUnknown: wish.isShared && others.length === 0,
  };
};

/**
 * Owners are declared with the rest, in one write. References of other works that were recorded under the same name must be
 * declared again, or they would go.
 */
const withOwners = (
  body: UnknownObject,
  wish: Wish,
  live: UnknownObject | undefined,
  former: ReturnType<typeof formerEntries>,
  manager: string,
): UnknownObject => {
  const recorded = ownersIn([...former, live && declaredBy(live, manager)]);
  const kept = otherOwners(wish, live).filter(({ uid }) => recorded.has(uid));
  const ownerReferences = [...kept, ...(wish.owner.present ? [wish.owner.reference] : [])];
  if (ownerReferences.length === 0) return body;
  return { ...body, metadata: { ...body.metadata, ownerReferences } };
};

const handOver = (
  { client, onWrite }: Spoke,
  { resource }: Wish,
  live: UnknownObject,
  former: ReturnType<typeof formerEntries>,
  { manager }: Declarer,
  signal: AbortSignal,
): Promise<UnknownObject> => {
  onWrite();
  const { resourceVersion } = live.metadata;
  return client.patch(
    resource,
    nameOf(live),
    {
      type: 'json',
      body: [
        { op: 'replace', path: '/metadata/managedFields', value: handedOver(live, former, manager) },
        { op: 'replace', path: '/metadata/resourceVersion', value: resourceVersion },
      ],
    },
    { fieldManager, signal },
  );
};

const send = async (
  { client }: Spoke,
  { resource }: Wish,
  body: UnknownObject,
  manager: string,
  force: boolean,
  signal: AbortSignal,
): Promise<UnknownObject> => {
  try {
    return await client.apply(resource, body, { fieldManager: manager, force, signal });
  } catch (error) {
    if (!(error instanceof ApiError) || !isConflict(error) || force) throw error;
    throw new FieldConflictError(
      `${error.status.message ?? error.message}; take these fields out of the manifest, ` +
        'or set serverSideApply.force in its manifestConfigs to take them over',
      { cause: error },
    );
  }
};

/** RFC 6901. */
const pointer = (path: readonly string[]): string =>
  path.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

/** What cannot be declared: that something of others be gone. */
const finish = async (
  spoke: Spoke,
  wish: Wish,
  applied: UnknownObject,
  signal: AbortSignal,
): Promise<UnknownObject> => {
  const paths = removalPaths(applied, wish.object);
  if (paths.length === 0) return reconcileOwner(spoke, wish, applied, signal);
  spoke.onWrite();
  const patch = {
    type: 'json' as const,
    body: paths.map((path) => ({ op: 'remove' as const, path: pointer(path) })),
  };
  const left = await spoke.client.patch(wish.resource, nameOf(applied), patch, { fieldManager, signal });
  return reconcileOwner(spoke, wish, left, signal);
};
