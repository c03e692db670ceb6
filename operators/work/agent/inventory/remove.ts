import type { AppliedManifestWork, AppliedResource } from '../../../api/generated/work.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { ApiError, ConnectionError, isConflict, isUnauthorized } from '../../../runtime/client/errors.ts';
import type { OwnerReference, UnknownObject } from '../../../runtime/client/object.ts';
import type { Resource } from '../../../runtime/client/resource.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import { isAppliedManifestWork } from '../manifest/ownership.ts';
import type { Claim, Claims } from './claims.ts';
import { type Obstacle, causeOf, objectText, waitOf } from './obstacles.ts';

export interface Removal {
  /** Still there. */
  pending: AppliedResource[];
  /** Why, for each of them. */
  obstacles: Obstacle[];
}

/** What is to happen to an object that its AppliedManifestWork lets go of. */
export type Verdict = 'forget' | 'disown' | 'wait' | 'delete';

/**
 * Decides about an object by what it is now, not by what was recorded (work.md 3.8). An entry without uid was recorded
 * before its object was made; the owner reference alone tells then.
 */
export const verdictOn = (
  object: UnknownObject,
  recorded: AppliedResource,
  ownerUid: string,
  isKept = false,
): Verdict => {
  const owners = object.metadata.ownerReferences ?? [];
  if (!owners.some(({ uid }) => uid === ownerUid)) return 'forget';
  if (owners.some((owner) => isAppliedManifestWork(owner) && owner.uid !== ownerUid)) return 'disown';
  if (recorded.uid && recorded.uid !== object.metadata.uid) return 'forget';
  if (isKept) return 'disown';
  return object.metadata.deletionTimestamp ? 'wait' : 'delete';
};

/** Namespaces that a cluster always has: its API server refuses their deletion to everybody, or makes them anew. */
const lastingNamespaces = new Set(['default', 'kube-system', 'kube-public', 'kube-node-lease']);

export const isLasting = ({ group = '', resource, name }: AppliedResource): boolean =>
  group === '' && resource === 'namespaces' && lastingNamespaces.has(name);

/** The words in which API servers refuse a deletion to everybody, whatever his rights, and where nothing can be deleted. */
const isRefusedForEver = (error: unknown): boolean =>
  error instanceof ApiError &&
  (error.code === 405 ||
    (error.code === 403 &&
      /this namespace may not be deleted|this is a system priority class and cannot be deleted/.test(
        error.message,
      )));

/** The recorded resource in the form that requests need; the kind does not matter to them. */
export const resourceOf = ({
  group = '',
  version,
  resource,
  namespace,
}: AppliedResource): Resource<UnknownObject> => ({
  group,
  version,
  plural: resource,
  kind: '',
  namespaced: Boolean(namespace),
});

/** Whose objects are removed, and who is asked about them. */
export interface Remover {
  client: Client;
  log: Logger;
  signal: AbortSignal;
  owner: AppliedManifestWork;
  /** Who else wants the objects; asked at most once, before the first is deleted. */
  claims: () => Promise<Claims>;
  /** The reference by which objects name the AppliedManifestWork of another work; undefined while it has none. */
  referenceOf: (work: string) => OwnerReference | undefined;
  /** Whether the work wants this object to stay (work.md 3.6). */
  isKept: (entry: AppliedResource) => boolean;
}

/** Attempts at an object that somebody else writes meanwhile. */
const attempts = 5;

/**
 * Removes recorded objects that nobody else owns or names, and says which are still there and why. An object that another
 * work names is left to that work as it is.
 */
export const removeResources = async (
  remover: Remover,
  resources: readonly AppliedResource[],
): Promise<Removal> => {
  const pending: AppliedResource[] = [];
  const obstacles: Obstacle[] = [];
  let silence: unknown;
  for (const entry of resources) {
    try {
      if (silence) throw silence;
      const left = await remove(remover, entry);
      if (!left) continue;
      pending.push(entry);
      obstacles.push({ object: objectText(entry, left), cause: waitOf(left), isWaiting: true });
    } catch (error) {
      remover.signal.throwIfAborted();
      // What does not answer one request, or knows nobody of our name, is not asked again for each object.
      if (error instanceof ConnectionError || isUnauthorized(error)) silence = error;
      pending.push(entry);
      const isOurs = error instanceof RemovalError;
      const object = objectText(entry, isOurs ? error.object : undefined);
      obstacles.push({ object, cause: causeOf(isOurs ? error.cause : error), isWaiting: false });
    }
  }
  return { pending, obstacles };
};

