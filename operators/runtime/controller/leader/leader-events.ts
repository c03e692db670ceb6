import type { Client } from '../../client/client.ts';
import type { Lease } from '../../client/kubernetes.ts';
import type { KubeObject } from '../../client/object.ts';
import type { Resource } from '../../client/resource.ts';
import type { Logger } from '../../process/logger.ts';
import { timestamp } from '../conditions.ts';

/** core/v1 Event, which client-go's leader election writes; everything else goes to events.k8s.io. */
interface CoreEvent extends KubeObject {
  involvedObject: {
    apiVersion: string;
    kind: string;
    name: string;
    namespace?: string;
    uid?: string;
    resourceVersion?: string;
  };
  type: 'Normal' | 'Warning';
  reason: string;
  message: string;
  source: { component: string };
  firstTimestamp: string;
  lastTimestamp: string;
  count: number;
}

const coreEvents: Resource<CoreEvent> = {
  group: '',
  version: 'v1',
  plural: 'events',
  kind: 'Event',
  namespaced: true,
};

/** Writes what the leader election announces as Events on the Lease (operator.md 1.7). Failures are logged. */
export const leaderEvents =
  (client: Client, component: string, log: Logger) =>
  async (message: string, lease: Lease): Promise<void> => {
    const { name, namespace, uid, resourceVersion } = lease.metadata;
    const now = new Date();
    const time = timestamp(now);
    const event: CoreEvent = {
      metadata: { name: `${name}.${(BigInt(now.getTime()) * 1_000_000n).toString(16)}`, namespace },
      involvedObject: {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        name,
        namespace,
        uid,
        resourceVersion,
      },
      type: 'Normal',
      reason: 'LeaderElection',
      message,
      source: { component },
      firstTimestamp: time,
      lastTimestamp: time,
      count: 1,
    };
    try {
      await client.create(coreEvents, event, { signal: AbortSignal.timeout(2000) });
    } catch (error) {
      log.debug(2, 'an event could not be written', { reason: 'LeaderElection', error });
    }
  };
