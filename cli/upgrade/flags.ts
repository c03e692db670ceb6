import type { Command } from 'commander';
import { type BundleFlags, addBundleFlags } from '../flags/install-flags.ts';
import { bool } from '../flags/flags.ts';

export interface UpgradeFlags extends BundleFlags {
  wait: boolean;
  force: boolean;
  preview: boolean;
  undo: boolean;
}

/** What both upgrades take (cli.md 9). */
export const addUpgradeFlags = (command: Command, wait: string): void => {
  addBundleFlags(command);
  bool(command, '--wait', wait);
  bool(command, '--force', 'upgrade even though a check before it fails');
  bool(command, '--preview', 'print what would change, by object and field, and change nothing');
  bool(command, '--undo', 'bring back what was before the last upgrade, and wait until it is there');
};
