import { annotation } from '../../api/names.ts';
import type { Client } from '../../runtime/client/client.ts';
import { isInvalid } from '../../runtime/client/errors.ts';
import type { KubeObject, UnknownObject } from '../../runtime/client/object.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { hasForeignFields } from './drift/ownership.ts';
import { hashOf } from './hash.ts';
import { describe, type ObjectRef } from './kinds.ts';

/** These kinds carry a hash of their spec, which users and tools of the upstream project look at (operator.md 6). */
const hashedKinds = ['Deployment', 'Service'];

export const withSpecHash = (object: UnknownObject): UnknownObject =>
  hashedKinds.includes(object.kind ?? '')
    ? {
        ...object,
        metadata: {
          ...object.metadata,
          annotations: { ...object.metadata.annotations, [annotation.specHash]: hashOf(object.spec) },
        },
      }
    : object;

/** The part of an object that the server never changes; undefined for kinds without one. */
const fixedPart = (object: UnknownObject): unknown => {
  if (object.kind === 'Deployment') return (object.spec as { selector?: unknown } | undefined)?.selector;
  return object.kind === 'RoleBinding' || object.kind === 'ClusterRoleBinding' ? object.roleRef : undefined;
};

/** Takes out what others added where nobody may add anything; server-side apply would leave it. */
const withoutForeignFields = async (
  client: Client,
  fieldManager: string,
  ref: ObjectRef,
  wanted: UnknownObject,
  live: KubeObject,
): Promise<KubeObject> => {
  if (!hasForeignFields(live, fieldManager)) return live;
  const { labels, annotations } = live.metadata;
  const metadata = {
    ...live.metadata,
    labels: { ...labels, ...wanted.metadata.labels },
    annotations: { ...annotations, ...wanted.metadata.annotations },
    managedFields: undefined,
  };
  return client.replace(ref.resource, { ...wanted, metadata } as UnknownObject, { fieldManager });
};

/**
 * Has the server make an object as wanted, whatever it is now, and resolves to what it has become. Where the part that
 * the server never changes differs, the object is deleted and created; the Pods of such a Deployment are replaced.
 * Where the fields of others make it invalid and nobody may add any, it is replaced as a whole.
 * @throws ApiError or ConnectionError
 */
export const send = async (
  client: Client,
  fieldManager: string,
  ref: ObjectRef,
  wanted: UnknownObject,
  log: Logger,
): Promise<KubeObject> => {
  const options = { fieldManager, force: true };
  try {
    const live = await client.apply(ref.resource, wanted, options);
    return await withoutForeignFields(client, fieldManager, ref, wanted, live);
  } catch (error) {
    if (!isInvalid(error)) throw error;
    const live = await client.find(ref.resource, ref.name, ref.namespace);
    if (!live) throw error;
    const isFixed = hashOf(fixedPart(live as UnknownObject)) === hashOf(fixedPart(wanted));
    // What others hold may not go together with ours: the conversion webhook of another installation's CRD.
    if (isFixed && hasForeignFields(live, fieldManager))
      return withoutForeignFields(client, fieldManager, ref, wanted, live);
    if (isFixed) throw error;
    log.warn('replacing an object that cannot be changed in place', { object: describe(ref) });
    await client.delete(ref.resource, ref, { uid: live.metadata.uid, propagationPolicy: 'Background' });
    return client.apply(ref.resource, wanted, options);
  }
};
