import { managedClusterCondition } from '../../../api/conditions.ts';
import type { ManagedCluster } from '../../../api/generated/cluster.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { ApiError } from '../../../runtime/client/errors.ts';
import type { EventFields } from '../../../runtime/controller/events.ts';
import { clusterEvent } from '../../common/cluster-event.ts';
import type { NextCondition } from '../../../runtime/controller/conditions.ts';

/** Failures are tolerated for this long, and looked into again this soon (registration.md 3.11). */
const toleratedMs = 20_000;
export const recheckMs = 5_000;

/** What the API server answered when asked how it is. */
export type Health = { ok: true } | { ok: false; code: number; detail: string };

const ask = async (client: Client, path: string, signal: AbortSignal): Promise<Health> => {
  try {
    await client.request({ method: 'GET', path, signal });
    return { ok: true };
  } catch (error) {
    if (signal.aborted) throw error;
    const { message } = error as Error;
    return { ok: false, code: error instanceof ApiError ? error.code : 0, detail: message };
  }
};

/** Asks `/livez`, and `/healthz` where that is unknown or refused. */
export const checkHealth = async (client: Client, signal: AbortSignal): Promise<Health> => {
  const live = await ask(client, '/livez', signal);
  return !live.ok && (live.code === 404 || live.code === 403) ? ask(client, '/healthz', signal) : live;
};

const { type, reason } = managedClusterCondition.available;

export type Availability =
  /** Show this. */
  | { observed: NextCondition }
  /** Too early to say: leave the condition as it is and look again soon. */
  | { observed?: undefined };

/** Turns health over time into the availability of the cluster: a short failure does not count. */
export const availabilityTracker = (now: () => number = Date.now) => {
  let failingSince: number | undefined;
  return (health: Health): Availability => {
    if (health.ok) {
      failingSince = undefined;
      return {
        observed: {
          type,
          status: 'True',
          reason: reason.ManagedClusterAvailable,
          message: 'Managed cluster is available',
        },
      };
    }
    failingSince ??= now();
    if (now() - failingSince < toleratedMs) return {};
    return {
      observed: {
        type,
        status: 'False',
        reason: reason.ManagedClusterKubeAPIServerUnavailable,
        message: `The kube-apiserver is not ok, status code: ${health.code}, ${health.detail}`,
      },
    };
  };
};

/** Tells that a cluster became available or unavailable (registration.md 9). */
export const availabilityEvent = (cluster: ManagedCluster, isAvailable: boolean): EventFields => {
  const { name } = cluster.metadata;
  return clusterEvent(cluster, {
    type: isAvailable ? 'Normal' : 'Warning',
    reason: isAvailable ? 'Available' : 'Unavailable',
    note: isAvailable
      ? `The ${name} is successfully imported, and it is managed by the hub cluster. Its apieserver is available`
      : `The ${name} is successfully imported. However, its Kube API server is unavailable`,
  });
};
