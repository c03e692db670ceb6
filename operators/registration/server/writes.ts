import { managedClusterAddOns } from '../../api/generated/addon.ts';
import { type ManagedCluster, managedClusters } from '../../api/generated/cluster.ts';
import { virtualResource } from '../../api/identities.ts';
import { annotation, label } from '../../api/names.ts';
import type { Client, WriteOptions } from '../../runtime/client/client.ts';
import { isNotFound } from '../../runtime/client/errors.ts';
import {
  type CertificateSigningRequest,
  type Event,
  type Lease,
  type TokenRequest,
  certificateSigningRequests,
  events,
  leases,
  serviceAccounts,
} from '../../runtime/client/kubernetes.ts';
import type { KubeObject, ObjectMeta, UnknownObject } from '../../runtime/client/object.ts';
import type { Resource } from '../../runtime/client/resource.ts';
import type { EventType } from '../../runtime/cloudevents/event-type.ts';
import type { Caller } from './authenticate.ts';
import { isAllowed } from './authorize.ts';
import { dataType } from '../../fleet/hub-events/data-types.ts';
import { badRequest, forbidden } from './refusal.ts';

/** An object that an agent sent for its cluster; that it is the cluster's has been checked. */
export interface Write {
  hub: Client;
  caller: Caller;
  type: EventType;
  cluster: string;
  object: KubeObject;
  options: WriteOptions;
}

/** Writes as the caller may. The answer, where there is one, goes to the caller's own subscription. */
type Handler = (write: Write) => Promise<KubeObject | void>;

/** Of what an agent says of an object's metadata, only what names it: owners and finalizers are the hub's affair. */
const named = ({ name, generateName, namespace, labels }: ObjectMeta): ObjectMeta => ({
  name,
  ...(generateName !== undefined && { generateName }),
  ...(namespace !== undefined && { namespace }),
  ...(labels !== undefined && { labels }),
});

/** The very version that the agent saw. */
const asSeen = ({ uid, resourceVersion }: ObjectMeta) => ({ uid, resourceVersion });

const mayJoin = async ({ hub, caller, options }: Write, set: string | undefined): Promise<void> => {
  if (!set || (await isAllowed(hub, caller, { ...virtualResource.join, name: set }, options.signal))) return;
  throw forbidden(
    `user ${JSON.stringify(caller.user)} cannot put a ManagedCluster into the ManagedClusterSet "${set}"`,
  );
};

const writeStatus = async <T extends UnknownObject>(
  { hub, object, options }: Write,
  resource: Resource,
): Promise<void> => {
  const { name, namespace } = object.metadata;
  const { status } = object as T;
  const next = { metadata: { name, namespace, ...asSeen(object.metadata) }, status: status ?? {} };
  await hub.replace(resource, next, { ...options, subresource: 'status' });
};

/** Who may accept or move a cluster is asked of the agent, since the server itself may do more (registration.md D16). */
const createCluster = async (write: Write): Promise<void> => {
  const { hub, object, options } = write;
  const { metadata, spec } = object as ManagedCluster;
  if (spec?.hubAcceptsClient) throw forbidden('a ManagedCluster is accepted on the hub, not by its agent');
  await mayJoin(write, metadata.labels?.[label.clusterSet]);
  const { annotations } = metadata;
  await hub.create(
    managedClusters,
    { metadata: { ...named(metadata), ...(annotations && { annotations }) }, spec: spec ?? {} },
    options,
  );
};

/** Of its spec, an agent has nothing to say but where the cluster's API server is (registration.md D29). */
const updateCluster = async ({ hub, object, options }: Write): Promise<void> => {
  const { metadata, spec } = object as ManagedCluster;
  const body = {
    metadata: asSeen(metadata),
    spec: { managedClusterClientConfigs: spec?.managedClusterClientConfigs ?? [] },
  };
  await hub.patch(managedClusters, { name: metadata.name }, { type: 'merge', body }, options);
};

const clusters: Handler = (write) => {
  if (write.type.action === 'create_request' && write.type.subresource === 'spec')
    return createCluster(write);
  if (write.type.action !== 'update_request') throw unsupported(write.type);
  return write.type.subresource === 'status' ? writeStatus(write, managedClusters) : updateCluster(write);
};

/** The hub learns from the annotation who asks: the request itself is the server's (registration.md 5.2). */
const requests: Handler = async ({ hub, caller, type, object, options }) => {
  if (type.action !== 'create_request') throw unsupported(type);
  const { metadata, spec } = object as CertificateSigningRequest;
  const annotations = { [annotation.csrUser]: caller.user };
  await hub.create(
    certificateSigningRequests,
    { metadata: { ...named(metadata), annotations }, spec },
    options,
  );
};

const addOns =
  (resource: Resource): Handler =>
  async (write) => {
    if (write.type.action !== 'update_request' || write.type.subresource !== 'status')
      throw unsupported(write.type);
    await writeStatus(write, resource);
  };

const updateLease: Handler = async ({ hub, type, object, options }) => {
  if (type.action !== 'update_request') throw unsupported(type);
  const { metadata, spec } = object as Lease;
  const body = { metadata: asSeen(metadata), spec: spec ?? {} };
  await hub.patch(leases, metadata, { type: 'merge', body }, options);
};

const writeEvent: Handler = async ({ hub, type, object, options }) => {
  const { metadata, ...rest } = object as Event;
  if (type.action === 'create_request') {
    await hub.create(events, { ...rest, metadata: named(metadata) } as Event, options);
  } else if (type.action === 'update_request') {
    try {
      const body = { series: rest.series ?? null };
      await hub.patch(events, metadata, { type: 'merge', body }, options);
    } catch (error) {
      if (!isNotFound(error)) throw error; // it was forgotten meanwhile
    }
  } else throw unsupported(type);
};

/** The uid in the request is the agent's number for it, not that of the ServiceAccount. */
const createToken: Handler = async ({ hub, type, object, options }) => {
  if (type.action !== 'create_request') throw unsupported(type);
  const { metadata, spec } = object as TokenRequest;
  const { name, namespace, uid } = metadata;
  const made = await hub.createSubresource<TokenRequest>(
    serviceAccounts,
    { name, namespace },
    'token',
    { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { name, namespace }, spec },
    options,
  );
  return { ...made, metadata: { ...made.metadata, name, namespace, uid } };
};

const unsupported = ({ action, subresource, dataType: of }: EventType) =>
  badRequest(`unsupported action ${action} of ${subresource} for ${of.resource}`);

/** How what agents send is written, by data type; works are written by work-status.ts. */
export const writes: ReadonlyMap<string, Handler> = new Map([
  [dataType.clusters, clusters],
  [dataType.requests, requests],
  [dataType.addons, addOns(managedClusterAddOns)],
  [dataType.oldAddons, addOns({ ...managedClusterAddOns, version: 'v1alpha1' })],
  [dataType.leases, updateLease],
  [dataType.events, writeEvent],
  [dataType.tokens, createToken],
]);
