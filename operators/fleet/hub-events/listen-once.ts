import { encodeSubscriptionRequest } from '../../runtime/cloudevents/event.ts';
import { subscribePath } from '../../runtime/cloudevents/service.ts';
import type { GrpcClient } from '../../runtime/grpc/client.ts';
import { GrpcError, code } from '../../runtime/grpc/status.ts';
import { asClientError } from './errors.ts';

export interface ListenOptions {
  source: string;
  cluster: string;
  dataType: string;
  /** Milliseconds until a server counts as one that does not answer. */
  timeoutMs: number;
  signal: AbortSignal;
}

/**
 * Begins to listen to a hub over gRPC and leaves again: what shows that the way there, the server and the permissions
 * serve, and changes nothing. Resolves once the hub lets the caller listen. Rejects with an ApiError where it refuses, and
 * with a ConnectionError where it does not answer.
 */
export const listenOnce = async (
  grpc: GrpcClient,
  { source, cluster, dataType, timeoutMs, signal }: ListenOptions,
): Promise<void> => {
  const left = new AbortController();
  const late = AbortSignal.timeout(timeoutMs);
  const messages = grpc.stream(
    subscribePath,
    encodeSubscriptionRequest({ source, clusterName: cluster, dataType }),
    {
      signal: AbortSignal.any([signal, late, left.signal]),
      onHeaders: (headers) => headers['subscription-id'] !== undefined && left.abort(),
    },
  );
  try {
    // A first message can only come to somebody who is let in.
    await messages.next();
  } catch (error) {
    if (left.signal.aborted) return;
    signal.throwIfAborted();
    const failure = late.aborted
      ? new GrpcError(code.deadlineExceeded, `no answer within ${timeoutMs / 1000} s`, error)
      : error;
    throw asClientError(failure, `subscribe to ${dataType}`);
  } finally {
    await messages.return();
  }
};