/** An object that was read cannot be removed. */
class RemovalError extends Error {
  override readonly name = 'RemovalError';
  readonly object: UnknownObject;

  constructor(object: UnknownObject, cause: unknown) {
    super('an object cannot be removed', { cause });
    this.object = object;
  }
}

/** Resolves to the object if it is still there. */
const remove = async (remover: Remover, entry: AppliedResource): Promise<UnknownObject | undefined> => {
  for (let left = attempts; ; left--) {
    const object = await find(remover, entry);
    if (!object) return undefined;
    try {
      return await removeObject(remover, entry, object, left > 1);
    } catch (error) {
      if (isRefusedForEver(error)) return leave(remover, entry, object);
      if (!isConflict(error) || left <= 1) {
        if (error instanceof ConnectionError || isUnauthorized(error)) throw error;
        throw new RemovalError(object, error);
      }
    }
  }
};

const find = async (
  { client, signal }: Remover,
  entry: AppliedResource,
): Promise<UnknownObject | undefined> => {
  try {
    return await client.find(resourceOf(entry), entry.name, entry.namespace, { signal });
  } catch (error) {
    // A review, which is answered and not stored.
    if (error instanceof ApiError && error.code === 405) return undefined;
    throw error;
  }
};

/**
 * Does what the verdict on the object as it was read asks for.
 * @param isPrecise whether the object must not have changed since, be it only by a new owner
 * @throws ApiError 409 when it has
 */
const removeObject = async (
  remover: Remover,
  entry: AppliedResource,
  object: UnknownObject,
  isPrecise: boolean,
): Promise<UnknownObject | undefined> => {
  const { client, log, signal, owner } = remover;
  const verdict = verdictOn(object, entry, owner.metadata.uid ?? '', remover.isKept(entry));
  if (verdict === 'forget') return undefined;
  if (verdict === 'wait') return object;
  if (verdict === 'disown') return disown(remover, entry, object);
  if (isLasting(entry)) return leave(remover, entry, object);
  const claims = (await remover.claims()).on(entry, object);
  if (claims.length) return handOver(remover, entry, object, claims);

  const { uid, resourceVersion } = object.metadata;
  const name = { name: entry.name, namespace: entry.namespace };
  const conditions = { uid, ...(isPrecise ? { resourceVersion } : {}) };
  if (
    !(await client.delete(resourceOf(entry), name, {
      ...conditions,
      propagationPolicy: 'Background',
      signal,
    }))
  )
    return undefined;
  log.info('Deleted an object of a ManifestWork', { ...name, resource: entry.resource, group: entry.group });
  const left = await find(remover, entry);
  return left?.metadata.uid === uid ? left : undefined;
};

/** Nobody can delete the object: it stays, without us. */
const leave = async (remover: Remover, entry: AppliedResource, object: UnknownObject): Promise<undefined> => {
  await disown(remover, entry, object);
  remover.log.warn('Left an object of a ManifestWork on the cluster: nobody can delete it', {
    object: objectText(entry, object),
  });
};

/**
 * Leaves an object to another work that names it. Where that work is to own it and is known to the cluster, its reference
 * takes the place of ours in one write, so that the object is never without an owner; otherwise the other work adds its
 * reference when it applies its manifest. An object without owners is safe from the garbage collector.
 */
const handOver = async (
  remover: Remover,
  entry: AppliedResource,
  object: UnknownObject,
  claims: readonly Claim[],
): Promise<undefined> => {
  const heir = claims
    .flatMap(({ work, owns }) => (owns && work !== undefined ? (remover.referenceOf(work) ?? []) : []))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))[0];
  await disown(remover, entry, object, heir);
  remover.log.info('Left an object to another ManifestWork that names it', {
    object: objectText(entry, object),
    works: claims.flatMap(({ work }) => work ?? []),
  });
};

const disown = async (
  { client, owner, signal }: Remover,
  entry: AppliedResource,
  { metadata }: UnknownObject,
  heir?: OwnerReference,
): Promise<undefined> => {
  const { name, namespace, uid, resourceVersion } = metadata;
  const ownerReferences: OwnerReference[] = (metadata.ownerReferences ?? []).filter(
    (reference) => reference.uid !== owner.metadata.uid && reference.uid !== heir?.uid,
  );
  if (heir) ownerReferences.push(heir);
  const body = { metadata: { uid, resourceVersion, ownerReferences } };
  await client.patch(
    resourceOf(entry),
    { name, namespace },
    { type: 'merge', body },
    { fieldManager: 'work-agent', signal },
  );
};
