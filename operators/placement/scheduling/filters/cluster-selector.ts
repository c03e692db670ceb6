import type { GroupClusterSelector, ManagedCluster } from '../../../api/generated/cluster.ts';
import { type Labels, selectorOf } from '../../../fleet/label-selector.ts';

/** What a cluster says of itself, by name; of a name that comes twice the last counts. */
const claimsOf = ({ status }: ManagedCluster): Labels =>
  Object.fromEntries((status?.clusterClaims ?? []).map(({ name = '', value = '' }) => [name, value]));

/**
 * Whether clusters have the labels and claims that are wanted; what is left out is not asked for (placement.md
 * 6.1). Throws when a selector is invalid.
 */
export const clusterSelector = ({
  labelSelector = {},
  claimSelector = {},
}: GroupClusterSelector): ((cluster: ManagedCluster) => boolean) => {
  const byLabels = selectorOf(labelSelector);
  const byClaims = selectorOf({ matchExpressions: claimSelector.matchExpressions ?? [] });
  const asksForClaims = (claimSelector.matchExpressions ?? []).length > 0;
  return (cluster) =>
    byLabels(cluster.metadata.labels ?? {}) && (!asksForClaims || byClaims(claimsOf(cluster)));
};
