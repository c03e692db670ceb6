import { isDeepStrictEqual } from 'node:util';
import type { Client } from '../../runtime/client/client.ts';
import { type Secret, secrets } from '../../runtime/client/kubernetes.ts';
import { keyOf, type OwnerReference } from '../../runtime/client/object.ts';

/** The base64 that a secret's data holds for a text. */
export const encode = (text: string): string => Buffer.from(text, 'utf8').toString('base64');

/** The text under a key of a secret; undefined when the key is missing or empty. */
export const textOf = (secret: Secret | undefined, key: string): string | undefined => {
  const value = secret?.data?.[key];
  return value ? Buffer.from(value, 'base64').toString('utf8') : undefined;
};

/** How a message names a secret. */
export const describeSecret = (secret: Secret): string => `Secret ${keyOf(secret)}`;

const typeOf = ({ type }: Secret): string => type ?? 'Opaque';

const includes = (
  present: Record<string, string> | undefined,
  wanted: Record<string, string> | undefined,
): boolean => Object.entries(wanted ?? {}).every(([key, value]) => present?.[key] === value);

/** Owners are those that are wanted; where none are named, those that it has. */
const ownersOf = (live: Secret, wanted: Secret): OwnerReference[] | undefined =>
  wanted.metadata.ownerReferences ?? live.metadata.ownerReferences;

const isAsWanted = (live: Secret, wanted: Secret): boolean =>
  isDeepStrictEqual(live.metadata.ownerReferences, ownersOf(live, wanted)) &&
  isDeepStrictEqual({ ...live.data }, { ...wanted.data }) &&
  includes(live.metadata.labels, wanted.metadata.labels) &&
  includes(live.metadata.annotations, wanted.metadata.annotations);

/**
 * Brings a secret to its wanted data and type; labels and annotations of others stay. Written by create and update,
 * because the klusterlet operator may not patch secrets (packaging.md 4.2), and a type, being immutable, by delete and
 * create (operator.md 4.6).
 * @returns whether something was written
 * @throws ApiError with code 409 when somebody else writes the secret at the same time; trying again is right
 */
export const writeSecret = async (client: Client, wanted: Secret, fieldManager: string): Promise<boolean> => {
  const { name, namespace } = wanted.metadata;
  const live = await client.find(secrets, name, namespace);
  if (!live) {
    await client.create(secrets, wanted, { fieldManager });
    return true;
  }
  if (typeOf(live) !== typeOf(wanted)) {
    await deleteSecret(client, live);
    await client.create(secrets, wanted, { fieldManager });
    return true;
  }
  if (isAsWanted(live, wanted)) return false;
  const metadata = {
    ...live.metadata,
    labels: { ...live.metadata.labels, ...wanted.metadata.labels },
    annotations: { ...live.metadata.annotations, ...wanted.metadata.annotations },
    ownerReferences: ownersOf(live, wanted),
  };
  await client.replace<Secret>(secrets, { ...live, metadata, data: wanted.data }, { fieldManager });
  return true;
};

/** Deletes a secret as it was seen; true when it was there. A secret that came since under its name stays. */
export const deleteSecret = async (
  client: Client,
  { metadata: { name, namespace, uid } }: Secret,
): Promise<boolean> => (await client.delete(secrets, { name, namespace }, { uid })) !== false;
