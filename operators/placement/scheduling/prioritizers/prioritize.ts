import type { ManagedCluster } from '../../../api/generated/cluster.ts';
import type { ScoresOf } from '../filters/cel-environment.ts';
import { type SchedulingObserver, noObserver } from '../observer.ts';
import type { Problem } from '../problem.ts';
import { addOnScores } from './addon.ts';
import { type DecisionCounts, balance } from './balance.ts';
import { allocatable } from './resources.ts';
import type { Scores } from './scores.ts';
import { steady } from './steady.ts';
import type { Scorer } from './weights.ts';

/** What scorers look at besides the clusters. */
export interface ScoringInputs {
  /** Decisions per cluster, of every placement on the hub. */
  allDecisions: DecisionCounts;
  /** Those among them that are of this placement. */
  ownDecisions: DecisionCounts;
  scoresOf: ScoresOf;
  /** In milliseconds since 1970. */
  now: number;
  /** Is told how long things take. */
  observe?: SchedulingObserver;
}

export interface ScorerResult {
  name: string;
  weight: number;
  scores: ReadonlyMap<string, number>;
}

export interface Prioritized {
  /** One for each scorer, in the order given. */
  results: ScorerResult[];
  /** The sum of scores times weights, for every cluster. */
  totals: ReadonlyMap<string, number>;
  /** Of the last scorer that has one. */
  warning?: Problem;
  /** When scores change by time alone, in milliseconds since 1970. */
  rescoreAt?: number;
}

const scoresOf = (
  scorer: Scorer,
  clusters: readonly ManagedCluster[],
  names: readonly string[],
  inputs: ScoringInputs,
): Scores => {
  if ('addOn' in scorer) return addOnScores(names, scorer.addOn, inputs.scoresOf, inputs.now);
  switch (scorer.builtIn) {
    case 'Balance':
      return { scores: balance(names, inputs.allDecisions, inputs.ownDecisions) };
    case 'Steady':
      return { scores: steady(names, new Set(inputs.ownDecisions.keys())) };
    case 'ResourceAllocatableCPU':
      return allocatable(clusters, 'cpu', scorer.name);
    case 'ResourceAllocatableMemory':
      return allocatable(clusters, 'memory', scorer.name);
  }
};

/** Scores clusters with each scorer and sums up (placement.md 7). */
export const prioritize = (
  clusters: readonly ManagedCluster[],
  scorers: readonly Scorer[],
  inputs: ScoringInputs,
): Prioritized => {
  const names = clusters.map(({ metadata }) => metadata.name);
  const sums = names.map(() => 0);
  const totals = new Map<string, number>();
  const prioritized: Prioritized = { results: [], totals };
  const { observe = noObserver } = inputs;
  for (const scorer of scorers) {
    const { name, weight } = scorer;
    const began = performance.now();
    const { scores, warning, rescoreAt } = scoresOf(scorer, clusters, names, inputs);
    observe.plugin('prioritizer', name, performance.now() - began);
    for (let at = 0; at < sums.length; at++) sums[at]! += (scores.get(names[at]!) ?? 0) * weight;
    prioritized.results.push({ name, weight, scores });
    prioritized.warning = warning ?? prioritized.warning;
    if (rescoreAt !== undefined)
      prioritized.rescoreAt = Math.min(rescoreAt, prioritized.rescoreAt ?? Infinity);
  }
  for (let at = 0; at < sums.length; at++) totals.set(names[at]!, sums[at]!);
  return prioritized;
};
