import { label } from '../../api/names.ts';
import type { KubeObject } from '../../runtime/client/object.ts';
import { dataType } from '../../fleet/hub-events/data-types.ts';

/**
 * What is wrong with an object that comes in an event for a cluster: it must be that cluster's own, since the hub asked no
 * more than whether the sender may write for that cluster (registration.md D16). Undefined when it is.
 */
export const strangeness = (of: string, cluster: string, { metadata }: KubeObject): string | undefined => {
  const { name, namespace, labels } = metadata;
  const quoted = JSON.stringify(cluster);
  switch (of) {
    case dataType.clusters:
      return name === cluster ? undefined : `the ManagedCluster in the event is not ${quoted}`;
    case dataType.requests:
      return labels?.[label.clusterName] === cluster
        ? undefined
        : `the request in the event has not the label ${label.clusterName}: ${cluster}`;
    case dataType.addons:
    case dataType.oldAddons:
    case dataType.leases:
    case dataType.events:
    case dataType.tokens:
      return namespace === cluster ? undefined : `the object in the event is not in the namespace ${quoted}`;
    default:
      return undefined; // a work is looked for in the cluster's namespace, whatever the event says
  }
};
