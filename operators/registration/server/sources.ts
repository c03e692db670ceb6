import { managedClusterAddOns } from '../../api/generated/addon.ts';
import { managedClusters } from '../../api/generated/cluster.ts';
import { type ManifestWork, manifestWorks } from '../../api/generated/work.ts';
import { clusterLease, label } from '../../api/names.ts';
import type { Change, Informer, InformerOptions, Informers } from '../../runtime/cache/informer.ts';
import type { CloudEvent } from '../../runtime/cloudevents/event.ts';
import type { Action } from '../../runtime/cloudevents/event-type.ts';
import { certificateSigningRequests, leases } from '../../runtime/client/kubernetes.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import type { Resource } from '../../runtime/client/resource.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import { dataType } from '../../fleet/hub-events/data-types.ts';
import { objectEvent, workEvent } from './object-event.ts';
import type { Subscriptions } from './subscriptions.ts';

/** Where events of one data type come from: objects on the hub, as soon as somebody listens. */
export interface Source {
  /** What the cluster's agent is to know; resolves once the hub has been read. */
  list(cluster: string, signal: AbortSignal): Promise<Known[]>;
  /** Begins to watch the hub, if nobody did so before. */
  start(): void;
}

export interface Known {
  uid: string;
  /** Rises with each change that an agent hears of. */
  version: number;
  isDeleting: boolean;
  object: KubeObject;
  event(action: Action): CloudEvent;
}

interface Definition<T extends KubeObject> {
  resource: Resource<T>;
  options?: InformerOptions<T>;
  clusterOf(object: T): string;
  version(object: T): number;
  event(action: Action, cluster: string, object: T): CloudEvent;
  /** Whether an agent is told of a change; by default of each. */
  isNews?(object: T, previous: T): boolean;
}

const oldAddOns: Resource = { ...managedClusterAddOns, version: 'v1alpha1' };

const plain = <T extends KubeObject>(
  of: string,
  resource: Resource<T>,
  clusterOf: (object: T) => string,
  options?: InformerOptions<T>,
): Definition<T> => ({
  resource,
  options,
  clusterOf,
  version: ({ metadata }) => Number(metadata.resourceVersion ?? 0),
  event: (action, cluster, object) => objectEvent(resource, of, action, cluster, object),
});

const namespaceOf = ({ metadata }: KubeObject): string => metadata.namespace ?? '';
const labelOf = ({ metadata }: KubeObject): string => metadata.labels?.[label.clusterName] ?? '';

/** The status is what the agent says itself. */
const isNewsOfWork = ({ metadata: now }: ManifestWork, { metadata: before }: ManifestWork): boolean =>
  now.deletionTimestamp !== undefined ||
  (now.generation ?? 0) > (before.generation ?? 0) ||
  !semanticEqual(now.labels ?? {}, before.labels ?? {}) ||
  !semanticEqual(now.annotations ?? {}, before.annotations ?? {});

const works: Definition<ManifestWork> = {
  resource: manifestWorks,
  clusterOf: namespaceOf,
  version: ({ metadata }) => metadata.generation ?? 0,
  event: (action, _cluster, work) => workEvent(action, work),
  isNews: isNewsOfWork,
};

/** After a deletion an object says that it goes, whether or not it did so before. */
const deleted = <T extends KubeObject>(object: T): T => ({
  ...object,
  metadata: { deletionTimestamp: new Date().toISOString(), ...object.metadata },
});

const sourceOf = <T extends KubeObject>(
  of: string,
  definition: Definition<T>,
  informers: Informers,
  subscriptions: Subscriptions,
): Source => {
  let informer: Informer<T> | undefined;

  const tell = (action: Action, object: T) => {
    const to = { cluster: definition.clusterOf(object), dataType: of };
    if (!subscriptions.has(to)) return;
    subscriptions.publish(to, object.metadata.uid ?? '', definition.event(action, to.cluster, object));
  };
  const onChange = (change: Change<T>) => {
    if (change.type === 'added') tell('create_request', change.object);
    else if (change.type === 'deleted') tell('delete_request', deleted(change.object));
    else if (definition.isNews?.(change.object, change.previous) ?? true)
      tell('update_request', change.object);
  };
  const started = (): Informer<T> => {
    if (!informer) {
      informer = informers.informer(definition.resource, {
        ...definition.options,
        indexes: { cluster: (object) => [definition.clusterOf(object)] },
      });
      informer.onChange(onChange);
    }
    return informer;
  };

  return {
    start: () => void started(),
    async list(cluster, signal) {
      const store = started();
      await store.waitForSync(signal);
      return store.byIndex('cluster', cluster).map((object) => ({
        uid: object.metadata.uid ?? '',
        version: definition.version(object),
        isDeleting: object.metadata.deletionTimestamp !== undefined,
        object,
        event: (action) => definition.event(action, cluster, object),
      }));
    },
  };
};

/** The sources of all data types that can be listened to, by data type. */
export const createSources = (
  informers: Informers,
  subscriptions: Subscriptions,
): ReadonlyMap<string, Source> => {
  const source = <T extends KubeObject>(of: string, definition: Definition<T>): [string, Source] => [
    of,
    sourceOf(of, definition, informers, subscriptions),
  ];
  return new Map([
    source(
      dataType.clusters,
      plain(dataType.clusters, managedClusters, ({ metadata }) => metadata.name),
    ),
    source(
      dataType.requests,
      plain(dataType.requests, certificateSigningRequests, labelOf, { labelSelector: label.clusterName }),
    ),
    source(
      dataType.leases,
      plain(dataType.leases, leases, namespaceOf, {
        labelSelector: label.clusterName,
        fieldSelector: `metadata.name=${clusterLease}`,
      }),
    ),
    source(dataType.addons, plain(dataType.addons, managedClusterAddOns, namespaceOf)),
    source(dataType.oldAddons, plain(dataType.oldAddons, oldAddOns, namespaceOf)),
    source(dataType.bundles, works),
  ]);
};
