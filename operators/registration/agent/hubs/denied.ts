import { managedClusterCondition } from '../../../api/conditions.ts';
import type { ManagedCluster } from '../../../api/generated/cluster.ts';
import { findCondition } from '../../../runtime/controller/conditions.ts';

/** Whether a hub denied this cluster: it says so itself. One that never decided may still accept it (D4). */
export const isDenied = (cluster: ManagedCluster | undefined): boolean =>
  cluster !== undefined &&
  !cluster.spec?.hubAcceptsClient &&
  findCondition(cluster.status?.conditions, managedClusterCondition.hubAccepted.type) !== undefined;
