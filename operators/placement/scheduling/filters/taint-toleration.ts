import type {
  ManagedCluster,
  ManagedClusterTaint,
  PlacementToleration,
} from '../../../api/generated/cluster.ts';
import { misconfigured } from '../problem.ts';
import { Pace, type Steps, noneFor } from './filtered.ts';

export const taintTolerationName = 'TaintToleration';

export type Names = Pick<ReadonlySet<string>, 'has'>;

/** Who asks for a taint to be tolerated, and when. */
export interface Toleration {
  tolerations: readonly PlacementToleration[];
  /** The clusters that the Placement's decisions name already. */
  decided: Names;
  /** In milliseconds since 1970. */
  now: number;
}

/** What is wrong with a toleration, if anything. */
const wrongWith = ({ key = '', operator, value = '' }: PlacementToleration): string | undefined => {
  if (key === '' && operator !== 'Exists') return 'If the key is empty, operator must be Exists.';
  if (operator === 'Exists' && value !== '') return 'If the operator is Exists, the value should be empty.';
  return undefined;
};

/** Whether a toleration is about a taint, be its time over or not. */
const isAbout = (
  { effect, key = '', operator = '', value = '' }: PlacementToleration,
  taint: ManagedClusterTaint,
): boolean => {
  if (effect && effect !== taint.effect) return false;
  if (key !== '' && key !== taint.key) return false;
  if (operator === 'Exists') return true;
  return (operator === '' || operator === 'Equal') && value === (taint.value ?? '');
};

/** When a toleration of a taint ends; at once where nobody knows since when the taint is there. */
const endOf = ({ tolerationSeconds }: PlacementToleration, { timeAdded }: ManagedClusterTaint): number => {
  if (tolerationSeconds === undefined) return Infinity;
  const added = Date.parse(timeAdded ?? '');
  return Number.isNaN(added) ? -Infinity : added + Number(tolerationSeconds) * 1000;
};

/** Until when a taint is tolerated by the first toleration that still does; undefined when none does. */
const toleratedUntil = (
  taint: ManagedClusterTaint,
  cluster: string,
  { tolerations, decided, now }: Toleration,
): number | undefined => {
  if (taint.effect === 'PreferNoSelect') return Infinity;
  if (taint.effect === 'NoSelectIfNew' && decided.has(cluster)) return Infinity;
  return tolerations
    .filter((toleration) => isAbout(toleration, taint))
    .map((toleration) => endOf(toleration, taint))
    .find((end) => now < end);
};

/** Until when all taints of a cluster are tolerated: Infinity without an end; undefined when one of them is not. */
const clusterToleratedUntil = (
  { metadata, spec }: ManagedCluster,
  toleration: Toleration,
): number | undefined => {
  let until = Infinity;
  for (const taint of spec?.taints ?? []) {
    const end = toleratedUntil(taint, metadata.name, toleration);
    if (end === undefined) return undefined;
    until = Math.min(until, end);
  }
  return until;
};

/**
 * Lets the clusters pass whose taints are all tolerated (placement.md 6.2). Tolerations that make no sense are
 * reported whether there are clusters or not (P12). Stops after so many tolerations.
 */
export function* taintSteps(clusters: readonly ManagedCluster[], toleration: Toleration): Steps {
  for (const each of toleration.tolerations) {
    const wrong = wrongWith(each);
    if (wrong !== undefined) return noneFor(misconfigured(wrong, taintTolerationName));
  }
  const pace = new Pace();
  const perTaint = 1 + toleration.tolerations.length;
  const kept: ManagedCluster[] = [];
  for (const cluster of clusters) {
    const taints = cluster.spec?.taints?.length ?? 0;
    if (taints > 0 && pace.isOver(taints * perTaint)) yield;
    if (taints === 0 || clusterToleratedUntil(cluster, toleration) !== undefined) kept.push(cluster);
  }
  // What is known of these very clusters holds for all placements that choose from them.
  return { clusters: kept.length === clusters.length ? clusters : kept };
}

/**
 * When the taints have to be looked at again, in milliseconds since 1970: at the first end of a toleration among
 * the clusters that are decided on already; those decided on now are so the next time. Undefined when nothing ends.
 */
export const nextEndOfToleration = (
  clusterOf: (name: string) => ManagedCluster | undefined,
  toleration: Toleration & { decided: ReadonlySet<string> },
): number | undefined => {
  if (toleration.tolerations.every(({ tolerationSeconds }) => tolerationSeconds === undefined))
    return undefined;
  let next = Infinity;
  for (const name of toleration.decided) {
    const cluster = clusterOf(name);
    if (cluster) next = Math.min(next, clusterToleratedUntil(cluster, toleration) ?? Infinity);
  }
  return next === Infinity ? undefined : next;
};
