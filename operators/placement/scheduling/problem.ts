import { shortened } from '../../runtime/controller/conditions.ts';

/** What a step of scheduling has to say when it does not simply succeed. */
export interface Problem {
  /** A warning changes nothing of the outcome. After the others there are no decisions to be made. */
  code: 'Warning' | 'Error' | 'Misconfigured';
  /** The filter or prioritizer that says so; empty for a placement that makes no sense as a whole. */
  plugin: string;
  message: string;
}

/** Longer messages are cut: selectors and expressions that they quote may be of any length, a condition may not. */
const maxMessage = 4096;

/** A text of at most so many UTF-16 units. */
export const cut = (text: string, length: number): string => shortened(text, length).toWellFormed();

/** What is wrong with a placement: with what it gives to a plugin, or as a whole. */
export const misconfigured = (message: string, plugin = ''): Problem => ({
  code: 'Misconfigured',
  plugin,
  message: cut(message, maxMessage),
});

/** Whether a step came to nothing but a problem. */
export const isProblem = (result: object): result is Problem => 'code' in result && 'plugin' in result;

/** Names in the order of their bytes: those of clusters are ASCII. */
export const byName = (a: string, b: string): number => {
  if (a === b) return 0;
  return a < b ? -1 : 1;
};
