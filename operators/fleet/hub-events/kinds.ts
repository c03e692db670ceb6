import { managedClusterAddOns } from '../../api/generated/addon.ts';
import { managedClusters } from '../../api/generated/cluster.ts';
import { isOlder } from '../../runtime/cache/version.ts';
import { certificateSigningRequests, leases } from '../../runtime/client/kubernetes.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import { type Resource, apiVersionOf } from '../../runtime/client/resource.ts';
import { type CloudEvent, textAttribute } from '../../runtime/cloudevents/event.ts';
import { isMap, parseJson } from '../../runtime/client/json.ts';
import { dataType } from './data-types.ts';
import type { Kind, Sender } from './kind.ts';
import type { EventStore } from './object-store.ts';

/** Milliseconds that a write waits until its effect was heard of: the next one needs the version that it made. */
const echoMs = 5_000;

/** The object in an event; undefined where it has none. Throws where its data is no object of Kubernetes. */
const objectIn = (event: CloudEvent): KubeObject | undefined => {
  if (event.data.length === 0) return undefined;
  const object = parseJson(event.data.toString('utf8'));
  if (!isMap(object) || !isMap(object['metadata']) || typeof object['metadata']['name'] !== 'string')
    throw new Error('the data of the event is not an object of Kubernetes');
  return object as unknown as KubeObject;
};

/**
 * What a deletion in an event means: the object is being deleted, or it is gone. Of an object that goes on the hub says the
 * version; upstream's server repeats the one that it was asked about.
 */
const isGone = (event: CloudEvent, known: KubeObject): boolean => {
  if (event.type.endsWith('.delete_request')) return true;
  const version = event.attributes.get('resourceversion');
  if (version === undefined) return true;
  const { resourceVersion, deletionTimestamp } = known.metadata;
  return deletionTimestamp === undefined && String(version as string | number) === resourceVersion;
};

const hear = (event: CloudEvent, store: EventStore): void => {
  const object = objectIn(event);
  const deletion = event.attributes.get('deletiontimestamp');
  if (object && (deletion === undefined || !event.type.endsWith('.delete_request'))) {
    const before = store.byUid(object.metadata.uid ?? '');
    if (!isOlder(object.metadata.resourceVersion, before?.metadata.resourceVersion)) store.put(object);
    return;
  }
  const uid = textAttribute(event, 'resourceid') ?? object?.metadata.uid ?? '';
  const known = store.byUid(uid);
  if (!known) return;
  if (deletion === undefined) throw new Error('the event has neither an object nor a deletion');
  if (isGone(event, known)) return store.remove(uid);
  store.put({
    ...known,
    metadata: {
      ...known.metadata,
      // Without a version of its own the change would be none for whoever keeps objects.
      resourceVersion: String(event.attributes.get('resourceversion') as string | number),
      deletionTimestamp: deletion instanceof Date ? deletion.toISOString() : String(deletion as string),
    },
  });
};

const attributesOf = ({ metadata }: KubeObject) => ({
  resourceid: metadata.uid ?? metadata.name,
  resourceversion: metadata.resourceVersion,
});

const withKind = (resource: Resource, object: KubeObject): KubeObject => ({
  ...object,
  apiVersion: apiVersionOf(resource),
  kind: resource.kind,
});

const created =
  (resource: Resource) =>
  async (object: KubeObject, sender: Sender, signal?: AbortSignal): Promise<KubeObject> => {
    const whole = withKind(resource, object);
    await sender.publish('spec.create_request', whole, attributesOf(object), signal);
    return whole;
  };

const updated =
  (resource: Resource): NonNullable<Kind['update']> =>
  async ({ present, next, of }, sender, store, signal) => {
    const { uid, resourceVersion } = present.metadata;
    const whole = withKind(resource, { ...next, metadata: { ...next.metadata, uid, resourceVersion } });
    await sender.publish(`${of}.update_request`, whole, attributesOf(present), signal);
    return (await store.moved(present.metadata, echoMs, signal)) ?? whole;
  };

const plain = (resource: Resource, of: string, writes: ('create' | 'update')[]): Kind => ({
  resource,
  dataType: of,
  hear,
  versionOf: ({ metadata }) => Number(metadata.resourceVersion ?? 0),
  ...(writes.includes('create') && { create: created(resource) }),
  ...(writes.includes('update') && { update: updated(resource) }),
});

/** What a registration agent hears of, and writes, by events. */
export const registrationKinds: readonly Kind[] = [
  plain(managedClusters, dataType.clusters, ['create', 'update']),
  plain(certificateSigningRequests, dataType.requests, ['create']),
  plain(leases, dataType.leases, ['update']),
  plain(managedClusterAddOns, dataType.addons, ['update']),
];
