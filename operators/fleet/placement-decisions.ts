import type { PlacementDecision } from '../api/generated/cluster.ts';
import { label } from '../api/names.ts';
import { labelValue } from '../runtime/client/legal-name.ts';

/** A Placement as its decisions name it: by the value of their label. */
export const placementKey = (namespace: string | undefined, name: string): string =>
  `${namespace}/${labelValue(name)}`;

const placementOf = ({ metadata }: PlacementDecision): string =>
  metadata.labels?.[label.placement] ??
  metadata.ownerReferences?.find(({ kind }) => kind === 'Placement')?.name ??
  '';

/** The clusters that decisions name, each once. */
export const clustersOf = (decisions: readonly PlacementDecision[]): string[] => {
  const named = decisions.flatMap(({ status }) => status?.decisions ?? []);
  return [...new Set(named.map(({ clusterName }) => clusterName).filter(Boolean))];
};

/** Index of PlacementDecisions by the key of their Placement. */
export const decisionIndexes = {
  placement: (decision: PlacementDecision): string[] => [
    placementKey(decision.metadata.namespace, placementOf(decision)),
  ],
};
