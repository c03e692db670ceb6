import type { Problem } from './filters/filtered.ts';

export type { Problem };

/** A placement that makes no sense as a whole has no plugin. */
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
