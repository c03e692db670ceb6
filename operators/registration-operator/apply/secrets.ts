import type { Client } from '../../runtime/client/client.ts';
import { type Secret, secrets } from '../../runtime/client/kubernetes.ts';
import type { ObjectName } from '../../runtime/client/object.ts';
import { hashOf } from './hash.ts';

const tokenType = 'kubernetes.io/service-account-token';
const tokenAnnotations = ['kubernetes.io/service-account.name', 'kubernetes.io/service-account.uid'];

/** Present on a Secret that an operator copied, so that it deletes no Secret that somebody else made (D26). */
export const copiedAnnotation = 'operator.open-cluster-management.io/copied-from';

export interface SecretCopy {
  from: { client: Client } & Required<ObjectName>;
  to: { client: Client } & Required<ObjectName>;
  labels: Record<string, string>;
  fieldManager: string;
}

/**
 * What the target must hold for a source (operator.md 4.6): a token's Secret becomes Opaque without its ties to the
 * ServiceAccount.
 * @throws Error while a token's Secret has no token yet
 */
export const copyOf = (source: Secret, copy: Pick<SecretCopy, 'from' | 'to' | 'labels'>): Secret => {
  const isToken = source.type === tokenType;
  if (isToken && !source.data?.token)
    throw new Error(
      `Secret ${copy.from.namespace}/${copy.from.name} has no token yet; it is copied once it has`,
    );
  const annotations = Object.fromEntries(
    Object.entries(source.metadata.annotations ?? {}).filter(
      ([key]) =>
        !tokenAnnotations.includes(key) && key !== 'kubectl.kubernetes.io/last-applied-configuration',
    ),
  );
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name: copy.to.name,
      namespace: copy.to.namespace,
      labels: { ...source.metadata.labels, ...copy.labels },
      annotations: { ...annotations, [copiedAnnotation]: `${copy.from.namespace}.${copy.from.name}` },
    },
    type: isToken ? 'Opaque' : source.type,
    data: source.data,
  };
};

const isAsWanted = (live: Secret, wanted: Secret): boolean =>
  live.type === (wanted.type ?? 'Opaque') &&
  hashOf(live.data ?? {}) === hashOf(wanted.data ?? {}) &&
  Object.entries(wanted.metadata.labels ?? {}).every(
    ([key, value]) => live.metadata.labels?.[key] === value,
  ) &&
  Object.entries(wanted.metadata.annotations ?? {}).every(
    ([key, value]) => live.metadata.annotations?.[key] === value,
  );

/**
 * Brings a Secret to its wanted data and type by create, update or, for another type, delete and create; labels and
 * annotations of others stay. Writes nothing when nothing differs. Uses no patch: the klusterlet operator's role has none.
 * @returns whether something was written
 */
export const writeSecret = async (client: Client, wanted: Secret, fieldManager: string): Promise<boolean> => {
  const { name, namespace } = wanted.metadata;
  const live = await client.find(secrets, name, namespace);
  if (!live) {
    await client.create(secrets, wanted, { fieldManager });
    return true;
  }
  if (isAsWanted(live, wanted)) return false;
  if (live.type !== (wanted.type ?? 'Opaque')) {
    await client.delete(secrets, { name, namespace }, { uid: live.metadata.uid });
    await client.create(secrets, wanted, { fieldManager });
    return true;
  }
  await client.replace(
    secrets,
    {
      ...live,
      data: wanted.data,
      metadata: {
        ...live.metadata,
        labels: { ...live.metadata.labels, ...wanted.metadata.labels },
        annotations: { ...live.metadata.annotations, ...wanted.metadata.annotations },
      },
    },
    { fieldManager },
  );
  return true;
};

/**
 * Deletes a Secret that an operator copied, and leaves one that somebody else made.
 * @returns whether one was deleted
 */
export const removeCopy = async (client: Client, { name, namespace }: ObjectName): Promise<boolean> => {
  const live = await client.find(secrets, name, namespace);
  if (!live?.metadata.annotations?.[copiedAnnotation]) return false;
  return client.delete(secrets, { name, namespace }, { uid: live.metadata.uid });
};

/**
 * Copies a Secret, or removes the copy when the source is gone (operator.md 4.6). A target that nobody copied is never
 * deleted (D26).
 * @returns whether the source is there
 */
export const syncSecret = async (copy: SecretCopy): Promise<boolean> => {
  const source = await copy.from.client.find(secrets, copy.from.name, copy.from.namespace);
  if (!source) {
    await removeCopy(copy.to.client, copy.to);
    return false;
  }
  await writeSecret(copy.to.client, copyOf(source, copy), copy.fieldManager);
  return true;
};
