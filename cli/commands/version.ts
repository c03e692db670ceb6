import type { CommandContext } from '../context.ts';
import { DEFAULT_BUNDLE } from '../version-bundles.ts';

/** The build stamps it; empty in an unstamped build (cli.md 2). */
const buildVersion = (): string => process.env.OCM_VERSION ?? '';

export const define = (): void => undefined;

/** `clusteradm version` (cli.md 2): two lines, no cluster access. */
export const run = async ({ output }: CommandContext): Promise<void> => {
  output.print(`clusteradm\tversion\t:${buildVersion()}\ndefault bundle\tversion\t:${DEFAULT_BUNDLE}\n`);
};
