import type { Klusterlet } from '../../../api/generated/operator.ts';
import { type Bundles, bundleNamedBy, isOtherRelease } from '../../bundle/index.ts';
import { isSingleton, modeOf } from '../mode.ts';

/**
 * What is to be said of `clusterLabels` that no agent will set, as far as the image's tag tells: images of the upstream
 * project do not know them, nor do bundles before the first that hands them on.
 */
export const labelsWithoutEffect = (klusterlet: Klusterlet, bundles: Bundles): string[] => {
  const { spec } = klusterlet;
  if (Object.keys(spec?.registrationConfiguration?.clusterLabels ?? {}).length === 0) return [];
  const image = isSingleton(modeOf(klusterlet) ?? 'Default')
    ? spec?.imagePullSpec
    : spec?.registrationImagePullSpec;
  const bundle = bundleNamedBy(bundles, image);
  const isHandedOn =
    bundle === undefined || bundle.sets.klusterlet?.parameters.clusterLabelVariables !== undefined;
  return isHandedOn && !isOtherRelease(bundles, image)
    ? []
    : [`spec.registrationConfiguration.clusterLabels: the agent of image ${image} does not set them`];
};
