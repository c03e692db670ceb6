import type { Client } from '../../runtime/client/client.ts';
import { type Secret, secrets } from '../../runtime/client/kubernetes.ts';
import type { ObjectName, OwnerReference } from '../../runtime/client/object.ts';
import { deleteSecret, describeSecret, textOf, writeSecret } from './secret.ts';

/** Says that a secret is a copy of an operator, and of what: only such a one is ever deleted (D26). */
export const copiedAnnotation = 'operator.open-cluster-management.io/copied-from';

const tokenType = 'kubernetes.io/service-account-token';
const tokenAnnotations = ['kubernetes.io/service-account.name', 'kubernetes.io/service-account.uid'];
/** What kubectl keeps for itself about the original, the data included. */
const lastApplied = 'kubectl.kubernetes.io/last-applied-configuration';

/** A secret that follows another one, in another namespace and perhaps on another cluster. */
export interface SecretCopy {
  from: { client: Client } & Required<ObjectName>;
  to: { client: Client } & Required<ObjectName>;
  labels?: Record<string, string>;
  /** Asked when there is something to copy: with what the copy goes, in its namespace. */
  owner?: () => Promise<OwnerReference>;
  fieldManager: string;
}

/**
 * What the copy of a secret holds (operator.md 4.6). A service account's token becomes a plain secret, since the API
 * server would otherwise fill or delete it by the account that its annotations name.
 * @throws Error while such a token has not been issued
 */
export const copyOf = (
  source: Secret,
  { name, namespace }: Required<ObjectName>,
  labels: Record<string, string> = {},
): Secret => {
  const isToken = source.type === tokenType;
  if (isToken && textOf(source, 'token') === undefined)
    throw new Error(`${describeSecret(source)} has no token yet; it is copied once the token is issued`);
  const annotations = Object.entries(source.metadata.annotations ?? {}).filter(
    ([key]) => key !== lastApplied && !(isToken && tokenAnnotations.includes(key)),
  );
  return {
    apiVersion: 'v1',
    kind: 'Secret',
    metadata: {
      name,
      namespace,
      labels: { ...source.metadata.labels, ...labels },
      annotations: {
        ...Object.fromEntries(annotations),
        [copiedAnnotation]: `${source.metadata.namespace}/${source.metadata.name}`,
      },
    },
    type: isToken ? 'Opaque' : source.type,
    data: source.data,
  };
};

/** Deletes a secret if it is a copy; true when one was there. What somebody else put in its place stays (D26). */
export const removeCopy = async (
  client: Client,
  { name, namespace }: Required<ObjectName>,
): Promise<boolean> => {
  const present = await client.find(secrets, name, namespace);
  if (!present?.metadata.annotations?.[copiedAnnotation]) return false;
  return deleteSecret(client, present);
};

/**
 * Brings the copy in step with its source, or removes it when the source is gone (operator.md 4.6).
 * @returns whether the source is there
 */
export const syncSecret = async ({ from, to, labels, owner, fieldManager }: SecretCopy): Promise<boolean> => {
  const isItself = from.client === to.client && from.name === to.name && from.namespace === to.namespace;
  const source = await from.client.find(secrets, from.name, from.namespace);
  if (isItself) return source !== undefined;
  if (!source) {
    await removeCopy(to.client, to);
    return false;
  }
  const copy = copyOf(source, to, labels);
  if (owner) copy.metadata.ownerReferences = [await owner()];
  await writeSecret(to.client, copy, fieldManager);
  return true;
};
