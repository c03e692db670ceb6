import type { WatchEvent, WatchOptions } from './client.ts';
import { ApiError, type Status } from './errors.ts';
import { parseJson } from './json.ts';
import type { KubeObject } from './object.ts';
import { linesOf } from './request/body.ts';
import type { ApiRequest, Requester } from './request/requester.ts';
import { type Resource, pathOf } from './resource.ts';
import { shapeOf } from './shape.ts';

const metadataType = 'application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json';
const initialEventsEnd = 'k8s.io/initial-events-end';
/** Milliseconds that the server gets to end a watch after the time-out that it was given. */
const overrunMs = 30_000;

type WireEvent<T> =
  | { type: 'ADDED' | 'MODIFIED' | 'DELETED'; object: T }
  | {
      type: 'BOOKMARK';
      object: { metadata: { resourceVersion: string; annotations?: Record<string, string> } };
    }
  | { type: 'ERROR'; object: Status };

const requestOf = (resource: Resource, options: WatchOptions): ApiRequest => {
  const { namespace, labelSelector, fieldSelector, resourceVersion, timeoutSeconds, metadataOnly } = options;
  return {
    method: 'GET',
    path: pathOf(resource, namespace),
    query: {
      watch: true,
      allowWatchBookmarks: true,
      labelSelector,
      fieldSelector,
      resourceVersion,
      timeoutSeconds,
      ...(options.sendInitialEvents && { sendInitialEvents: true, resourceVersionMatch: 'NotOlderThan' }),
    },
    accept: metadataOnly ? metadataType : undefined,
    signal: options.signal,
    // Whoever watches is to know that a server broke off: the next one may be another, or not as far as that one was.
    isIdempotent: false,
  };
};

const parse = <T>(line: string): WireEvent<T> => {
  try {
    return parseJson(line) as WireEvent<T>;
  } catch (error) {
    throw new Error('the watch sent something that is not JSON', { cause: error });
  }
};

/**
 * Watches one resource until the server ends the watch (the iteration ends), the signal aborts (it rejects with the
 * signal's reason) or something breaks (ApiError, ConnectionError). Leaving the loop ends the watch.
 */
export const watch = async function* <T extends KubeObject>(
  requester: Requester,
  resource: Resource<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  const request = requestOf(resource, options);
  const about = `watch ${request.path}`;
  const shape = shapeOf(resource, options.metadataOnly);
  const { body } = await requester.open(request);
  options.onOpen?.();
  const { timeoutSeconds } = options;
  const overrun = () => body.destroy(new Error('the server did not end the watch at its time-out'));
  const timer = timeoutSeconds ? setTimeout(overrun, timeoutSeconds * 1000 + overrunMs).unref() : undefined;
  try {
    for await (const line of linesOf(body)) {
      const event = parse<T>(line);
      switch (event.type) {
        case 'ERROR':
          throw new ApiError(event.object.code ?? 500, event.object, about);
        case 'BOOKMARK': {
          const { resourceVersion, annotations } = event.object.metadata;
          yield {
            type: 'BOOKMARK',
            resourceVersion,
            initialEventsEnd: annotations?.[initialEventsEnd] === 'true',
          };
          break;
        }
        case 'ADDED':
        case 'MODIFIED':
        case 'DELETED':
          yield { type: event.type, object: shape(event.object) };
          break;
        default:
          throw new Error(
            `the watch sent an event of the unknown type ${JSON.stringify((event as { type: unknown }).type)}`,
          );
      }
    }
    request.signal?.throwIfAborted();
  } catch (error) {
    throw error instanceof ApiError ? error : requester.broken(request, error);
  } finally {
    clearTimeout(timer);
    body.destroy();
  }
};
