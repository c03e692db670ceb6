import type { Problem } from '../problem.ts';

/** What one scorer says. */
export interface Scores {
  /** By cluster name. A cluster that is missing has no score, which counts as 0. */
  scores: ReadonlyMap<string, number>;
  warning?: Problem;
  /** When these scores change by time alone, in milliseconds since 1970. */
  rescoreAt?: number;
}
