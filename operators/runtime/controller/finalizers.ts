import type { Client, PatchOptions } from '../client/client.ts';
import { isNotFound } from '../client/errors.ts';
import type { KubeObject } from '../client/object.ts';
import type { Resource } from '../client/resource.ts';

interface FinalizerOptions {
  fieldManager: string;
  signal?: AbortSignal;
}

export const hasFinalizer = (object: KubeObject, finalizer: string): boolean =>
  object.metadata.finalizers?.includes(finalizer) ?? false;

/** Whether nothing holds an object that was deleted, which the API server removes with the last of its finalizers. */
export const isLetGo = ({ metadata }: KubeObject): boolean =>
  metadata.deletionTimestamp !== undefined && !metadata.finalizers?.length;

/**
 * Adds the finalizer with a merge patch of the whole list that carries uid and resourceVersion (registration.md 0.2).
 * Returns the very object that was given when it has the finalizer already.
 */
export const addFinalizer = async <T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  object: T,
  finalizer: string,
  options: FinalizerOptions,
): Promise<T> => {
  if (hasFinalizer(object, finalizer)) return object;
  return patchFinalizers(client, resource, object, [...(object.metadata.finalizers ?? []), finalizer], {
    ...options,
    operation: 'add_finalizer',
  });
};

/** Removes the finalizer in the same way. Undefined when the object is gone, which is what the removal was for. */
export const removeFinalizer = async <T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  object: T,
  finalizer: string,
  options: FinalizerOptions,
): Promise<T | undefined> => {
  if (!hasFinalizer(object, finalizer)) return object;
  const rest = object.metadata.finalizers!.filter((each) => each !== finalizer);
  try {
    return await patchFinalizers(client, resource, object, rest, {
      ...options,
      operation: 'remove_finalizer',
    });
  } catch (error) {
    if (isNotFound(error)) return undefined;
    throw error;
  }
};

/**
 * Leaves the object with these finalizers and no others, in the same way; the very object when it has them. Who gives them
 * must have read them from it.
 */
export const setFinalizers = async <T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  object: T,
  next: readonly string[],
  options: FinalizerOptions,
): Promise<T> => {
  const before = object.metadata.finalizers ?? [];
  if (before.length === next.length && before.every((each) => next.includes(each))) return object;
  const operation = next.length < before.length ? 'remove_finalizer' : 'add_finalizer';
  return patchFinalizers(client, resource, object, [...next], { ...options, operation });
};

const patchFinalizers = <T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  { metadata: { name, namespace, uid, resourceVersion } }: T,
  finalizers: string[],
  options: FinalizerOptions & Pick<PatchOptions, 'operation'>,
): Promise<T> => {
  const body = { metadata: { uid, resourceVersion, finalizers } };
  return client.patch(resource, { name, namespace }, { type: 'merge', body }, options);
};
