import type { Client } from '../../runtime/client/client.ts';
import {
  type CloudEvent,
  decodePublishRequest,
  decodeSubscriptionRequest,
} from '../../runtime/cloudevents/event.ts';
import { WireError } from '../../runtime/cloudevents/protobuf.ts';
import { publishPath, subscribePath } from '../../runtime/cloudevents/service.ts';
import { formatDataType, parseDataType } from '../../runtime/cloudevents/event-type.ts';
import type { StreamHandler, UnaryHandler } from '../../runtime/grpc/call.ts';
import type { Method } from '../../runtime/grpc/server.ts';
import { GrpcError, code } from '../../runtime/grpc/status.ts';
import { ApiError, ConnectionError } from '../../runtime/client/errors.ts';
import { authenticate } from './authenticate.ts';
import { authorize } from './authorize.ts';
import { dataType } from '../../fleet/hub-events/data-types.ts';
import type { GrpcCounts } from './metrics.ts';
import { type PublishDeps, publish, readEvent } from './publish.ts';

export interface ServiceDeps extends PublishDeps {
  hub: Client;
  counts: GrpcCounts;
  /** How often it is asked whether a subscriber may still listen, in milliseconds. */
  recheckMs: number;
}

/** `google.protobuf.Empty`. */
const empty = Buffer.alloc(0);

const decoded = <T>(decode: (bytes: Buffer) => T, bytes: Buffer): T => {
  try {
    return decode(bytes);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    throw new GrpcError(code.invalidArgument, `failed to convert protobuf to cloudevent: ${error.message}`);
  }
};

/** A hub that does not answer is for the caller what a server that does not answer is: to be tried again. */
const explained = (error: unknown): unknown =>
  error instanceof ConnectionError || (error instanceof ApiError && error.code >= 500)
    ? new GrpcError(code.unavailable, `the hub's API server does not answer: ${error.message}`, error)
    : error;

/** `io.cloudevents.v1.CloudEventService` over the objects of the hub, by path. */
export const cloudEventService = (deps: ServiceDeps): ReadonlyMap<string, Method> => {
  const { hub, sources, subscriptions, counts, recheckMs } = deps;

  const timed =
    <A extends unknown[], R>(method: string, handle: (...args: A) => Promise<R>) =>
    async (...args: A): Promise<R> => {
      const began = performance.now();
      let status: number = code.ok;
      try {
        return await handle(...args);
      } catch (error) {
        const failure = explained(error);
        status = failure instanceof GrpcError ? failure.code : code.internal;
        throw failure;
      } finally {
        counts.answered(method, status, (performance.now() - began) / 1000);
      }
    };

  const onPublish: UnaryHandler = async (bytes, call) => {
    const caller = await authenticate(hub, call);
    const event: CloudEvent = decoded(decodePublishRequest, bytes);
    await publish(deps, caller, event, call.signal);
    const { type, cluster } = readEvent(event);
    counts.received({ cluster, dataType: formatDataType(type.dataType) });
    return empty;
  };

  const onSubscribe: StreamHandler = async (bytes, call, answers) => {
    const { clusterName: cluster, dataType: of } = decoded(decodeSubscriptionRequest, bytes);
    const parsed = parseDataType(of);
    if (!cluster || !parsed)
      throw new GrpcError(code.invalidArgument, 'a subscription needs a cluster name and a data type');
    const type = { dataType: parsed, subresource: 'spec', action: 'watch_request' } as const;
    const admit = async () => {
      const caller = await authenticate(hub, call);
      await authorize(hub, caller, type, { cluster }, call.signal);
      return caller;
    };
    const { user } = await admit();
    const source = sources.get(of);
    if (!source && of !== dataType.tokens && of !== dataType.events)
      throw new GrpcError(code.invalidArgument, `nothing is known of ${of}`);
    source?.start();
    const check = () => admit().then(() => {});
    await subscriptions.serve({ cluster, dataType: of, user }, answers, check, recheckMs, call.signal);
  };

  return new Map<string, Method>([
    [publishPath, { unary: timed('Publish', onPublish) }],
    [subscribePath, { stream: onSubscribe }],
  ]);
};
