import type { ManagedCluster } from '../../../api/generated/cluster.ts';
import { parseQuantity } from '../../../runtime/client/quantity.ts';
import type { Problem } from '../problem.ts';
import type { Scores } from './scores.ts';

/** Billionths of what a cluster can still give; undefined when it does not say. Throws when that is no quantity. */
const allocatableOf = ({ status }: ManagedCluster, resource: string): bigint | undefined => {
  const amount = status?.allocatable?.[resource];
  return amount === undefined || status?.capacity?.[resource] === undefined
    ? undefined
    : parseQuantity(amount).nanos;
};

/**
 * Scores from -100 for the candidate with the least allocatable of a resource to 100 for that with the most
 * (placement.md 7.2). A cluster that does not state it both as capacity and as allocatable has no score, nor has one whose
 * quantity cannot be read: that is a warning and nobody else's harm. Quantities are compared exactly; what is left of a
 * division is cut off.
 * @param resource `cpu`, `memory`
 */
export const allocatable = (
  clusters: readonly ManagedCluster[],
  resource: string,
  plugin: string,
): Scores => {
  const ofClusters = known.get(clusters) ?? new Map<string, Scores>();
  known.set(clusters, ofClusters);
  const scores = ofClusters.get(resource) ?? scoresOf(clusters, resource, plugin);
  ofClusters.set(resource, scores);
  return scores;
};

/** Clusters of a cache do not change, nor do arrays of them: placements that choose from the same ones score them alike. */
const known = new WeakMap<readonly ManagedCluster[], Map<string, Scores>>();

const scoresOf = (clusters: readonly ManagedCluster[], resource: string, plugin: string): Scores => {
  const amounts = new Map<string, bigint>();
  let warning: Problem | undefined;
  for (const cluster of clusters) {
    const { name } = cluster.metadata;
    try {
      const amount = allocatableOf(cluster, resource);
      if (amount !== undefined) amounts.set(name, amount);
    } catch (error) {
      const message = `allocatable ${resource} of ManagedCluster ${name} cannot be read: ${(error as Error).message}`;
      warning ??= { code: 'Warning', plugin, message };
    }
  }

  let [least, most]: (bigint | undefined)[] = [];
  for (const amount of amounts.values()) {
    if (least === undefined || amount < least) least = amount;
    if (most === undefined || amount > most) most = amount;
  }
  const range = (most ?? 0n) - (least ?? 0n);
  const scoreOf = (amount: bigint): number =>
    range === 0n ? 100 : Number((200n * (amount - least!) - 100n * range) / range);
  const scores = new Map<string, number>();
  for (const [name, amount] of amounts) scores.set(name, scoreOf(amount));
  return { scores, warning };
};
