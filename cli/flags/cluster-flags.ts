import type { Command } from 'commander';
import { slice, string } from './flags.ts';
import { requireLabel } from './legal-names.ts';

/** `-c/--cluster` and `--clusters`, as every command has them that works on some clusters. */
export const clusterFlags = (command: Command): Command => {
  string(command, '-c, --cluster', 'name of a cluster');
  return slice(command, '--clusters', 'names of clusters');
};

export interface ClusterFlags {
  cluster: string;
  clusters: string[];
}

/** The clusters of {@link clusterFlags}, each once; throws when `--clusters` is given without a name (cli.md 6), and when one is
 * no name of a cluster. */
export const chosenClusters = (
  { cluster, clusters }: ClusterFlags,
  isGiven: (flag: string) => boolean,
): string[] => {
  const named = clusters.filter(Boolean);
  if (named.length === 0 && isGiven('clusters'))
    throw new Error('--clusters cannot be set as an empty value');
  const names = [...new Set(cluster ? [...named, cluster] : named)];
  for (const name of names) requireLabel('a cluster', name);
  return names;
};

/** As {@link chosenClusters}, and throws when there is none. */
export const requiredClusters = (flags: ClusterFlags, isGiven: (flag: string) => boolean): string[] => {
  const names = chosenClusters(flags, isGiven);
  if (names.length === 0) throw new Error('either --cluster or --clusters needs to be set');
  return names;
};
