import type { ClusterManager } from '../../../api/generated/operator.ts';
import { label, reservedLabelPrefix } from '../../../api/names.ts';

/** Labels of the CR that pass to operands (operator.md 2.6): none unless the operator was told to. */
export const syncedLabels = (clusterManager: ClusterManager, syncLabels: boolean): Record<string, string> =>
  Object.fromEntries(
    Object.entries(syncLabels ? (clusterManager.metadata.labels ?? {}) : {}).filter(
      ([key]) => key !== 'app' && !key.startsWith(reservedLabelPrefix),
    ),
  );

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
