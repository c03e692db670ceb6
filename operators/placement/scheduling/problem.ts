/** What a step of scheduling has to say when it does not simply succeed. */
export interface Problem {
  /**
   * A warning changes nothing of the outcome. After an error, or when the placement is misconfigured, there are no new
   * decisions.
   */
  code: 'Warning' | 'Error' | 'Misconfigured';
  /** Filter or scorer that says it; empty when it is about the placement as a whole. */
  plugin: string;
  message: string;
}

export const misconfigured = (message: string, plugin = ''): Problem => ({
  code: 'Misconfigured',
  plugin,
  message,
});

/** Whether a step came to nothing but a problem. */
export const isProblem = (result: object): result is Problem => 'code' in result && 'plugin' in result;

/** Names in the order of their bytes: those of clusters are ASCII. */
export const byName = (a: string, b: string): number => {
  if (a === b) return 0;
  return a < b ? -1 : 1;
};
