import type { ManagedCluster, Placement, PlacementDecision } from '../../api/generated/cluster.ts';
import { buildGroups } from './decisions/groups.ts';
import { presentChunks } from './decisions/chunks.ts';
import { keepsDecisions, keptGroups, shownScores } from './decisions/keep.ts';
import { type Sharded, nameProblem, shard } from './decisions/shards.ts';
import type { Filtered } from './filters/filtered.ts';
import { countDecisions } from './prioritizers/balance.ts';
import { type ScorerResult, type ScoringInputs, prioritize } from './prioritizers/prioritize.ts';
import { scorersOf } from './prioritizers/weights.ts';
import { type Problem, byName, isProblem } from './problem.ts';
import { countProblem, rank, select } from './selection.ts';
import type { Outcome, Supply } from './status/conditions.ts';

/** All that decides about a placement, once filters have run. */
export interface Situation extends Omit<ScoringInputs, 'ownDecisions'> {
  placement: Placement;
  supply: Supply;
  /** The clusters that passed all filters, in any order. */
  filtered: Filtered;
  /** PlacementDecisions with the label of the placement. */
  present: readonly PlacementDecision[];
  /**
   * The cluster of a name that may stay in decisions that are kept: one of the eligible sets, or one that is there at all
   * while no set is eligible; never one that is being removed. Undefined clears decisions where upstream does.
   */
  mayStay?: (cluster: string) => ManagedCluster | undefined;
  /** Leaves clusters in their groups as far as lengths allow (P8). */
  hasStableGroups?: boolean;
}

/** What is to be, and how it came to that. */
export interface Decided {
  outcome: Outcome;
  desired: Sharded;
  /** The clusters that were scored, in any order; none when filters or scorers could not run. */
  candidates: readonly ManagedCluster[];
  results: ScorerResult[];
  totals: ReadonlyMap<string, number>;
  /** When to decide anew because scores expire, in milliseconds since 1970. */
  rescoreAt?: number;
}

type Made = Omit<Decided, 'outcome' | 'desired'> &
  Pick<Outcome, 'problem' | 'selected' | 'unscheduled'> & { groups?: Sharded };

const nothing = (problem: Problem): Made => ({
  problem,
  candidates: [],
  results: [],
  totals: new Map(),
  selected: 0,
  unscheduled: 0,
});

/** New decisions. The whole spec is checked, also when there is no cluster to apply it to (P12). */
const make = (situation: Situation): Made => {
  const { placement, filtered, present } = situation;
  const { metadata, spec } = placement;
  const wrongName = nameProblem(metadata.name);
  if (wrongName) return nothing(wrongName);
  if (filtered.problem && filtered.problem.code !== 'Warning') return nothing(filtered.problem);
  const scorers = scorersOf(spec.prioritizerPolicy);
  if (isProblem(scorers)) return nothing(scorers);
  const wrongCount = countProblem(spec.numberOfClusters);
  if (wrongCount) return nothing(wrongCount);

  const inputs = { ...situation, ownDecisions: countDecisions(present) };
  const { results, totals, rescoreAt, ...scoring } = prioritize(filtered.clusters, scorers, inputs);
  const candidates = filtered.clusters;
  const { numberOfClusters, spreadPolicy: { spreadConstraints = [] } = {} } = spec;
  // Whoever spreads may pass over the best.
  const ranked = rank(candidates, totals, spreadConstraints.length === 0 ? numberOfClusters : undefined);
  const { selected, unscheduled } = select(ranked, numberOfClusters, spreadConstraints);

  const byScore = spec.sortBy === 'Score';
  const sorted = byScore
    ? rank(selected, totals)
    : selected.toSorted((a, b) => byName(a.metadata.name, b.metadata.name));
  const groups = buildGroups(
    sorted,
    spec.decisionStrategy?.groupStrategy,
    situation.hasStableGroups ? presentChunks(present) : undefined,
  );
  const made = { candidates, results, totals, rescoreAt, selected: selected.length, unscheduled };
  if (isProblem(groups)) return { ...made, problem: groups };
  return {
    ...made,
    problem: scoring.warning ?? filtered.problem,
    groups: shard(placement, groups, byScore ? totals : undefined),
  };
};

/**
 * Decides about a placement: scores the candidates, selects, groups and shards them (placement.md 7 to 9), or keeps the
 * decisions of before (P3). The same situation has the same outcome, in whatever order its parts are listed.
 */
export const decide = (situation: Situation): Decided => {
  const { placement, supply, present, mayStay } = situation;
  const { groups, problem, selected, unscheduled, ...made } = make(situation);
  const outcome: Outcome = { supply, problem, selected, unscheduled };
  // Objects with the label of a longer name cannot be written.
  if (nameProblem(placement.metadata.name))
    return { ...made, outcome, desired: { decisions: [], groups: [] } };

  if (mayStay && keepsDecisions(placement, supply, problem)) {
    const kept = keptGroups(present, mayStay);
    const number = kept.reduce((sum, { clusters }) => sum + clusters.length, 0);
    return {
      ...made,
      outcome: { ...outcome, kept: number },
      desired: shard(placement, kept, shownScores(present)),
    };
  }
  return { ...made, outcome, desired: groups ?? shard(placement, [{ name: '', clusters: [] }]) };
};
