import type { ClusterManager } from '../../api/generated/operator.ts';
import { namespace } from '../../api/names.ts';

/** Whether the hub is another cluster than the one that the operator and the operands run on. */
export const isHosted = (clusterManager: ClusterManager): boolean =>
  clusterManager.spec?.deployOption?.mode === 'Hosted';

/** The namespace of the operands, `<cmNS>` (operator.md 2.6). */
export const hubNamespaceOf = (clusterManager: ClusterManager): string =>
  isHosted(clusterManager) ? clusterManager.metadata.name : namespace.hub;

/** What names of the admission policies end with that the operator writes on a hub (docs/decisions/038). */
export const policySuffixOf = (clusterManager: ClusterManager): string =>
  `${hubNamespaceOf(clusterManager)}.open-cluster-management.io`;
