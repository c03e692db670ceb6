import type { PlacementDecision, PlacementDecisionDecision } from '../../../api/generated/cluster.ts';
import { label } from '../../../api/names.ts';

/** What one PlacementDecision lacks. */
export interface DecisionUpdate {
  /** As it is: its uid and resourceVersion guard the write. */
  present: PlacementDecision;
  /** The decisions that it is to have, when it has others. */
  decisions?: PlacementDecisionDecision[];
  /** The labels that it lacks or that say something else; others that it has stay. */
  labels?: Record<string, string>;
}

/** Writes that make the PlacementDecisions of a placement what they are to be. */
export interface DecisionChanges {
  /** With their status, which the API server only takes by a write of its own; none is needed when it is empty. */
  create: PlacementDecision[];
  update: DecisionUpdate[];
  remove: PlacementDecision[];
}

const decisionsOf = ({ status }: PlacementDecision): readonly PlacementDecisionDecision[] =>
  status?.decisions ?? [];

/** A score of 0 is as good as none. */
const isSame = (a: PlacementDecisionDecision, b: PlacementDecisionDecision | undefined): boolean =>
  a.clusterName === b?.clusterName && a.reason === b.reason && (a.score ?? 0) === (b.score ?? 0);

const updateOf = (present: PlacementDecision, desired: PlacementDecision): DecisionUpdate | undefined => {
  const [before, after] = [decisionsOf(present), decisionsOf(desired)];
  const hasOthers = before.length !== after.length || after.some((each, at) => !isSame(each, before[at]));
  const labels = Object.entries(desired.metadata.labels ?? {}).filter(
    ([key, value]) => present.metadata.labels?.[key] !== value,
  );
  if (!hasOthers && labels.length === 0) return undefined;
  return {
    present,
    ...(hasOthers && { decisions: [...after] }),
    ...(labels.length > 0 && { labels: Object.fromEntries(labels) }),
  };
};

/**
 * What to write so that the PlacementDecisions of a placement are as desired, in this order: what is new or different,
 * shard by shard, then what is too much, so that a cluster that moves is gone for as short as can be. Decisions and labels
 * of one object change in the same pass, labels of others stay (placement.md 9.4, P5). An object of a desired name is
 * taken over; of the others only those go that carry the label of the placement.
 * @param present PlacementDecisions of the placement's namespace
 */
export const decisionChanges = (
  placement: string,
  present: readonly PlacementDecision[],
  desired: readonly PlacementDecision[],
): DecisionChanges => {
  const byName = new Map(present.map((decision) => [decision.metadata.name, decision]));
  const changes: DecisionChanges = { create: [], update: [], remove: [] };
  for (const decision of desired) {
    const known = byName.get(decision.metadata.name);
    byName.delete(decision.metadata.name);
    if (known === undefined) changes.create.push(decision);
    else {
      const update = updateOf(known, decision);
      if (update) changes.update.push(update);
    }
  }
  for (const decision of byName.values())
    if (decision.metadata.labels?.[label.placement] === placement) changes.remove.push(decision);
  return changes;
};
