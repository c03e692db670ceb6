import type { ManagedCluster, PlacementSpec } from '../../../api/generated/cluster.ts';
import { breath } from '../../../runtime/controller/breath.ts';
import type { ScoresOf } from './cel-environment.ts';
import { type SchedulingObserver, noObserver } from '../observer.ts';
import type { Problem } from '../problem.ts';
import { type Filtered, type Steps, allOf } from './filtered.ts';
import { predicateName, predicateSteps } from './predicate.ts';
import { type Names, taintSteps, taintTolerationName } from './taint-toleration.ts';

/** What filters look at beside the Placement and the clusters. */
export interface Circumstances {
  scoresOf: ScoresOf;
  /** The clusters that the Placement's decisions name already. */
  decided: Names;
  /** In milliseconds since 1970. */
  now: number;
  /** Is told how long things take. */
  observe?: SchedulingObserver;
}

/** The clusters that passed a filter and those before it. */
export interface Stage {
  /** The names of these filters, with commas between. */
  name: string;
  clusters: readonly ManagedCluster[];
}

export interface FilterResult extends Filtered {
  /** One for each filter that came to an end. */
  stages: readonly Stage[];
}

/**
 * Runs the filters in their order, each on what the one before let pass (placement.md 6). One that ends in Error or
 * Misconfigured is the last, and then no cluster passes; of Warnings the last one stays. It stops after each evaluation of
 * an expression, and after some thousand requirements of labels and claims, as both may take long: whoever runs it decides
 * when to go on.
 */
export function* filterSteps(
  { predicates = [], tolerations = [] }: PlacementSpec,
  available: readonly ManagedCluster[],
  { scoresOf, decided, now, observe = noObserver }: Circumstances,
): Generator<void, FilterResult> {
  const evaluated = (ms: number): void => observe.expressions(ms);
  const filters: [name: string, (clusters: readonly ManagedCluster[]) => Steps][] = [
    [predicateName, (clusters) => predicateSteps(predicates, clusters, scoresOf, evaluated)],
    [taintTolerationName, (clusters) => taintSteps(clusters, { tolerations, decided, now })],
  ];
  const stages: Stage[] = [];
  const names: string[] = [];
  let clusters = available;
  let problem: Problem | undefined;
  for (const [name, filter] of filters) {
    const began = performance.now();
    const filtered = yield* filter(clusters);
    observe.plugin('filter', name, performance.now() - began);
    problem = filtered.problem ?? problem;
    if (filtered.problem && filtered.problem.code !== 'Warning') return { ...filtered, stages };
    ({ clusters } = filtered);
    names.push(name);
    stages.push({ name: names.join(','), clusters });
  }
  return { clusters, ...(problem && { problem }), stages };
}

/** {@link filterSteps} without a stop. */
export const filterClusters = (
  spec: PlacementSpec,
  available: readonly ManagedCluster[],
  circumstances: Circumstances,
): FilterResult => allOf(filterSteps(spec, available, circumstances));

/** {@link filterSteps}, with a stop every few milliseconds in which other work of the process is done. */
export const filterInSlices = async (
  spec: PlacementSpec,
  available: readonly ManagedCluster[],
  circumstances: Circumstances,
  signal: AbortSignal,
): Promise<FilterResult> => {
  const steps = filterSteps(spec, available, circumstances);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
    await breath();
    signal.throwIfAborted();
  }
};
