import type { ManifestWork } from '../../api/generated/work.ts';
import type { Client } from '../../runtime/client/client.ts';
import { type JsonMap, isMap, parseJson } from '../../runtime/client/json.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import { type CloudEvent, newEvent, textAttribute } from '../../runtime/cloudevents/event.ts';
import { type EventType, formatDataType, parseEventType } from '../../runtime/cloudevents/event-type.ts';
import { GrpcError, code } from '../../runtime/grpc/status.ts';
import type { Caller } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { strangeness } from './belongs.ts';
import { dataType, hubSource } from '../../fleet/hub-events/data-types.ts';
import { badRequest, forbidden, passedOn } from './refusal.ts';
import { answersTo, parseKnownVersions } from './resync.ts';
import type { Source } from './sources.ts';
import type { Subscriptions } from './subscriptions.ts';
import { writes } from './writes.ts';
import { writeWorkStatus } from './work-status.ts';

export interface PublishDeps {
  hub: Client;
  sources: ReadonlyMap<string, Source>;
  subscriptions: Subscriptions;
}

const invalid = (message: string): GrpcError => new GrpcError(code.invalidArgument, message);

/** What an event says of itself. Throws a GrpcError where it is not one that an agent sends. */
export const readEvent = (event: CloudEvent): { type: EventType; cluster: string; payload: JsonMap } => {
  const type = parseEventType(event.type);
  if (!type) throw invalid(`unsupported cloudevents type format: ${event.type}`);
  const cluster = textAttribute(event, 'clustername');
  if (!cluster) throw invalid('missing ce-clustername in event attributes');
  let payload: unknown;
  try {
    payload = parseJson(event.data.length === 0 ? '{}' : event.data.toString('utf8'));
  } catch (error) {
    throw invalid(`the data of the event is not JSON: ${(error as Error).message}`);
  }
  if (!isMap(payload)) throw invalid('the data of the event is not an object');
  return { type, cluster, payload };
};

const isText = (value: unknown): boolean => value === undefined || typeof value === 'string';

const isTexts = (value: unknown): boolean =>
  value === undefined || (isMap(value) && Object.values(value).every((each) => typeof each === 'string'));

/** The object in an event, whose metadata is what it claims to be. Throws a GrpcError where it is none. */
const objectIn = (payload: JsonMap): KubeObject => {
  const { metadata } = payload;
  if (
    !isMap(metadata) ||
    !['name', 'generateName', 'namespace', 'uid', 'resourceVersion'].every((field) =>
      isText(metadata[field]),
    ) ||
    !isTexts(metadata['labels']) ||
    !isTexts(metadata['annotations'])
  )
    throw badRequest('the data of the event is not an object of Kubernetes');
  return payload as unknown as KubeObject;
};

/** Does what an event asks for, as far as its sender may (registration.md 6). Rejects with a GrpcError. */
export const publish = async (
  { hub, sources, subscriptions }: PublishDeps,
  caller: Caller,
  event: CloudEvent,
  signal: AbortSignal,
): Promise<void> => {
  const { type, cluster, payload } = readEvent(event);
  const of = formatDataType(type.dataType);
  const isResync = type.action === 'resync_request';
  const isWork = of === dataType.bundles;
  const object = isResync || isWork ? undefined : objectIn(payload);
  await authorize(hub, caller, type, { cluster, name: object?.metadata.name }, signal);
  const source = sources.get(of);

  if (isResync) {
    const versions = parseKnownVersions(payload);
    if (!source || !versions) throw invalid(`${of} cannot be asked for in this way`);
    const present = await source.list(cluster, signal);
    for (const [uid, answer] of answersTo(of, cluster, versions, present))
      subscriptions.publish({ cluster, dataType: of }, uid, answer);
    return;
  }

  try {
    if (!object) {
      const find = async (uid: string) =>
        (await source!.list(cluster, signal)).find((known) => known.uid === uid)?.object as
          ManifestWork | undefined;
      await writeWorkStatus(hub, { event, type, payload }, find, signal);
      return;
    }
    const strange = strangeness(of, cluster, object);
    if (strange) throw forbidden(strange);
    const write = writes.get(of);
    if (!write) throw invalid(`failed to find service for event type ${of}`);
    const answer = await write({ hub, caller, type, cluster, object, options: { signal } });
    if (!answer) return;
    subscriptions.publish(
      { cluster, dataType: of, user: caller.user },
      event.id,
      newEvent(
        { source: hubSource, type: `${of}.spec.create_request` },
        { clustername: cluster, originalsource: '', resourceid: answer.metadata.uid },
        answer,
      ),
    );
  } catch (error) {
    throw passedOn(error);
  }
};
