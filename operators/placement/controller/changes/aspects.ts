/**
 * What of a cluster a placement reads, and what of it has changed: a change of a label that a thousand placements do not
 * ask for is looked at for none of them (placement.md 3).
 */
import type { GroupClusterSelector, ManagedCluster, PlacementSpec } from '../../../api/generated/cluster.ts';
import { semanticEqual } from '../../../runtime/controller/equality.ts';

/** Any part of a cluster: what expressions may read. */
export const anything = 'anything';
/** Which all placements read. */
export const taints = 'taints';
const resources = 'resources';
const labelAspect = (key: string): string => `label/${key}`;
const claimAspect = (name: string): string => `claim/${name}`;

const readBySelector = ({ labelSelector = {}, claimSelector = {} }: GroupClusterSelector): string[] => [
  ...Object.keys(labelSelector.matchLabels ?? {}).map(labelAspect),
  ...(labelSelector.matchExpressions ?? []).map(({ key }) => labelAspect(key)),
  ...(claimSelector.matchExpressions ?? []).map(({ key }) => claimAspect(key)),
];

/** What a placement reads of clusters beside their taints; {@link anything} for one with expressions. */
export const aspectsRead = (spec: PlacementSpec): string[] => {
  const { predicates = [], prioritizerPolicy, decisionStrategy, spreadPolicy } = spec;
  const required = predicates.map(({ requiredClusterSelector = {} }) => requiredClusterSelector);
  if (required.some(({ celSelector }) => celSelector?.celExpressions?.length)) return [anything];
  const { decisionGroups = [] } = decisionStrategy?.groupStrategy ?? {};
  const groups = decisionGroups.map(({ groupClusterSelector }) => groupClusterSelector);
  const read = new Set([...required, ...groups].flatMap((selector) => readBySelector(selector ?? {})));
  for (const { topologyKey, topologyKeyType } of spreadPolicy?.spreadConstraints ?? [])
    read.add(topologyKeyType === 'Claim' ? claimAspect(topologyKey) : labelAspect(topologyKey));
  for (const { scoreCoordinate, weight } of prioritizerPolicy?.configurations ?? [])
    if (weight !== 0 && scoreCoordinate?.builtIn?.startsWith('ResourceAllocatable')) read.add(resources);
  return [...read];
};

/** What differs between two states of a cluster, among what placements without expressions read. */
export const aspectsChanged = (before: ManagedCluster, after: ManagedCluster): string[] => [
  ...differing(before.metadata.labels ?? {}, after.metadata.labels ?? {}).map(labelAspect),
  ...differing(claimsOf(before), claimsOf(after)).map(claimAspect),
  ...(semanticEqual(before.spec?.taints, after.spec?.taints) ? [] : [taints]),
  ...(semanticEqual(resourcesOf(before), resourcesOf(after)) ? [] : [resources]),
];

const differing = (before: Record<string, string>, after: Record<string, string>): string[] =>
  Object.keys({ ...before, ...after }).filter((key) => before[key] !== after[key]);

/** Of a name that comes twice the last counts, as for selectors. */
const claimsOf = ({ status }: ManagedCluster): Record<string, string> =>
  Object.fromEntries((status?.clusterClaims ?? []).map(({ name = '', value = '' }) => [name, value]));

const resourcesOf = ({ status }: ManagedCluster): object => ({
  allocatable: status?.allocatable,
  capacity: status?.capacity,
});
