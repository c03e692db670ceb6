import type { ResourceAttributes, SubjectAccessReview } from '../../runtime/client/kubernetes.ts';
import { subjectAccessReviews } from '../../runtime/client/kubernetes.ts';
import type { Client } from '../../runtime/client/client.ts';
import type { Action, EventType } from '../../runtime/cloudevents/event-type.ts';
import { formatDataType, formatEventType } from '../../runtime/cloudevents/event-type.ts';
import { GrpcError, code } from '../../runtime/grpc/status.ts';
import { group } from '../../api/names.ts';
import type { Caller } from './authenticate.ts';
import { dataType } from '../../fleet/hub-events/data-types.ts';

const verbs: Partial<Record<Action, string>> = {
  create_request: 'create',
  update_request: 'update',
  delete_request: 'delete',
  watch_request: 'watch',
  resync_request: 'list',
};

const plain = (event: EventType) => ({ group: event.dataType.group, resource: event.dataType.resource });

/**
 * What somebody must be allowed who sends an event of this type for a cluster, or subscribes to them
 * (registration.md 6); undefined for what nobody may.
 * @param name of the object in the event, where there is one
 */
export const attributesOf = (
  event: EventType,
  cluster: string,
  name: string | undefined,
): ResourceAttributes | undefined => {
  const verb = verbs[event.action];
  if (verb === undefined) return undefined;
  const asked: ResourceAttributes = {
    verb,
    namespace: cluster,
    ...(event.subresource === 'status' && { subresource: 'status' }),
  };
  switch (formatDataType(event.dataType)) {
    case dataType.clusters:
      return { ...asked, ...plain(event), name: cluster };
    case dataType.requests:
    case dataType.addons:
    case dataType.oldAddons:
    case dataType.leases:
    case dataType.events:
      return { ...asked, ...plain(event) };
    case dataType.bundles:
      return { ...asked, group: group.work, resource: 'manifestworks' };
    case dataType.tokens: {
      const token = { ...asked, group: '', resource: 'serviceaccounts', subresource: 'token' };
      if (verb === 'create') return name ? { ...token, name } : undefined;
      return verb === 'watch' ? { ...token, verb: 'subscribe' } : undefined;
    }
    default:
      return undefined;
  }
};

/** Whether the API server lets this caller do this. */
export const isAllowed = async (
  hub: Client,
  { user, groups, uid, extra }: Caller,
  resourceAttributes: ResourceAttributes,
  signal?: AbortSignal,
): Promise<boolean> => {
  const review = {
    metadata: {},
    spec: { user, groups, uid, extra, resourceAttributes },
  } as SubjectAccessReview;
  const { status } = await hub.create(subjectAccessReviews, review, { signal });
  return status?.allowed === true;
};

/** Rejects with a GrpcError unless the caller may send this event, or subscribe to such. */
export const authorize = async (
  hub: Client,
  caller: Caller,
  event: EventType,
  of: { cluster: string; name?: string },
  signal: AbortSignal,
): Promise<void> => {
  const attributes = attributesOf(event, of.cluster, of.name);
  if (attributes && (await isAllowed(hub, caller, attributes, signal))) return;
  throw new GrpcError(
    code.permissionDenied,
    `access denied: the event ${formatEventType(event)} is not allowed, ` +
      `(cluster=${of.cluster}, user=${caller.user})`,
  );
};
