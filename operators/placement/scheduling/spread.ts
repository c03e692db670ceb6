import type { ManagedCluster, SpreadConstraint } from '../../api/generated/cluster.ts';

/** How clusters are spread by one constraint. */
interface Topology {
  isHard: boolean;
  maxSkew: number;
  /** Selected clusters by value of the key, 0 for values that candidates have and no selected cluster. */
  counts: Map<string, number>;
  /** The least of the counts, and how many values have it. */
  least: number;
  haveLeast: number;
}

/** Candidates that no constraint tells apart, best first. */
interface Bucket {
  /** Their value for each constraint, undefined when they have none. */
  values: readonly (string | undefined)[];
  /** Their ranks, ascending, and how many of them are selected. */
  ranks: number[];
  taken: number;
}

const valueOf = (
  { metadata, status }: ManagedCluster,
  { topologyKey, topologyKeyType }: SpreadConstraint,
): string | undefined => {
  if (topologyKeyType === 'Claim')
    return status?.clusterClaims?.findLast(({ name }) => name === topologyKey)?.value;
  const labels = metadata.labels ?? {};
  return Object.hasOwn(labels, topologyKey) ? labels[topologyKey] : undefined;
};

/** Whether one more cluster of a value keeps within the skew; one without a value never does. */
const fits = ({ counts, least, maxSkew }: Topology, value: string | undefined): boolean =>
  value !== undefined && counts.get(value)! + 1 - least <= maxSkew;

/**
 * Which of the soft constraints a bucket would break, as bits, the first the highest: the lower, the better. Infinity when
 * it would break a hard one.
 */
const costOf = ({ values }: Bucket, topologies: readonly Topology[]): number => {
  let cost = 0;
  for (const [at, topology] of topologies.entries()) {
    const broken = !fits(topology, values[at]);
    if (broken && topology.isHard) return Infinity;
    cost = 2 * cost + Number(broken);
  }
  return cost;
};

const bucketsOf = (ranked: readonly ManagedCluster[], constraints: readonly SpreadConstraint[]): Bucket[] => {
  const buckets = new Map<string, Bucket>();
  for (const [at, cluster] of ranked.entries()) {
    const values = constraints.map((constraint) => valueOf(cluster, constraint));
    const key = JSON.stringify(values);
    const bucket = buckets.get(key);
    if (bucket) bucket.ranks.push(at);
    else buckets.set(key, { values, ranks: [at], taken: 0 });
  }
  return [...buckets.values()];
};

const topologyOf = (constraint: SpreadConstraint, at: number, buckets: readonly Bucket[]): Topology => {
  const counts = new Map<string, number>();
  for (const { values } of buckets) if (values[at] !== undefined) counts.set(values[at], 0);
  return {
    isHard: constraint.whenUnsatisfiable === 'DoNotSchedule',
    maxSkew: constraint.maxSkew ?? 1,
    counts,
    least: 0,
    haveLeast: counts.size,
  };
};

const count = (topology: Topology, value: string | undefined): void => {
  if (value === undefined) return;
  const before = topology.counts.get(value)!;
  topology.counts.set(value, before + 1);
  if (before !== topology.least || --topology.haveLeast > 0) return;
  topology.least++;
  for (const selected of topology.counts.values()) topology.haveLeast += Number(selected === topology.least);
};

/**
 * Picks clusters one by one: always the best ranked of those whose pick breaks no hard constraint (DoNotSchedule) and as
 * little as can be of the soft ones (ScheduleAnyway), the first of which weighs most. The skew of a value is the number of
 * its selected clusters less that of the value which has the fewest, among the values that candidates have. A cluster
 * without a value breaks the constraint. Fewer are picked when hard constraints leave no other (placement.md 1.1, 14).
 * @param ranked best first
 * @param wanted how many, not above the number of candidates
 */
export const spread = (
  ranked: readonly ManagedCluster[],
  wanted: number,
  constraints: readonly SpreadConstraint[],
): ManagedCluster[] => {
  let open = bucketsOf(ranked, constraints);
  const topologies = constraints.map((constraint, at) => topologyOf(constraint, at, open));

  const picked: number[] = [];
  while (picked.length < wanted) {
    let [best, bestCost]: [Bucket | undefined, number] = [undefined, Infinity];
    for (const bucket of open) {
      const cost = costOf(bucket, topologies);
      const isBetter =
        cost < bestCost ||
        (cost === bestCost && best !== undefined && bucket.ranks[bucket.taken]! < best.ranks[best.taken]!);
      if (isBetter) [best, bestCost] = [bucket, cost];
    }
    if (best === undefined) break;
    const { values } = best;
    picked.push(best.ranks[best.taken++]!);
    if (best.taken === best.ranks.length) open = open.filter((bucket) => bucket !== best);
    for (const [at, topology] of topologies.entries()) count(topology, values[at]);
  }
  return picked.map((at) => ranked[at]!);
};
