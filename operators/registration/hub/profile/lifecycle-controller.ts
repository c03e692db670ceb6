import type {
  ManagedCluster,
  ManagedClusterSet,
  ManagedClusterSetBinding,
} from '../../../api/generated/cluster.ts';
import { type ClusterProfile, clusterProfiles } from '../../../api/generated/multicluster.ts';
import { clusterProfileManager, label } from '../../../api/names.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { namespaces } from '../../../runtime/client/kubernetes.ts';
import { type Controller, mapped } from '../../../runtime/controller/controller.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';
import { clustersShown, newProfile } from './desired.ts';

const fieldManager = 'registration-cluster-profile';

export interface ProfileInformers {
  clusters: Informer<ManagedCluster>;
  sets: Informer<ManagedClusterSet>;
  bindings: Informer<ManagedClusterSetBinding>;
  profiles: Informer<ClusterProfile>;
}

/** Shows each cluster of a bound set as a ClusterProfile in the namespaces that the set is bound to (4.13). */
export const profileLifecycleController = (
  hub: Client,
  { clusters, sets, bindings, profiles }: ProfileInformers,
): Controller => {
  const boundNamespaces = (): string[] => [
    ...new Set(bindings.list().map(({ metadata }) => metadata.namespace ?? '')),
  ];
  return {
    name: 'cluster-profile-lifecycle',
    watches: [
      mapped(bindings, ({ metadata }) => metadata.namespace),
      mapped(sets, boundNamespaces),
      // a cluster may enter or leave a set by its labels (D13)
      mapped(clusters, (_cluster, change) =>
        change.type === 'updated' &&
        semanticEqual(change.object.metadata.labels, change.previous.metadata.labels) &&
        change.object.metadata.deletionTimestamp === change.previous.metadata.deletionTimestamp
          ? undefined
          : boundNamespaces(),
      ),
      mapped(profiles, ({ metadata }, { type }) => (type === 'updated' ? undefined : metadata.namespace)),
    ],
    async reconcile(namespace, { signal }) {
      const found = await hub.find(namespaces, namespace, undefined, { signal });
      if (!found || found.metadata.deletionTimestamp !== undefined) return;
      const wanted = new Set(clustersShown(bindings.list(namespace), sets.list(), clusters.list()));
      const present = profiles
        .list(namespace)
        .filter(({ metadata }) => metadata.labels?.[label.clusterProfileManager] === clusterProfileManager);
      const names = new Set(present.map(({ metadata }) => metadata.name));
      for (const name of wanted)
        if (!names.has(name))
          await hub.create(clusterProfiles, newProfile(name, namespace), { fieldManager, signal });
      for (const { metadata } of present)
        if (!wanted.has(metadata.name))
          await hub.delete(
            clusterProfiles,
            { name: metadata.name, namespace },
            { uid: metadata.uid, signal },
          );
    },
  };
};
