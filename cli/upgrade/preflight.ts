import compare from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';
import {
  type Bundles,
  selectVersion,
  type SelectOptions,
  tagOf,
} from '../../operators/registration-operator/bundle/index.ts';
import { type Check, found, type Finding } from '../preflight.ts';

/** What an upgrade is judged by before it begins. */
export interface UpgradeFacts {
  /** Component → the image that it is to have. */
  images: Record<string, string | undefined>;
  versions: SelectOptions;
  /** What is wrong with what is there. */
  problem?: string;
  /** The image of the hub's registration, where it is known. */
  hub?: string;
}

/** Whether the operator will take the images on this cluster: its own rule, asked before anything changes. */
export const versionFinding = (bundles: Bundles, { images, versions, hub }: UpgradeFacts): Finding => {
  const result = selectVersion(bundles, images, versions);
  if ('selection' in result) return found({ warning: aheadOf(hub, images['registration']) });
  const { reason, message } = result.refusal;
  // The operator of a version that came later knows it.
  return reason === 'UnknownBundleVersion' ? found({ warning: message }) : found({ error: message });
};

/** Hubs know older agents; what newer ones ask of them is not promised. */
const aheadOf = (hub: string | undefined, agent: string | undefined): string | undefined => {
  const [of, at] = [parse(tagOf(agent ?? '')), parse(tagOf(hub ?? ''))];
  if (!of || !at || compare(of, at) <= 0) return undefined;
  return `the agents will be of version ${of.version}, and the hub is of ${at.version}: upgrade the hub first`;
};

/** An upgrade may be what heals, so that of one cluster this stops nothing; a fleet is not begun with sick ones. */
export const healthFinding = ({ problem }: UpgradeFacts, required: boolean): Finding => {
  if (problem === undefined) return found({});
  return required ? found({ error: problem }) : found({ warning: problem });
};

export const upgradeChecks = (bundles: Bundles, facts: UpgradeFacts, healthy: boolean): Check[] => [
  { name: 'Version check', run: () => versionFinding(bundles, facts) },
  { name: 'Health check', run: () => healthFinding(facts, healthy) },
];
