import type { Informer } from '../cache/informer.ts';
import { isAlreadyExists } from '../client/errors.ts';
import type { KubeObject } from '../client/object.ts';
import { semanticEqual } from './equality.ts';

export interface EnsureOptions {
  /** Under this name the API server records what was made. */
  fieldManager: string;
  signal: AbortSignal;
}

type Content = KubeObject & { rules?: unknown; subjects?: unknown; roleRef?: unknown };

const contains = (
  have: Record<string, string> | undefined,
  want: Record<string, string> | undefined,
): boolean => Object.entries(want ?? {}).every(([key, value]) => have?.[key] === value);

/** Whether an object is as wanted: it has the labels, among others, and exactly the rules, subjects and role. */
export const isAsWanted = (have: Content | undefined, want: Content): boolean =>
  have !== undefined &&
  have.metadata.deletionTimestamp === undefined &&
  contains(have.metadata.labels, want.metadata.labels) &&
  semanticEqual(have.rules, want.rules) &&
  semanticEqual(have.subjects, want.subjects) &&
  semanticEqual(have.roleRef, want.roleRef);

/**
 * Makes an object as wanted; a settled one costs no request. One whose role cannot be changed in place, or which is on
 * its way out, is removed first; its departure brings the key back.
 */
export const ensure = async <T extends Content>(
  informer: Informer<T>,
  want: T,
  options: EnsureOptions,
): Promise<void> => {
  const { client, resource } = informer;
  const { name, namespace } = want.metadata;
  const have = informer.get(name, namespace);
  if (isAsWanted(have, want)) return;
  if (have?.metadata.deletionTimestamp !== undefined) return; // it comes back when it is gone
  if (!have && (await isCreated(informer, want, options))) return;
  if (have && !semanticEqual(have.roleRef, want.roleRef)) await removeKnown(informer, have, options.signal);
  informer.wrote(await client.apply(resource, want, options));
};

/** Creating costs the API server less than applying, and a fleet that joins is all creation. */
const isCreated = async <T extends Content>(
  informer: Informer<T>,
  want: T,
  options: EnsureOptions,
): Promise<boolean> => {
  try {
    informer.wrote(await informer.client.create(informer.resource, want, options));
    return true;
  } catch (error) {
    if (isAlreadyExists(error)) return false; // without our label, so that the cache does not know it
    throw error;
  }
};

/** Removes an object that the cache knows; one that the cache does not know yet brings the key back. */
export const ensureAbsent = async <T extends KubeObject>(
  informer: Informer<T>,
  name: string,
  namespace: string | undefined,
  signal: AbortSignal,
): Promise<void> => {
  const have = informer.get(name, namespace);
  if (!have || have.metadata.deletionTimestamp !== undefined) return;
  await removeKnown(informer, have, signal);
};

/** Deletes an object of the cache, unless another has taken its name, and lets the cache know what came of it. */
export const removeKnown = async <T extends KubeObject>(
  informer: Informer<T>,
  { metadata }: T,
  signal: AbortSignal,
): Promise<void> => {
  const { name, namespace, uid } = metadata;
  const answer = await informer.client.delete(informer.resource, { name, namespace }, { uid, signal });
  if (typeof answer === 'object') informer.wrote(answer);
  else informer.removed(metadata);
};
