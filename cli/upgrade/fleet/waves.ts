import { sizeOf } from '../../../operators/fleet/rollout/settings.ts';

/**
 * Cuts clusters into waves: no wave has clusters of two groups, and none more than its size.
 * @param sizes of the first wave, the second and so on, each a number or a percentage of all; the last one is that of all
 * others
 * @throws Error for a size that is none
 */
export const wavesOf = (groups: readonly (readonly string[])[], sizes: readonly string[]): string[][] => {
  const total = groups.flat().length;
  const limits = sizes.map((size) => limitOf(size, total));
  const waves: string[][] = [];
  for (const group of groups) {
    for (let at = 0; at < group.length; at += waves.at(-1)!.length) {
      const limit = limits[waves.length] ?? limits.at(-1) ?? total;
      waves.push(group.slice(at, at + limit));
    }
  }
  return waves;
};

const limitOf = (size: string, total: number): number => {
  if (!/^[1-9]\d*%?$/.test(size)) {
    throw new Error(`--waves takes numbers and percentages of clusters, such as 1,25%, and not ${size}`);
  }
  return sizeOf(size.endsWith('%') ? size : Number(size), total, total);
};

/** What became of a cluster: why it failed, or `done`. */
export type Outcome = { failed: string } | 'done';

/** What comes next: a wave, nothing any more, or nothing because a wave has clusters that failed. */
export type Next =
  | { wave: number; clusters: string[] }
  | { stoppedAt: number; failed: { cluster: string; why: string }[]; left: string[] }
  | 'done';

/** The wave to go on with. One begins when all before it are done, and a cluster that fails is the end of the rest. */
export const nextWave = (
  waves: readonly (readonly string[])[],
  outcomes: ReadonlyMap<string, Outcome>,
): Next => {
  for (const [wave, clusters] of waves.entries()) {
    const failed = clusters.flatMap((cluster) => {
      const outcome = outcomes.get(cluster);
      return typeof outcome === 'object' ? [{ cluster, why: outcome.failed }] : [];
    });
    const open = clusters.filter((cluster) => !outcomes.has(cluster));
    if (failed.length > 0) {
      return { stoppedAt: wave, failed, left: [...open, ...waves.slice(wave + 1).flat()] };
    }
    if (open.length > 0) return { wave, clusters: open };
  }
  return 'done';
};
