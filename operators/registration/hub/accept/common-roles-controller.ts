import type { ManagedCluster } from '../../../api/generated/cluster.ts';
import { commonClusterRole } from '../../../api/identities.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import { type Controller, mapped } from '../../../runtime/controller/controller.ts';
import type { ClusterPermissions, PermissionCaches } from './cluster-permissions.ts';

const key = 'common-cluster-roles';
const names: readonly string[] = Object.values(commonClusterRole);

/** Keeps the ClusterRoles that all clusters share for as long as there is a cluster (registration.md 4.3). */
export const commonRolesController = (
  clusters: Informer<ManagedCluster>,
  caches: PermissionCaches,
  permissions: ClusterPermissions,
): Controller => ({
  name: 'managed-cluster-cluster-roles',
  watches: [
    mapped(clusters, (_cluster, { type }) => (type === 'updated' ? undefined : key)),
    mapped(caches.clusterRoles, ({ metadata }) => (names.includes(metadata.name) ? key : undefined)),
  ],
  concurrency: 1,
  reconcile: (_key, { signal }) =>
    clusters.size > 0 ? permissions.ensureCommonRoles(signal) : permissions.removeCommonRoles(signal),
});
