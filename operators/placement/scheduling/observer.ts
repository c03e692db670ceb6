/** Is told how long the parts of scheduling take, in milliseconds. */
export interface SchedulingObserver {
  plugin(type: 'filter' | 'prioritizer', name: string, ms: number): void;
  /** The expressions of one predicate on one cluster. */
  expressions(ms: number): void;
}

export const noObserver: SchedulingObserver = { plugin() {}, expressions() {} };
