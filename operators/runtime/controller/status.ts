import type { Client } from '../client/client.ts';
import type { KubeObject } from '../client/object.ts';
import type { Resource } from '../client/resource.ts';
import { isMap, type JsonMap } from '../client/json.ts';
import { mergePatch, semanticEqual } from './equality.ts';

interface WithStatus extends KubeObject {
  status?: object;
}

interface StatusOptions {
  fieldManager: string;
  signal?: AbortSignal;
}

/**
 * Brings the status of the observed object to `next`: a merge patch of what differs, which carries uid and
 * resourceVersion, so that a status computed from a stale object is refused with 409 (registration.md 0.2). Sends nothing
 * when both are semantically equal, and then returns the very object that was given.
 */
export const patchStatus = async <T extends WithStatus>(
  client: Client,
  resource: Resource<T>,
  observed: T,
  next: T['status'],
  options: StatusOptions,
): Promise<T> => {
  const status = mergePatch(observed.status as JsonMap | undefined, next as JsonMap | undefined);
  if (!status) return observed;
  const { name, namespace, uid, resourceVersion } = observed.metadata;
  const body = { metadata: { uid, resourceVersion }, status };
  return client.patch(
    resource,
    { name, namespace },
    { type: 'merge', body },
    { ...options, subresource: 'status' },
  );
};

/**
 * Declares the part of the status that this field manager owns, by server-side apply; for objects whose status several
 * writers share. Sends nothing while the observed status holds all of it already. What the manager declared before and
 * leaves out now is removed with the next change only, since ownership is not kept in caches.
 */
export const applyStatus = async <T extends WithStatus>(
  client: Client,
  resource: Resource<T>,
  observed: T,
  status: NonNullable<T['status']>,
  options: StatusOptions,
): Promise<T> => {
  if (covers(observed.status, status)) return observed;
  const { name, namespace, uid } = observed.metadata;
  const declared = { metadata: { name, namespace, uid }, status } as T;
  return client.apply(resource, declared, { ...options, subresource: 'status' });
};

/** Whether `have` holds all of `want`; of a list of conditions, each one of `want` by its type. */
const covers = (have: unknown, want: unknown): boolean => {
  if (isMap(want)) {
    return Object.keys(want).every((key) => covers(isMap(have) ? have[key] : undefined, want[key]));
  }
  if (Array.isArray(want) && want.length > 0 && want.every(isConditionLike)) {
    return (
      Array.isArray(have) &&
      want.every((each) =>
        covers(
          have.find((other) => isMap(other) && other['type'] === each.type),
          each,
        ),
      )
    );
  }
  return semanticEqual(have, want);
};

const isConditionLike = (value: unknown): value is { type: string } =>
  isMap(value) && typeof value['type'] === 'string' && 'status' in value;
