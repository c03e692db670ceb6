import type { ManagedCluster, PlacementPredicate } from '../../../api/generated/cluster.ts';
import { SelectorError } from '../../../fleet/label-selector.ts';
import { ClusterValue, type ScoresOf } from './cel-environment.ts';
import { type CelSelector, CelSelectorError, celSelectorSteps } from './cel-selector.ts';
import { clusterSelector } from './cluster-selector.ts';
import { type Problem, cut, misconfigured } from '../problem.ts';
import { Pace, type Steps, allOf, noneFor } from './filtered.ts';

export const predicateName = 'Predicate';

/** Longer errors of evaluation are cut: an event takes 1024 characters in all. */
const maxFailure = 256;

interface Selector {
  selects: (cluster: ManagedCluster) => boolean;
  /** How many requirements it has of labels and claims; at least one. */
  size: number;
  /** Absent where there are no expressions. */
  cel?: CelSelector;
}

type Selection = NonNullable<PlacementPredicate['requiredClusterSelector']>;

const sizeOf = ({ labelSelector = {}, claimSelector = {} }: Selection): number =>
  1 +
  Object.keys(labelSelector.matchLabels ?? {}).length +
  (labelSelector.matchExpressions ?? []).length +
  (claimSelector.matchExpressions ?? []).length;

/**
 * What predicates are made of, or what is wrong with them; all selectors are looked at before any expression. Stops on the
 * way, as a Placement may have a megabyte of them.
 */
function* compileSteps(predicates: readonly PlacementPredicate[]): Generator<void, Selector[] | Error> {
  const pace = new Pace();
  try {
    const selectors: Selector[] = [];
    for (const { requiredClusterSelector = {} } of predicates) {
      const size = sizeOf(requiredClusterSelector);
      selectors.push({ selects: clusterSelector(requiredClusterSelector), size });
      if (pace.isOver(size)) yield;
    }
    for (const [at, { requiredClusterSelector }] of predicates.entries()) {
      const expressions = requiredClusterSelector?.celSelector?.celExpressions ?? [];
      if (expressions.length > 0) selectors[at]!.cel = yield* celSelectorSteps(expressions);
    }
    return selectors;
  } catch (error) {
    if (error instanceof SelectorError || error instanceof CelSelectorError) return error;
    throw error;
  }
}

/** Objects of a cache do not change: what is compiled holds as long as they do. */
const known = new WeakMap<readonly PlacementPredicate[], Selector[] | Error>();

function* compiledSteps(predicates: readonly PlacementPredicate[]): Generator<void, Selector[] | Error> {
  let selectors = known.get(predicates);
  if (!selectors) {
    selectors = yield* compileSteps(predicates);
    known.set(predicates, selectors);
  }
  return selectors;
}

interface Failure {
  cluster: string;
  message: string;
}

/**
 * Whether one of the selectors selects a cluster; if none does, the first error of evaluation there was. Stops after each
 * evaluation, and after so many requirements.
 */
function* judge(
  selectors: readonly Selector[],
  cluster: ManagedCluster,
  scoresOf: ScoresOf,
  evaluated: (ms: number) => void,
  pace: Pace,
): Generator<void, boolean | Failure> {
  let failure: Failure | undefined;
  let value: ClusterValue | undefined;
  for (const { selects, size, cel } of selectors) {
    if (pace.isOver(size)) yield;
    if (!selects(cluster)) continue;
    if (!cel) return true;
    value ??= new ClusterValue(cluster, scoresOf);
    const began = performance.now();
    const found = cel(value);
    evaluated(performance.now() - began);
    yield;
    if (found.matches) return true;
    if (found.failure !== undefined) failure ??= { cluster: cluster.metadata.name, message: found.failure };
  }
  return failure ?? false;
}

/** The clusters that are selected without an expression. Stops after so many requirements. */
function* plainSteps(
  selectors: readonly Selector[],
  clusters: readonly ManagedCluster[],
  pace: Pace,
): Generator<void, ManagedCluster[]> {
  const passed: ManagedCluster[] = [];
  for (const cluster of clusters)
    for (const { selects, size } of selectors) {
      if (pace.isOver(size)) yield;
      if (!selects(cluster)) continue;
      passed.push(cluster);
      break;
    }
  return passed;
}

/** That expressions could not be evaluated is told, with the first cluster by name as an example (P13). */
const problemOf = (failures: readonly Failure[]): Problem | undefined => {
  const [first, ...others] = failures;
  if (!first) return undefined;
  const { cluster, message } = others.reduce(
    (least, each) => (each.cluster < least.cluster ? each : least),
    first,
  );
  const where = failures.length === 1 ? '1 cluster, which is' : `${failures.length} clusters, which are`;
  return {
    code: 'Warning',
    plugin: predicateName,
    message:
      `CEL expressions could not be evaluated on ${where} not selected; ` +
      `on ${cluster}: ${cut(message, maxFailure)}`,
  };
};

/**
 * Lets the clusters pass that one of the predicates selects: by labels, claims and CEL expressions together
 * (placement.md 6.1). Predicates that make no sense are reported whether there are clusters or not (P12).
 */
export function* predicateSteps(
  predicates: readonly PlacementPredicate[],
  clusters: readonly ManagedCluster[],
  scoresOf: ScoresOf,
  evaluated: (ms: number) => void,
): Steps {
  if (predicates.length === 0) return { clusters };
  const selectors = yield* compiledSteps(predicates);
  if (selectors instanceof Error) return noneFor(misconfigured(selectors.message, predicateName));
  const pace = new Pace();
  if (selectors.every(({ cel }) => !cel)) return { clusters: yield* plainSteps(selectors, clusters, pace) };
  const failures: Failure[] = [];
  const passed: ManagedCluster[] = [];
  for (const cluster of clusters) {
    const judgement = yield* judge(selectors, cluster, scoresOf, evaluated, pace);
    if (judgement === true) passed.push(cluster);
    else if (judgement) failures.push(judgement);
  }
  const problem = problemOf(failures);
  return { clusters: passed, ...(problem && { problem }) };
}

/** Whether predicates make sense, and have no expression that would have to be evaluated. */
export const arePlain = (predicates: readonly PlacementPredicate[]): boolean => {
  const selectors = allOf(compiledSteps(predicates));
  return !(selectors instanceof Error) && selectors.every(({ cel }) => cel === undefined);
};
