import type { ClusterManager } from '../../../api/generated/operator.ts';
import { label } from '../../../api/names.ts';
import { syncedLabels } from '../../synced-labels.ts';

/** Labels of every operand. */
export const operandLabels = (
  clusterManager: ClusterManager,
  syncLabels: boolean,
): Record<string, string> => ({
  ...syncedLabels(clusterManager, syncLabels),
  [label.createdByClusterManager]: clusterManager.metadata.name,
});

/** `k=v,…` in the order of the keys; undefined when there are none. */
export const joinedLabels = (labels: Record<string, string>): string | undefined =>
  Object.entries(labels)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${value}`)
    .join(',') || undefined;
