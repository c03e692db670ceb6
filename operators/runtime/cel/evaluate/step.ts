import type { Result } from '../values/value.ts';
import type { Budget } from './budget.ts';

/** Gives variables their values. */
export interface Frame {
  /** Undefined when there is no such variable. */
  lookUp(name: string): Result | undefined;
}

/** A planned expression. */
export type Step = (frame: Frame, budget: Budget) => Result;
