import coerce from 'semver/functions/coerce.js';
import compare from 'semver/functions/compare.js';
import minor from 'semver/functions/minor.js';
import major from 'semver/functions/major.js';
import parse from 'semver/functions/parse.js';
import satisfies from 'semver/functions/satisfies.js';
import type { VersionRefusal } from '../../api/conditions.ts';
import type { Bundle, Bundles } from './types.ts';

/** The bundle of each component, and the newest of them, which CRDs and everything common follow. */
export interface Selection {
  newest: Bundle;
  components: Readonly<Record<string, Bundle>>;
}

/** Why the images cannot be installed; what runs stays untouched. */
export interface Refusal {
  reason: VersionRefusal;
  message: string;
}

export type SelectResult = { selection: Selection } | { refusal: Refusal };

export interface SelectOptions {
  /** `gitVersion` of the API server that the objects go to; not checked when undefined or unreadable. */
  kubernetesVersion?: string;
  /** Component → version that runs, with its rollout complete. */
  running?: Readonly<Record<string, string | undefined>>;
  /**
   * Component → version that stands, its rollout complete or not. A rollout that does not get on may be undone, but is
   * no reason to leave a version out on the way up. Default: what runs.
   */
  standing?: Readonly<Record<string, string | undefined>>;
  /** The user asked for it with the annotation. */
  allowDowngrade?: boolean;
}

/** The tag of an image reference: empty without one, or when the image is named by digest alone. */
export const tagOf = (image: string): string => {
  const withoutDigest = image.split('@')[0] as string;
  const lastPart = withoutDigest.slice(withoutDigest.lastIndexOf('/') + 1);
  const colon = lastPart.indexOf(':');
  return colon < 0 ? '' : lastPart.slice(colon + 1);
};

const refuse = (reason: VersionRefusal, message: string): { refusal: Refusal } => ({
  refusal: { reason, message },
});

/** Where one component comes from. */
interface Present {
  running?: string;
  standing?: string;
}

/**
 * The bundle that an image's tag asks for; undefined when the tag is a version that no bundle serves. Where several
 * serve a tag that is none of theirs it is the newest, unless what stands is from another of them and cannot go to the
 * newest in one step: an operator that learns of newer bundles then leaves the component as it is.
 */
const bundleOf = (bundles: Bundles, image: string, present: Present): Bundle | undefined => {
  const version = parse(tagOf(image));
  if (!version) return towardsNewest(bundles, present);
  const named = bundles.find((bundle) => compare(bundle.version, version) === 0);
  if (named) return named;
  const serving = bundles.filter(
    ({ alsoServes }) => alsoServes && satisfies(version, alsoServes, { includePrerelease: true }),
  );
  const [newest] = serving;
  const { standing } = present;
  if (!newest || !standing || leadsTo(standing, newest)) return newest;
  return serving.find((bundle) => isAt(standing, bundle)) ?? newest;
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
    version !== null &&
    !isOwnRelease(bundles, image) &&
    bundles.some(
      ({ alsoServes }) => alsoServes && satisfies(version, alsoServes, { includePrerelease: true }),
    )
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

const leadsTo = (version: string, bundle: Bundle): boolean =>
  satisfies(version, bundle.upgradesFrom, { includePrerelease: true });

/** What to do about a step that is too large: the versions before which lead from one to the other, if there are any. */
const wayTo = (bundles: Bundles, from: string, { version: to }: Bundle): string => {
  const between = bundles.find((bundle) => compare(bundle.version, to) < 0 && leadsTo(from, bundle));
  return between ? `Go to ${between.version} first` : 'Go by a version between them';
};

const newestOf = (bundles: Bundle[], fallback: Bundle): Bundle =>
  bundles.reduce(
    (newest, bundle) => (compare(bundle.version, newest.version) > 0 ? bundle : newest),
    bundles[0] ?? fallback,
  );

const tooFarApart = (newest: Bundle, other: Bundle): boolean =>
  major(newest.version) !== major(other.version) || minor(newest.version) - minor(other.version) > 1;

/** A vendor's `v1.31.4-eks-1a2b` and a pre-release count as the version that they lead to. */
const supportsKubernetes = (bundle: Bundle, gitVersion: string | undefined): boolean => {
  const version = gitVersion ? coerce(gitVersion) : null;
  return !version || satisfies(version, bundle.kubernetes);
};

const moveProblem = (
  bundles: Bundles,
  component: string,
  bundle: Bundle,
  { running, standing }: Present,
  allowDowngrade: boolean,
): { refusal: Refusal } | undefined => {
  if (running && parse(running) && compare(running, bundle.version) > 0)
    return allowDowngrade
      ? undefined
      : refuse(
          'DowngradeRefused',
          `${component} runs version ${running}, and ${bundle.version} is older. Set the image back, or annotate the ` +
            `resource with ${downgradeAnnotation}: "true" to go back on purpose`,
        );
  const from = standing ?? running;
  if (!from || !parse(from) || compare(from, bundle.version) >= 0 || leadsTo(from, bundle)) return undefined;
  return refuse(
    'UpgradeUnsupported',
    `${component} runs version ${from}, from which version ${bundle.version} does not upgrade (it upgrades ` +
      `from ${bundle.upgradesFrom || 'none'}). ${wayTo(bundles, from, bundle)}`,
  );
};

/** With value `"true"` on a ClusterManager or Klusterlet: its images may go back to an older version. */
export const downgradeAnnotation = 'operator.open-cluster-management.io/allow-downgrade';

/**
 * Picks the bundle of each component by the tag of its image (DESIGN.md 4): a semantic version asks for that
 * version's manifests, any other tag, a digest or nothing for the newest, by way of those between. Components may differ by one minor version.
 */
export const selectVersion = (
  bundles: Bundles,
  images: Readonly<Record<string, string | undefined>>,
  options: SelectOptions = {},
): SelectResult => {
  const presentOf = (component: string): Present => {
    const running = options.running?.[component];
    return { running, standing: options.standing?.[component] ?? running };
  };
  const components: Record<string, Bundle> = {};
  for (const [component, image] of Object.entries(images)) {
    const bundle = bundleOf(bundles, image ?? '', presentOf(component));
    if (!bundle)
      return refuse(
        'UnknownBundleVersion',
        `Image ${image} of ${component} asks for version ${tagOf(image ?? '')}, for which this operator has no bundle ` +
          `(it has ${bundles.map(({ version }) => version).join(', ')}). Use one of these versions, or an operator that has it`,
      );
    components[component] = bundle;
  }
  const newest = newestOf(Object.values(components), bundles[0]);
  const distant = Object.entries(components).find(([, bundle]) => tooFarApart(newest, bundle));
  if (distant)
    return refuse(
      'ComponentVersionsTooFarApart',
      `${distant[0]} has version ${distant[1].version} while another component has ${newest.version}. Components may ` +
        `differ by one minor version: bring the older one closer first`,
    );
  if (!supportsKubernetes(newest, options.kubernetesVersion))
    return refuse(
      'KubernetesVersionUnsupported',
      `The cluster runs Kubernetes ${options.kubernetesVersion}, and version ${newest.version} supports ` +
        `${newest.kubernetes}. Use a version that supports it, or upgrade the cluster`,
    );
  for (const [component, bundle] of Object.entries(components)) {
    const problem = moveProblem(
      bundles,
      component,
      bundle,
      presentOf(component),
      options.allowDowngrade ?? false,
    );
    if (problem) return problem;
  }
  return { selection: { newest, components } };
};
