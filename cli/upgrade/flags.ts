import type { Command } from 'commander';
import { type BundleFlags, addBundleFlags } from '../flags/install-flags.ts';
import { bool } from '../flags/flags.ts';

export interface UpgradeFlags extends BundleFlags {
  wait: boolean;
}

/** What both upgrades take (cli.md 9). */
export const addUpgradeFlags = (command: Command, wait: string): void => {
  addBundleFlags(command);
  bool(command, '--wait', wait);
};
