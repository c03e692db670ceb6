import type { ManagedCluster } from '../../../api/generated/cluster.ts';
import type { Problem } from '../problem.ts';

/** What a filter lets pass, in the order that it was given; none after Error and Misconfigured. */
export interface Filtered {
  clusters: readonly ManagedCluster[];
  problem?: Problem;
}

/** A filter at work, which stops where others may go first. */
export type Steps = Generator<void, Filtered>;

/** How much is looked at before others may go first: labels and claims that are asked for, tolerations. */
const mostAtOnce = 2000;

/** Says when so much has been looked at that it is time to stop for a moment. */
export class Pace {
  #done = 0;

  isOver(done: number): boolean {
    this.#done += done;
    if (this.#done < mostAtOnce) return false;
    this.#done = 0;
    return true;
  }
}

/** What comes of steps that are taken without a stop. */
export const allOf = <T>(steps: Generator<void, T>): T => {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
};

/** The outcome of a filter that cannot be applied. */
export const noneFor = (problem: Problem): Filtered => ({ clusters: [], problem });
