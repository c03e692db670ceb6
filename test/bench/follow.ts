import type { Client, WatchEvent, WatchOptions } from '../../operators/runtime/client/client.ts';
import type { KubeObject } from '../../operators/runtime/client/object.ts';
import type { Resource } from '../../operators/runtime/client/resource.ts';

/**
 * Every event after the resource version given, until the loop is left or the signal aborts. A server under load ends a
 * watch that it cannot feed fast enough; the next one goes on where that ended.
 */
export const follow = async function* <T extends KubeObject>(
  client: Client,
  resource: Resource<T>,
  options: WatchOptions,
): AsyncGenerator<WatchEvent<T>, void, undefined> {
  let { resourceVersion } = options;
  for (;;)
    for await (const event of client.watch(resource, { ...options, resourceVersion })) {
      resourceVersion =
        event.type === 'BOOKMARK' ? event.resourceVersion : event.object.metadata.resourceVersion;
      yield event;
    }
};
