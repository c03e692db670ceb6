import type { Placement, PlacementDecisionGroup, PlacementStatus } from '../../../api/generated/cluster.ts';
import { setConditions } from '../../../runtime/controller/conditions.ts';
import { type Outcome, placementConditions } from './conditions.ts';

/**
 * The status of a placement after scheduling (placement.md 10). Fields of others stay; when a condition last changed is
 * only moved with its status, so that a settled placement keeps the status that it has.
 */
export const placementStatus = (
  placement: Placement,
  outcome: Outcome,
  groups: readonly PlacementDecisionGroup[],
  now: Date,
): PlacementStatus => ({
  ...placement.status,
  conditions: setConditions(placement.status?.conditions, placementConditions(placement, outcome), now),
  numberOfSelectedClusters: groups.reduce((sum, { clusterCount = 0 }) => sum + clusterCount, 0),
  decisionGroups: [...groups],
});
