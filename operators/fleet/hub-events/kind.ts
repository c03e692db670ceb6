import type { KubeObject } from '../../runtime/client/object.ts';
import type { Resource } from '../../runtime/client/resource.ts';
import type { AttributeValue, CloudEvent } from '../../runtime/cloudevents/event.ts';
import type { EventStore } from './object-store.ts';

export type Subresource = 'spec' | 'status';

/** How a client sends what it writes. */
export interface Sender {
  cluster: string;
  /**
   * Publishes `<data type>.<action>` for the cluster, and resolves when the hub has done what it asks for. Rejects with an
   * ApiError or a ConnectionError.
   */
  publish(
    action: string,
    payload: object,
    attributes: Record<string, AttributeValue | undefined>,
    signal?: AbortSignal,
  ): Promise<void>;
}

/** One kind of objects that agents hear of by events, and how they are written (registration.md 5.2, work.md 9). */
export interface Kind {
  resource: Resource;
  dataType: string;
  /** Takes what the hub says into the store. Throws where an event cannot be understood. */
  hear(event: CloudEvent, store: EventStore): void;
  /** What the hub compares to find out whether the agent knows the newest. */
  versionOf(object: KubeObject): number;
  /** Creates an object; left out where agents create none. */
  create?(object: KubeObject, sender: Sender, signal?: AbortSignal): Promise<KubeObject>;
  /** Brings an object, or its status, from what was present to what is to be. Resolves to what the store has then. */
  update?(
    change: { present: KubeObject; next: KubeObject; of: Subresource },
    sender: Sender,
    store: EventStore,
    signal?: AbortSignal,
  ): Promise<KubeObject>;
}
