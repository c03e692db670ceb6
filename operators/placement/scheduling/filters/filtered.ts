import type { ManagedCluster } from '../../../api/generated/cluster.ts';
import { shortened } from '../../../runtime/controller/conditions.ts';

/** What a filter has to say when it does not simply succeed. */
export interface Problem {
  /** A warning changes nothing of the outcome. After the others there are no decisions to be made. */
  code: 'Warning' | 'Error' | 'Misconfigured';
  /** The filter that says so. */
  plugin: string;
  message: string;
}

/** What a filter lets pass, in the order that it was given; none after Error and Misconfigured. */
export interface Filtered {
  clusters: readonly ManagedCluster[];
  problem?: Problem;
}

/** A filter at work, which stops where others may go first. */
export type Steps = Generator<void, Filtered>;

/** What comes of steps that are taken without a stop. */
export const allOf = <T>(steps: Generator<void, T>): T => {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
};

/** Longer messages are cut: selectors and expressions that they quote may be of any length, a condition may not. */
const maxMessage = 4096;

/** A text of at most so many UTF-16 units. */
export const cut = (text: string, length: number): string => shortened(text, length).toWellFormed();

/** The outcome of a filter that its Placement gives something to that makes no sense. */
export const misconfigured = (plugin: string, message: string): Filtered => ({
  clusters: [],
  problem: { code: 'Misconfigured', plugin, message: cut(message, maxMessage) },
});
