import { managedClusterCondition } from '../../../api/conditions.ts';
import type { ClusterProperty } from '../../../api/generated/about.ts';
import {
  type ClusterClaim,
  type ManagedCluster,
  type ManagedClusterStatus,
  managedClusters,
} from '../../../api/generated/cluster.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import type { Namespace, Node } from '../../../runtime/client/kubernetes.ts';
import type { KubeObject } from '../../../runtime/client/object.ts';
import { findCondition, isTrue, setCondition } from '../../../runtime/controller/conditions.ts';
import { type Controller, type Result, type Watch, mapped } from '../../../runtime/controller/controller.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import type { EventRecorder } from '../../../runtime/controller/events.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';
import type { Logger } from '../../../runtime/process/logger.ts';
import { availabilityEvent, availabilityTracker, checkHealth, recheckMs } from './availability.ts';
import { type ClaimLimits, claimsOf } from './claims.ts';
import { reconcileNamespaces } from './managed-namespaces.ts';
import { resourcesOf } from './resources.ts';

const fieldManager = 'registration-agent';

export interface StatusOptions {
  hub: Client;
  spoke: Client;
  events: EventRecorder;
  clusterName: string;
  clusters: Informer<ManagedCluster>;
  nodes: Informer<Node>;
  /** Namespaces with {@link namespaceLabelKey}. */
  namespaces: Informer<Namespace>;
  namespaceLabelKey: string;
  /** Left out when their feature is off. */
  claims?: Informer<ClusterClaim>;
  properties?: Informer<ClusterProperty>;
  limits: ClaimLimits;
  healthCheckPeriodMs: number;
}

interface Version {
  gitVersion: string;
}

const { hubAccepted, joined, available, clockSynced } = managedClusterCondition;

/** Changes of a node that say nothing of its resources are frequent: its conditions carry a heartbeat. */
const concernsStatus = (change: { type: string; object: KubeObject; previous?: KubeObject }): boolean => {
  if (change.type !== 'updated') return true;
  const content = ({ metadata, ...rest }: KubeObject) => ({ labels: metadata.labels, ...rest });
  return !semanticEqual(content(change.object), content(change.previous!));
};

/**
 * Reports on the hub how this cluster is: joined, available, its version, resources, claims, and the namespaces that
 * cluster sets manage (registration.md 3.11). One patch at the end; none while the hub says that clocks disagree.
 */
export const statusController = (options: StatusOptions): Controller => {
  const { hub, spoke, clusterName, clusters } = options;
  const track = availabilityTracker();
  const any = <T extends KubeObject>(informer: Informer<T>): Watch =>
    mapped(informer, (_object, change) => (concernsStatus(change) ? clusterName : undefined));

  const withResources = async (status: ManagedClusterStatus, signal: AbortSignal) => {
    const version = await spoke.request<Version>({ method: 'GET', path: '/version', signal });
    return {
      ...status,
      version: { kubernetes: version.gitVersion },
      ...resourcesOf(options.nodes.list(), status.capacity),
    };
  };

  const withClaims = (status: ManagedClusterStatus, log: Logger): ManagedClusterStatus => {
    if (!isTrue(status.conditions, joined.type)) return status;
    const { reported, truncated } = claimsOf(
      options.properties?.list() ?? [],
      options.claims?.list() ?? [],
      options.limits,
    );
    if (truncated > 0)
      log.info('CustomClusterClaimsTruncated', { left: truncated, max: options.limits.maxCustom });
    return { ...status, clusterClaims: reported };
  };

  /** The status as it should be, up to where something stopped it, and what remains to be done. */
  const observe = async (
    cluster: ManagedCluster,
    log: Logger,
    signal: AbortSignal,
  ): Promise<{ status: ManagedClusterStatus; result: Result; errors: Error[] }> => {
    const stop = (
      status: ManagedClusterStatus,
      afterMs = options.healthCheckPeriodMs,
      ...errors: Error[]
    ) => ({
      status,
      result: { requeueAfterMs: afterMs },
      errors,
    });

    let status: ManagedClusterStatus = cluster.status ?? {};
    if (!isTrue(status.conditions, hubAccepted.type)) {
      log.debug(2, 'ManagedClusterIsNotAccepted', { cluster: clusterName });
      return { status, result: undefined, errors: [] };
    }
    if (!isTrue(status.conditions, joined.type))
      status = {
        ...status,
        conditions: setCondition(status.conditions, {
          type: joined.type,
          status: 'True',
          reason: joined.reason.ManagedClusterJoined,
          message: 'Managed cluster joined',
        }),
      };

    const { observed } = track(await checkHealth(spoke, signal));
    if (!observed) return stop(status, recheckMs);
    status = { ...status, conditions: setCondition(status.conditions, observed) };
    if (observed.status !== 'True') return stop(status);

    try {
      status = await withResources(status, signal);
    } catch (error) {
      return stop(status, undefined, error as Error);
    }
    status = withClaims(status, log);

    const leaving = cluster.metadata.deletionTimestamp !== undefined;
    const { entries, errors } = await reconcileNamespaces(
      { spoke, labelled: options.namespaces, labelKey: options.namespaceLabelKey },
      leaving ? [] : (status.managedNamespaces ?? []),
      log,
      signal,
    );
    if (!leaving) status = { ...status, managedNamespaces: entries };
    return stop(status, undefined, ...errors);
  };

  const announce = (before: ManagedCluster, after: ManagedCluster, log: Logger): void => {
    const was = findCondition(before.status?.conditions, available.type)?.status;
    const is = findCondition(after.status?.conditions, available.type);
    if (!is || is.status === was) return;
    log.info('ManagedClusterConditionAvailableUpdated', { status: is.status, reason: is.reason });
    options.events.record(availabilityEvent(after, is.status === 'True'));
  };

  return {
    name: 'managed-cluster-status',
    watches: [
      any(clusters),
      any(options.nodes),
      any(options.namespaces),
      ...(options.claims ? [any(options.claims)] : []),
      ...(options.properties ? [any(options.properties)] : []),
    ],
    concurrency: 1,
    async reconcile(_key, { log, signal }) {
      const cluster = clusters.get(clusterName);
      if (!cluster) return; // its return is an event
      if (findCondition(cluster.status?.conditions, clockSynced.type)?.status === 'False') {
        log.warn('ClockOutOfSync', { cluster: clusterName });
        throw new Error(
          `the clocks of managed cluster "${clusterName}" and its hub differ by more than its lease allows; ` +
            'nothing is reported until they agree: check time synchronisation on both',
        );
      }
      const { status, result, errors } = await observe(cluster, log, signal);
      const written = await patchStatus(hub, managedClusters, cluster, status, { fieldManager, signal });
      announce(cluster, written, log);
      if (errors.length > 0)
        throw new AggregateError(errors, errors.map(({ message }) => message).join('\n'));
      return result;
    },
  };
};
