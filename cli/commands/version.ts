import type { Output } from '../context.ts';
import { DEFAULT_BUNDLE } from '../versions.ts';

declare const OCM_VERSION: string | undefined;

/** The build's version; empty in an unstamped build (cli.md 2). */
export const buildVersion = (): string => (typeof OCM_VERSION === 'string' ? OCM_VERSION : '');

/** `clusteradm version`: two lines, no cluster access. */
export const version = (output: Output): void => {
  output.print(`clusteradm\tversion\t:${buildVersion()}\ndefault bundle\tversion\t:${DEFAULT_BUNDLE}\n`);
};
