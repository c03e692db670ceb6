import compare from 'semver/functions/compare.js';
import prerelease from 'semver/functions/prerelease.js';
import satisfies from 'semver/functions/satisfies.js';

/** How one version is reached, as an entry of a channel says it. */
export interface Edges {
  name: string;
  replaces?: string;
  skips?: string[];
  skipRange?: string;
}

/** A version, and the range of versions that it upgrades from; empty for none. */
export interface Release {
  version: string;
  upgradesFrom: string;
}

/** Versions that nobody is to install any more, each with the reason. */
export type Withdrawn = Readonly<Record<string, string>>;

const edgesOf = (packageName: string, release: Release, older: Release[], withdrawn: Withdrawn): Edges => {
  const nameOf = ({ version }: Release) => `${packageName}.v${version}`;
  const previous = older.findLast(({ version }) => !(version in withdrawn));
  const skipped = older.slice(previous ? older.indexOf(previous) + 1 : 0);
  if (previous && !satisfies(previous.version, release.upgradesFrom))
    throw new Error(
      `${nameOf(release)} upgrades from ${release.upgradesFrom || 'no version'}, which leaves ${nameOf(previous)} ` +
        'no way to it. Release a version that upgrades from both',
    );
  return {
    name: nameOf(release),
    ...(previous && { replaces: nameOf(previous) }),
    ...(skipped.length > 0 && { skips: skipped.map(nameOf) }),
    ...(release.upgradesFrom && { skipRange: release.upgradesFrom }),
  };
};

/**
 * The entries of a channel, oldest first: a chain of `replaces` through the versions that stand; one that is withdrawn
 * stays beside the chain and is skipped, so that whoever has it gets on. Withdrawn ones that nothing stands behind are
 * left out. Who may go straight to a version is what that version upgrades from.
 * Throws when a version does not upgrade from the one before it.
 */
export const entriesOf = (packageName: string, releases: readonly Release[], withdrawn: Withdrawn): Edges[] => {
  const sorted = releases.toSorted((a, b) => compare(a.version, b.version));
  const head = sorted.findLastIndex(({ version }) => !(version in withdrawn));
  return sorted
    .slice(0, head + 1)
    .map((release, index) => edgesOf(packageName, release, sorted.slice(0, index), withdrawn));
};

/** The name of the channel that follows one minor version. */
const minorChannel = (version: string): string => `stable-v${version.split('.').slice(0, 2).join('.')}`;

/** The channels that a version is in when it comes out: one before its release is a candidate only. */
export const channelsOf = (version: string): string[] =>
  prerelease(version) ? ['candidate'] : ['stable', minorChannel(version), 'candidate'];

/** The channel of those who choose none. */
export const defaultChannel = 'stable';

/**
 * The channels of a package with their entries: `stable` with all releases, `candidate` with those before a release as
 * well, and one for each minor version that ends with it, for those who want its patches only.
 */
export const channels = (
  packageName: string,
  releases: readonly Release[],
  withdrawn: Withdrawn,
): { name: string; entries: Edges[] }[] => {
  const final = releases.filter(({ version }) => !prerelease(version));
  const good = final.filter(({ version }) => !(version in withdrawn));
  const minors = [...new Set(good.map(({ version }) => minorChannel(version)))];
  const until = (channel: string): Release[] => {
    const last = good.filter(({ version }) => minorChannel(version) === channel).map(({ version }) => version);
    const [newest = ''] = last.toSorted((a, b) => compare(b, a));
    return final.filter(({ version }) => compare(version, newest) <= 0);
  };
  return [
    { name: defaultChannel, entries: entriesOf(packageName, final, withdrawn) },
    ...minors.map((name) => ({ name, entries: entriesOf(packageName, until(name), withdrawn) })),
    { name: 'candidate', entries: entriesOf(packageName, releases, withdrawn) },
  ];
};
