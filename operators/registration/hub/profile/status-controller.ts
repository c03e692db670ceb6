import { type ClusterProfile, clusterProfiles } from '../../../api/generated/multicluster.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { type Controller, from, mapped } from '../../../runtime/controller/controller.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';
import { clusterOfProfile, isOurs, profileLabels, profileStatus } from './desired.ts';
import type { ProfileInformers } from './lifecycle-controller.ts';

const fieldManager = 'registration-cluster-profile-status';
const byCluster = 'cluster';

/** The profiles by the cluster that they show. */
export const profileIndexes = {
  [byCluster]: (profile: ClusterProfile): string[] => [clusterOfProfile(profile)],
};

/** Keeps what ClusterProfiles say in step with their clusters (registration.md 4.13). */
export const profileStatusController = (
  hub: Client,
  { clusters, profiles }: Pick<ProfileInformers, 'clusters' | 'profiles'>,
): Controller => ({
  name: 'cluster-profile-status',
  watches: [from(clusters), mapped(profiles, clusterOfProfile)],
  concurrency: 8,
  async reconcile(name, { log, signal }) {
    const cluster = clusters.get(name);
    if (!cluster) return;
    for (const profile of profiles.byIndex(byCluster, name).filter(isOurs)) {
      const written = await patchStatus(hub, clusterProfiles, profile, profileStatus(profile, cluster), {
        fieldManager,
        signal,
      });
      if (written !== profile) {
        log.info('ClusterProfileStatusUpdated', { namespace: profile.metadata.namespace });
        continue; // what was written comes back, and then the labels' turn is
      }
      const labels = profileLabels(cluster);
      if (Object.entries(labels).every(([key, value]) => profile.metadata.labels?.[key] === value)) continue;
      const { namespace, uid, resourceVersion } = profile.metadata;
      await hub.patch(
        clusterProfiles,
        { name: profile.metadata.name, namespace },
        { type: 'merge', body: { metadata: { uid, resourceVersion, labels } } },
        { fieldManager, signal },
      );
    }
  },
});
