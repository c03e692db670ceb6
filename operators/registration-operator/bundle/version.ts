import coerce from 'semver/functions/coerce.js';
import compare from 'semver/functions/compare.js';
import minor from 'semver/functions/minor.js';
import major from 'semver/functions/major.js';
import parse from 'semver/functions/parse.js';
import satisfies from 'semver/functions/satisfies.js';
import type { VersionRefusal } from '../../api/conditions.ts';
import { bundleOf, bundleOfLater, lacks, leadsTo, type Present, tagOf } from './component-version.ts';
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

const refuse = (reason: VersionRefusal, message: string): { refusal: Refusal } => ({
  refusal: { reason, message },
});

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

/** On a Deployment of an operand: the version of the bundle that its manifest is from. */
export const bundleVersionAnnotation = 'operator.open-cluster-management.io/bundle-version';

/** With value `"true"` on a ClusterManager or Klusterlet: its images may go back to an older version. */
export const downgradeAnnotation = 'operator.open-cluster-management.io/allow-downgrade';

/**
 * Picks the bundle of each component by the tag of its image (DESIGN.md 4): a semantic version asks for that
 * version's manifests, any other tag, a digest or nothing for the newest, by way of those between. Components may differ by one minor version.
 * A component that the bundle of its version lacks is not installed.
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
  const isLater = (component: string) => bundles.some((bundle) => lacks(bundle, component));
  const components: Record<string, Bundle> = {};
  // Those that every bundle has come first: the others go with them.
  for (const component of Object.keys(images).toSorted((a, b) => Number(isLater(a)) - Number(isLater(b)))) {
    const image = images[component] ?? '';
    const present = presentOf(component);
    const bundle = isLater(component)
      ? bundleOfLater(bundles, component, image, newestOf(Object.values(components), bundles[0]), present)
      : bundleOf(bundles, image, present);
    if (!bundle)
      return refuse(
        'UnknownBundleVersion',
        `Image ${image} of ${component} asks for version ${tagOf(image)}, for which this operator has no bundle ` +
          `(it has ${bundles.map(({ version }) => version).join(', ')}). Use one of these versions, or an operator that has it`,
      );
    components[component] = bundle;
  }
  // Where a bundle lacks a component there is nothing that could be too old, go back or be left behind.
  const there = Object.entries(components).filter(([component, bundle]) => !lacks(bundle, component));
  const newest = newestOf(
    there.map(([, bundle]) => bundle),
    bundles[0],
  );
  const distant = there.find(([, bundle]) => tooFarApart(newest, bundle));
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
  for (const [component, bundle] of there) {
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
