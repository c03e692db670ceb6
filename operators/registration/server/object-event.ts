import type { ManifestWork } from '../../api/generated/work.ts';
import { type CloudEvent, newEvent } from '../../runtime/cloudevents/event.ts';
import type { Action } from '../../runtime/cloudevents/event-type.ts';
import { type KubeObject, type ObjectMeta } from '../../runtime/client/object.ts';
import { type Resource, apiVersionOf } from '../../runtime/client/resource.ts';
import { dataType, hubSource } from '../../fleet/hub-events/data-types.ts';

const deletionOf = ({ deletionTimestamp }: ObjectMeta): Date | undefined =>
  deletionTimestamp === undefined ? undefined : new Date(deletionTimestamp);

const typeOf = (of: string, action: Action): string => `${of}.spec.${action}`;

/** What the hub tells a cluster's agent of an object; of one that is being deleted, only that it is. */
export const objectEvent = (
  resource: Resource,
  of: string,
  action: Action,
  cluster: string,
  object: KubeObject,
): CloudEvent => {
  const { metadata } = object;
  const deletion = deletionOf(metadata);
  return newEvent(
    { source: hubSource, type: typeOf(of, action) },
    {
      clustername: cluster,
      originalsource: '',
      resourceid: metadata.uid ?? '',
      resourceversion: metadata.resourceVersion,
      deletiontimestamp: deletion,
    },
    deletion ? undefined : { ...object, apiVersion: apiVersionOf(resource), kind: resource.kind },
  );
};

/** The version of a work is that of its spec: its status is the agent's own, which need not hear of it. */
export const workEvent = (action: Action, work: ManifestWork): CloudEvent => {
  const { metadata, spec } = work;
  const deletion = deletionOf(metadata);
  return newEvent(
    { source: hubSource, type: typeOf(dataType.bundles, action) },
    {
      clustername: metadata.namespace,
      originalsource: '',
      resourceid: metadata.uid ?? '',
      resourceversion: metadata.generation ?? 0,
      metadata: JSON.stringify(metadata),
      deletiontimestamp: deletion,
    },
    deletion
      ? undefined
      : {
          manifests: spec?.workload?.manifests ?? [],
          deleteOption: spec?.deleteOption,
          manifestConfigs: spec?.manifestConfigs,
          executer: spec?.executor,
        },
  );
};

/** Tells an agent that an object which it knows is not on the hub. */
export const goneEvent = (of: string, cluster: string, uid: string): CloudEvent =>
  newEvent(
    { source: hubSource, type: typeOf(of, 'resync_response') },
    { clustername: cluster, originalsource: '', resourceid: uid, deletiontimestamp: new Date() },
  );
