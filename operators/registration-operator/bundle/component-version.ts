import compare from 'semver/functions/compare.js';
import parse from 'semver/functions/parse.js';
import satisfies from 'semver/functions/satisfies.js';
import type { SemVer } from 'semver';
import type { Bundle, Bundles } from './types.ts';

/** The tag of an image reference: empty without one, or when the image is named by digest alone. */
export const tagOf = (image: string): string => {
  const withoutDigest = image.split('@')[0] as string;
  const lastPart = withoutDigest.slice(withoutDigest.lastIndexOf('/') + 1);
  const colon = lastPart.indexOf(':');
  return colon < 0 ? '' : lastPart.slice(colon + 1);
};

/** Where one component comes from. */
export interface Present {
  running?: string;
  standing?: string;
}

/**
 * The bundle that an image's tag asks for; undefined when the tag is a version that no bundle serves. Where several
 * serve a tag that is none of theirs it is the newest, unless what stands is from another of them and cannot go to the
 * newest in one step: an operator that learns of newer bundles then leaves the component as it is.
 */
export const bundleOf = (bundles: Bundles, image: string, present: Present): Bundle | undefined => {
  const version = parse(tagOf(image));
  if (!version) return towardsNewest(bundles, present);
  const named = bundles.find((bundle) => compare(bundle.version, version) === 0);
  if (named) return named;
  const serving = bundles.filter((bundle) => serves(bundle, version));
  const [newest] = serving;
  const { standing } = present;
  if (!newest || !standing || leadsTo(standing, newest)) return newest;
  return serving.find((bundle) => isAt(standing, bundle)) ?? newest;
};

/** Whether images of a release that is none of ours run with a bundle's manifests. */
const serves = ({ alsoServes }: Bundle, version: SemVer): boolean =>
  alsoServes !== '' && satisfies(version, alsoServes, { includePrerelease: true });

/** Whether there is nothing of a component in a bundle: it came with a later one. */
export const lacks = ({ images }: Bundle, component: string): boolean => !Object.hasOwn(images, component);

/**
 * The bundle of a component that older bundles lack. Unless its image names one, it goes with the others: it comes with
 * their upgrade, and leaves when that is undone, whatever its field says, which had no effect before.
 * @param others the newest bundle of the components that every bundle has
 */
export const bundleOfLater = (
  bundles: Bundles,
  component: string,
  image: string,
  others: Bundle,
  present: Present,
): Bundle | undefined => {
  const named = bundleNamedBy(bundles, image);
  if (named || lacks(others, component)) return named ?? others;
  const version = parse(tagOf(image));
  return version && !serves(others, version) ? bundleOf(bundles, image, present) : others;
};

/**
 * Whether an image's tag says that it is of this project, being the version of a bundle. Any other tag says nothing: the
 * upstream project's images have the same names.
 */
export const isOwnRelease = (bundles: Bundles, image: string | undefined): boolean =>
  bundleNamedBy(bundles, image) !== undefined;

/** The bundle whose version an image's tag is. */
export const bundleNamedBy = (bundles: Bundles, image: string | undefined): Bundle | undefined => {
  const version = parse(tagOf(image ?? ''));
  return version === null ? undefined : bundles.find((bundle) => compare(bundle.version, version) === 0);
};

/** Whether an image's tag is of a release of the upstream project that a bundle serves too. */
export const isOtherRelease = (bundles: Bundles, image: string | undefined): boolean => {
  const version = parse(tagOf(image ?? ''));
  return (
    version !== null && !isOwnRelease(bundles, image) && bundles.some((bundle) => serves(bundle, version))
  );
};

/**
 * The next bundle on the way to the newest, for images that ask for no version: an operator that learns of several at
 * once takes one after the other, each when the one before it has rolled out.
 */
const towardsNewest = (bundles: Bundles, { running, standing }: Present): Bundle => {
  const [newest] = bundles;
  if (!standing || !parse(standing) || compare(standing, newest.version) >= 0) return newest;
  const next = (bundle: Bundle) =>
    running === standing ? leadsTo(standing, bundle) : isAt(standing, bundle);
  return bundles.find(next) ?? newest;
};

const isAt = (version: string, bundle: Bundle): boolean =>
  parse(version) !== null && compare(version, bundle.version) === 0;

export const leadsTo = (version: string, bundle: Bundle): boolean =>
  satisfies(version, bundle.upgradesFrom, { includePrerelease: true });
