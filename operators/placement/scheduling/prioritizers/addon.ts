import type { AddOn } from '../../../api/generated/cluster.ts';
import type { ScoresOf } from '../filters/cel-environment.ts';
import type { Scores } from './scores.ts';

/**
 * The scores that add-ons gave to clusters: 0 where there is none, or where it has expired, which is a warning
 * (placement.md 7.2). An object expires after the moment `status.validUntil`, from which on it is to be scored again (P6);
 * a moment that cannot be read has passed.
 * @param now in milliseconds since 1970
 */
export const addOnScores = (
  clusters: Iterable<string>,
  { resourceName, scoreName }: AddOn,
  scoresOf: ScoresOf,
  now: number,
): Scores => {
  const scores = new Map<string, number>();
  const expired: string[] = [];
  let firstExpiry = Infinity;
  for (const cluster of clusters) {
    const { validUntil, scores: given = [] } = scoresOf(cluster, resourceName)?.status ?? {};
    const expiry = validUntil === undefined ? Infinity : Date.parse(validUntil);
    if (now <= expiry) {
      firstExpiry = Math.min(firstExpiry, expiry);
      scores.set(cluster, given.findLast(({ name }) => name === scoreName)?.value ?? 0);
    } else {
      expired.push(`${cluster}/${resourceName}`);
      scores.set(cluster, 0);
    }
  }
  return {
    scores,
    warning:
      expired.length === 0
        ? undefined
        : {
            code: 'Warning',
            plugin: `AddOn/${resourceName}/${scoreName}`,
            message: `AddOnPlacementScores ${expired.join(' ')} expired`,
          },
    rescoreAt: firstExpiry === Infinity ? undefined : firstExpiry + 1,
  };
};
