import { type Problem, misconfigured } from '../problem.ts';

/**
 * The most clusters that a group may have, of `clustersPerDecisionGroup` and the number of selected clusters
 * (placement.md 9.1): a number, or a percentage rounded up, exactly. What is not above 0, or above the total, is the total.
 */
export const groupLength = (written: number | string | undefined, total: number): number | Problem => {
  let length = total;
  if (typeof written === 'string') {
    const [, percent] = /^(\d+(?:\.\d+)?)%$/.exec(written) ?? [];
    if (percent === undefined) return misconfigured(`${written} invalid type: string is not a percentage`);
    length = Math.ceil((Number(percent) * total) / 100);
  } else if (written !== undefined) length = written;
  return length > 0 && length < total ? length : total;
};
