import type { AppliedManifestWork, AppliedResource } from '../../../api/generated/work.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { isConflict } from '../../../runtime/client/errors.ts';
import type { OwnerReference, UnknownObject } from '../../../runtime/client/object.ts';
import type { Resource } from '../../../runtime/client/resource.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import { isAppliedManifestWork } from '../manifest/ownership.ts';

export interface Removal {
  /** Still there, on their way out. */
  pending: AppliedResource[];
  errors: Error[];
}

/** What is to happen to an object that its AppliedManifestWork lets go of. */
export type Verdict = 'forget' | 'disown' | 'wait' | 'delete';

/**
 * Decides about an object by what it is now, not by what was recorded (work.md 3.8). An entry without uid was recorded
 * before its object was made; the owner reference alone tells then.
 */
export const verdictOn = (object: UnknownObject, recorded: AppliedResource, ownerUid: string): Verdict => {
  const owners = object.metadata.ownerReferences ?? [];
  if (!owners.some(({ uid }) => uid === ownerUid)) return 'forget';
  if (owners.some((owner) => isAppliedManifestWork(owner) && owner.uid !== ownerUid)) return 'disown';
  if (recorded.uid && recorded.uid !== object.metadata.uid) return 'forget';
  return object.metadata.deletionTimestamp ? 'wait' : 'delete';
};

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

/** Removes recorded objects that nobody else owns, and says which are still there. */
export const removeResources = async (
  client: Client,
  resources: readonly AppliedResource[],
  owner: AppliedManifestWork,
  log: Logger,
  signal: AbortSignal,
): Promise<Removal> => {
  const pending: AppliedResource[] = [];
  const errors: Error[] = [];
  const ownerUid = owner.metadata.uid ?? '';
  for (const entry of resources) {
    try {
      if (await isPending(client, entry, ownerUid, log, signal)) pending.push(entry);
    } catch (error) {
      errors.push(error instanceof Error ? error : new Error(String(error)));
      pending.push(entry);
    }
  }
  return { pending, errors };
};

const isPending = async (
  client: Client,
  entry: AppliedResource,
  ownerUid: string,
  log: Logger,
  signal: AbortSignal,
): Promise<boolean> => {
  const resource = resourceOf(entry);
  const find = () => client.find(resource, entry.name, entry.namespace, { signal });
  const object = await find();
  if (!object) return false;
  const verdict = verdictOn(object, entry, ownerUid);
  const name = { name: entry.name, namespace: entry.namespace };
  if (verdict === 'forget') return false;
  if (verdict === 'wait') return true;
  if (verdict === 'disown') {
    await disown(client, resource, object, ownerUid, signal);
    return false;
  }
  try {
    const { uid } = object.metadata;
    if (!(await client.delete(resource, name, { uid, propagationPolicy: 'Background', signal })))
      return false;
  } catch (error) {
    // Another object has taken the name since it was looked at: not ours.
    if (isConflict(error)) return false;
    throw error;
  }
  log.info('Deleted an object of a ManifestWork', { ...name, resource: entry.resource, group: entry.group });
  const left = await find();
  return left !== undefined && left.metadata.uid === object.metadata.uid;
};

const disown = async (
  client: Client,
  resource: Resource<UnknownObject>,
  { metadata }: UnknownObject,
  ownerUid: string,
  signal: AbortSignal,
): Promise<void> => {
  const { name, namespace, uid, resourceVersion } = metadata;
  const ownerReferences: OwnerReference[] = (metadata.ownerReferences ?? []).filter(
    (owner) => owner.uid !== ownerUid,
  );
  const body = { metadata: { uid, resourceVersion, ownerReferences } };
  await client.patch(
    resource,
    { name, namespace },
    { type: 'merge', body },
    { fieldManager: 'work-agent', signal },
  );
};
