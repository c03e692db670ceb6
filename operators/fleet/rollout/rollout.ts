import type { RolloutStrategy } from '../../api/generated/work.ts';
import type { ClusterStatus } from './cluster-status.ts';
import { type DecisionGroup, splitMandatory } from './groups.ts';
import { RolloutError, type RolloutTimes, sizeOf, timesOf } from './settings.ts';

export interface Rollout {
  /** Clusters that have their turn, with the state that they are in. */
  turn: ClusterStatus[];
  timedOut: string[];
  /** Milliseconds after which time alone changes something. */
  recheckMs?: number;
}

export interface RolloutInput {
  strategy?: RolloutStrategy;
  groups: readonly DecisionGroup[];
  /** Clusters whose work is up to date with the template. */
  statuses: readonly ClusterStatus[];
  /** How many clusters the placement puts into one group, as it is written there. */
  clustersPerGroup?: number | string;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Which clusters have their turn (work.md 6.4).
 * @throws RolloutError when the strategy cannot be followed
 */
export const rollOut = ({ strategy, groups, statuses, clustersPerGroup, now }: RolloutInput): Rollout => {
  const total = clustersOf(groups).length;
  const { all, progressive, progressivePerGroup } = strategy ?? {};
  switch (strategy?.type ?? 'All') {
    case 'All': {
      const times = { ...timesOf(all), soakMs: 0 };
      return new Turn(times, statuses, now).byCluster(clustersOf(groups), total, total).result();
    }
    case 'Progressive': {
      const times = timesOf(progressive);
      const maxFailures = sizeOf(progressive?.maxFailures, total, 0);
      const { first, rest } = splitMandatory(groups, progressive?.mandatoryDecisionGroups);
      const mandatory = new Turn(times, statuses, now).byGroup(first, 0);
      if (mandatory.isActive) return mandatory.result();
      const remaining = clustersOf(rest);
      const usual = sizeOf(clustersPerGroup, remaining.length, remaining.length);
      const size = sizeOf(progressive?.maxConcurrency, remaining.length, usual);
      return new Turn(times, statuses, now).byCluster(remaining, size, maxFailures).result();
    }
    case 'ProgressivePerGroup': {
      const times = timesOf(progressivePerGroup);
      const { first, rest } = splitMandatory(groups, progressivePerGroup?.mandatoryDecisionGroups);
      const mandatory = new Turn(times, statuses, now).byGroup(first, 0);
      if (mandatory.isActive) return mandatory.result();
      return new Turn(times, statuses, now).byGroup(rest, progressivePerGroup?.maxFailures).result();
    }
    default:
      throw new RolloutError(`incorrect rollout strategy type ${strategy?.type}`);
  }
};

const clustersOf = (groups: readonly DecisionGroup[]): string[] =>
  [...new Set(groups.flatMap(({ clusters }) => clusters))].toSorted();

/** One step of a rollout over some of the clusters. */
class Turn {
  readonly #times: RolloutTimes;
  readonly #statuses: ReadonlyMap<string, ClusterStatus>;
  readonly #now: number;
  readonly #turn: ClusterStatus[] = [];
  readonly #timedOut: string[] = [];
  #recheckMs = Infinity;

  constructor(times: RolloutTimes, statuses: readonly ClusterStatus[], now: number) {
    this.#times = times;
    this.#statuses = new Map(statuses.map((status) => [status.cluster, status]));
    this.#now = now;
  }

  /** Up to `size` clusters at a time, as long as no more than `maxFailures` have failed. */
  byCluster(clusters: readonly string[], size: number, maxFailures: number): this {
    let failures = 0;
    for (const cluster of clusters) {
      const status = this.#statuses.get(cluster);
      if (!status || (status.state === 'ToApply' && failures > maxFailures)) continue;
      if (this.#determine(status) === 'failed') failures++;
      if (this.#turn.length >= size) return this;
    }
    if (failures > maxFailures) return this;
    for (const cluster of clusters) {
      if (this.#turn.length >= size) break;
      if (!this.#statuses.has(cluster)) this.#turn.push({ cluster, state: 'ToApply' });
    }
    return this;
  }

  /** One group after the other, as long as no more than `maxFailures` of a group have failed. */
  byGroup(groups: readonly DecisionGroup[], maxFailures: number | string | undefined): this {
    for (const { clusters } of groups) {
      let failures = 0;
      let active = 0;
      for (const cluster of clusters) {
        const status = this.#statuses.get(cluster) ?? { cluster, state: 'ToApply' as const };
        const verdict = this.#determine(status);
        if (verdict === 'failed') failures++;
        if (verdict === 'active') active++;
      }
      if (active > 0 || failures > sizeOf(maxFailures, clusters.length, 0)) return this;
    }
    return this;
  }

  /** Whether anything is under way, or has run out of time. */
  get isActive(): boolean {
    return this.#turn.length > 0 || this.#timedOut.length > 0;
  }

  result(): Rollout {
    return {
      turn: this.#turn,
      timedOut: this.#timedOut,
      ...(this.#recheckMs === Infinity ? {} : { recheckMs: this.#recheckMs }),
    };
  }

  /** Gives a cluster its turn if it needs one, and says what that means for those after it. */
  #determine(status: ClusterStatus): 'active' | 'done' | 'failed' {
    const { state, cluster, since = this.#now } = status;
    const { soakMs, deadlineMs } = this.#times;
    switch (state) {
      case 'ToApply':
        this.#turn.push(status);
        return 'active';
      case 'Succeeded':
        if (!this.#isBefore(since + soakMs)) return 'done';
        this.#turn.push(status);
        return 'active';
      case 'Progressing':
      case 'Failed':
        if (this.#isBefore(since + deadlineMs)) {
          this.#turn.push(status);
          return state === 'Failed' ? 'failed' : 'active';
        }
        this.#timedOut.push(cluster);
        return 'failed';
      case 'TimeOut':
        return 'failed';
    }
  }

  #isBefore(time: number): boolean {
    const left = time - this.#now;
    if (left > 0) this.#recheckMs = Math.min(this.#recheckMs, left);
    return left > 0;
  }
}
