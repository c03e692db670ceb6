import type { Command } from 'commander';
import { map, slice, string } from '../../flags/flags.ts';
import type { UpgradeFlags } from '../flags.ts';

/** Of an upgrade of many klusterlets from their hub. */
export interface FleetFlags extends UpgradeFlags {
  klusterletValuesFile: string;
  placement: string;
  selector: string;
  waves: string[];
  clusterContexts?: Record<string, string>;
}

export const DEFAULT_WAVES = ['1', '25%'];

export const addFleetFlags = (command: Command): void => {
  string(command, '--placement', 'upgrade the clusters that this placement chose: namespace/name');
  string(command, '-l, --selector', 'upgrade the clusters of the hub with these labels');
  slice(
    command,
    '--waves',
    'how many of them at once: the first, the second, all other times (default 1,25%)',
  );
  map(command, '--cluster-contexts', 'contexts by which clusters are reached; default: those of their names');
};

/** Whether more than the cluster of the context is meant; throws when flags of a fleet are given without one. */
export const isFleet = (
  { placement, selector }: Pick<FleetFlags, 'placement' | 'selector'>,
  isGiven: (flag: string) => boolean,
): boolean => {
  if (placement && selector) throw new Error('--placement and --selector can only specify one');
  if (placement || selector) {
    if (isGiven('klusterletName')) {
      throw new Error(
        '--klusterlet-name is for one cluster: with --placement or --selector Klusterlets are found by their cluster',
      );
    }
    return true;
  }
  const flag = ['waves', 'clusterContexts'].find(isGiven);
  if (flag) {
    const name = flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw new Error(`--${name} needs clusters to upgrade: name them with --placement or --selector`);
  }
  return false;
};
