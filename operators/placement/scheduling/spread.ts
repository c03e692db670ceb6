import type { ManagedCluster, SpreadConstraint } from '../../api/generated/cluster.ts';

/** A value that candidates have of a topology key. */
interface Value {
  /** How many of its clusters are selected. */
  selected: number;
  /** Whether one more of its clusters keeps within the skew. */
  fits: boolean;
}

/** How clusters are spread by one constraint. */
interface Topology {
  maxSkew: number;
  /** What it costs to break the constraint. */
  penalty: number;
  values: Map<string, Value>;
  /** The least number of selected clusters that a value has, and how many values have it. */
  least: number;
  haveLeast: number;
}

/** Candidates that no constraint tells apart. */
interface Bucket {
  /** Their value for each constraint. */
  values: readonly Value[];
  /** Their ranks, best first, and how many of them are picked. */
  ranks: number[];
  taken: number;
}

/** Of a cluster without a value: it never fits. */
const noValue: Readonly<Value> = { selected: 0, fits: false };

/** The value of a topology key that a cluster has, as label or claim; undefined when it has none. */
export const topologyValue = (
  { metadata, status }: ManagedCluster,
  { topologyKey, topologyKeyType }: SpreadConstraint,
): string | undefined => {
  if (topologyKeyType === 'Claim')
    return status?.clusterClaims?.findLast(({ name }) => name === topologyKey)?.value;
  const labels = metadata.labels ?? {};
  return Object.hasOwn(labels, topologyKey) ? labels[topologyKey] : undefined;
};

/** A soft constraint costs more than all after it together, a hard one everything. */
const topologyOf = (
  { maxSkew = 1, whenUnsatisfiable }: SpreadConstraint,
  at: number,
  { length }: readonly SpreadConstraint[],
): Topology => ({
  maxSkew,
  penalty: whenUnsatisfiable === 'DoNotSchedule' ? Infinity : 2 ** (length - 1 - at),
  values: new Map(),
  least: 0,
  haveLeast: 0,
});

/** The value of that name, which is new when no cluster had it before. */
const valueOf = (topology: Topology, name: string | undefined): Value => {
  if (name === undefined) return noValue;
  let value = topology.values.get(name);
  if (value === undefined) {
    value = { selected: 0, fits: true };
    topology.values.set(name, value);
    topology.haveLeast++;
  }
  return value;
};

/** In the order of their best candidates. */
const bucketsOf = (
  ranked: readonly ManagedCluster[],
  constraints: readonly SpreadConstraint[],
  topologies: readonly Topology[],
): Bucket[] => {
  const buckets = new Map<string, Bucket>();
  for (const [rank, cluster] of ranked.entries()) {
    const names = constraints.map((constraint) => topologyValue(cluster, constraint));
    const key = JSON.stringify(names);
    const bucket = buckets.get(key);
    if (bucket) bucket.ranks.push(rank);
    else {
      const values = topologies.map((topology, at) => valueOf(topology, names[at]));
      buckets.set(key, { values, ranks: [rank], taken: 0 });
    }
  }
  return [...buckets.values()];
};

/** Counts one more selected cluster of a value. */
const count = (topology: Topology, value: Value): void => {
  if (value === noValue) return;
  const wasLeast = value.selected++ === topology.least;
  value.fits = value.selected < topology.least + topology.maxSkew;
  if (!wasLeast || --topology.haveLeast > 0) return;
  topology.least++;
  for (const each of topology.values.values()) {
    if (each.selected === topology.least) topology.haveLeast++;
    each.fits = each.selected < topology.least + topology.maxSkew;
  }
};

/** Where the bucket is whose best candidate is to be picked next: the first of those that cost least; -1 for none. */
const cheapest = (buckets: readonly Bucket[], topologies: readonly Topology[]): number => {
  let [found, least] = [-1, Infinity];
  for (const [at, { values }] of buckets.entries()) {
    let cost = 0;
    for (let each = 0; each < values.length; each++)
      if (!values[each]!.fits) cost += topologies[each]!.penalty;
    if (cost < least) [found, least] = [at, cost];
    if (cost === 0) break;
  }
  return found;
};

/** Takes the best candidate out of a bucket, and puts the bucket where its next one belongs. Returns the rank. */
const takeFrom = (buckets: Bucket[], at: number): number => {
  const [bucket] = buckets.splice(at, 1) as [Bucket];
  const rank = bucket.ranks[bucket.taken++]!;
  const next = bucket.ranks[bucket.taken];
  if (next === undefined) return rank;
  let [low, high] = [at, buckets.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    const { ranks, taken } = buckets[middle]!;
    if (ranks[taken]! < next) low = middle + 1;
    else high = middle;
  }
  buckets.splice(low, 0, bucket);
  return rank;
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
  const topologies = constraints.map(topologyOf);
  const buckets = bucketsOf(ranked, constraints, topologies);
  const picked: ManagedCluster[] = [];
  while (picked.length < wanted) {
    const at = cheapest(buckets, topologies);
    if (at < 0) break;
    const { values } = buckets[at]!;
    picked.push(ranked[takeFrom(buckets, at)]!);
    for (const [each, topology] of topologies.entries()) count(topology, values[each]!);
  }
  return picked;
};
