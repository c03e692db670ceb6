import type { ManagedCluster } from '../../../api/generated/cluster.ts';
import { clusterLease } from '../../../api/names.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { leases } from '../../../runtime/client/kubernetes.ts';
import { type Controller, from } from '../../../runtime/controller/controller.ts';
import { once } from '../../common/watches.ts';
import { isDenied } from './denied.ts';

/** Ends the process so that another hub is chosen at its next start. */
type Leave = (reason: string) => void;

/** Leaves a hub that denies the cluster (registration.md 3.9). */
export const hubAcceptController = (
  clusters: Informer<ManagedCluster>,
  clusterName: string,
  leave: Leave,
): Controller => ({
  name: 'hub-accept',
  watches: [from(clusters)],
  concurrency: 1,
  reconcile: (key) => {
    if (key === clusterName && isDenied(clusters.get(clusterName)))
      leave(`the hub no longer accepts the cluster ${clusterName}; choosing a hub anew`);
    return Promise.resolve();
  },
});

const checkMs = 60_000;
/** The lease may be old when the agent starts: it gets this long to renew it. */
const startMs = 10_000;

/** When the hub was last heard of: by what its lease says, or from when one began to listen. */
export const contactTracker = (startedAt: number) => {
  let lastContact: number | undefined;
  return {
    /** `renewTime` is undefined when the lease could not be read. */
    note(renewTime: string | undefined, now: number): void {
      if (renewTime !== undefined) lastContact = Date.parse(renewTime);
      else lastContact ??= now;
    },
    hasTimedOut: (timeoutMs: number, now: number): boolean =>
      now - startedAt >= startMs && lastContact !== undefined && now > lastContact + timeoutMs,
  };
};

/** Leaves a hub with which there has been no contact for too long (registration.md 3.9). */
export const hubTimeoutController = (
  hub: Client,
  clusterName: string,
  timeoutMs: number,
  leave: Leave,
  now: () => number = Date.now,
): Controller => {
  const contact = contactTracker(now());
  return {
    name: 'hub-timeout',
    watches: [once(clusterName)],
    concurrency: 1,
    async reconcile(_key, { log, signal }) {
      try {
        const lease = await hub.get(leases, clusterLease, clusterName, { signal });
        contact.note(lease.spec?.renewTime, now());
      } catch (error) {
        log.debug(2, 'the lease on the hub cannot be read', { error });
        contact.note(undefined, now());
      }
      if (contact.hasTimedOut(timeoutMs, now()))
        leave(`there was no contact with the hub for ${timeoutMs / 1000} seconds; choosing a hub anew`);
      return { requeueAfterMs: Math.min(checkMs, timeoutMs) };
    },
  };
};
