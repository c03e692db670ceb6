import { imageRegistry, upstreamRegistry } from '../api/image-registry.ts';
import type { ClusterManager, Klusterlet } from '../api/generated/operator.ts';

const components = ['registration', 'work', 'placement', 'addon-manager', 'registration-operator'] as const;
type Component = (typeof components)[number];

/** What an operator knows of images besides those that its resources name. */
export interface ImageSettings {
  /** What is installed where a resource names no image; undefined when the operator does not know its own version. */
  own: Readonly<Record<Component, string | undefined>>;
  /** The registry that stands in for this project's; undefined when images come from there. */
  mirror: string | undefined;
}

/** As the packages of the Operator Lifecycle Manager name whole references, which mirroring rewrites: `RELATED_IMAGE_WORK`. */
const variableOf = (component: Component): string =>
  `RELATED_IMAGE_${component.replaceAll('-', '_').toUpperCase()}`;

/**
 * Reads `IMAGE_REGISTRY`, the one setting that all images of all components follow, and `RELATED_IMAGE_…`, which name
 * single ones (packaging.md 11.3, 22). `version` is that of the operator, `v1.2.3`, or empty.
 */
export const imageSettings = (
  env: NodeJS.ProcessEnv = process.env,
  version: string = process.env['OCM_VERSION'] ?? '',
): ImageSettings => {
  const asked = env.IMAGE_REGISTRY?.trim().replace(/\/+$/, '') || imageRegistry;
  const mirror = asked === imageRegistry ? undefined : asked;
  const own = (component: Component): string | undefined =>
    mirrored(mirror, env[variableOf(component)]?.trim()) ||
    (version ? `${asked}/${component}:${version}` : undefined);
  return {
    own: {
      registration: own('registration'),
      work: own('work'),
      placement: own('placement'),
      'addon-manager': own('addon-manager'),
      'registration-operator': own('registration-operator'),
    },
    mirror,
  };
};

const mirrored = (mirror: string | undefined, image: string | undefined): string | undefined =>
  mirror && image?.startsWith(`${imageRegistry}/`) ? `${mirror}${image.slice(imageRegistry.length)}` : image;

/** Whether a field names no image: it is empty, or has the default of the API, which is no release of anybody. */
const isUnnamed = (component: Component, image: string | undefined): boolean =>
  !image?.trim() || image === `${upstreamRegistry}/${component}`;

/** The image that stands for what a field says. */
const imageFor = (
  { own, mirror }: ImageSettings,
  component: Component,
  image: string | undefined,
): string | undefined => (isUnnamed(component, image) ? (own[component] ?? image) : mirrored(mirror, image));

/** What the cluster importer installs agents from: `AGENT_IMAGE`, else the operator's own. */
export const agentImage = (images: ImageSettings, env: NodeJS.ProcessEnv = process.env): string | undefined =>
  imageFor(images, 'registration-operator', env.AGENT_IMAGE);

/**
 * A ClusterManager with the images that are installed for it. What picks the bundle is what the user wrote: images that
 * nobody named go to the newest version by way of those between.
 */
export const withHubImages = (images: ImageSettings, clusterManager: ClusterManager): ClusterManager => {
  const { spec = {} } = clusterManager;
  const { serverConfiguration: server } = spec;
  return {
    ...clusterManager,
    spec: {
      ...spec,
      registrationImagePullSpec: imageFor(images, 'registration', spec.registrationImagePullSpec),
      workImagePullSpec: imageFor(images, 'work', spec.workImagePullSpec),
      placementImagePullSpec: imageFor(images, 'placement', spec.placementImagePullSpec),
      addOnManagerImagePullSpec: imageFor(images, 'addon-manager', spec.addOnManagerImagePullSpec),
      ...(server && {
        serverConfiguration: { ...server, imagePullSpec: mirrored(images.mirror, server.imagePullSpec) },
      }),
    },
  };
};

/** A Klusterlet with the images that are installed for it, as `withHubImages`. */
export const withAgentImages = (images: ImageSettings, klusterlet: Klusterlet): Klusterlet => {
  const { spec = {} } = klusterlet;
  return {
    ...klusterlet,
    spec: {
      ...spec,
      registrationImagePullSpec: imageFor(images, 'registration', spec.registrationImagePullSpec),
      workImagePullSpec: imageFor(images, 'work', spec.workImagePullSpec),
      imagePullSpec: imageFor(images, 'registration-operator', spec.imagePullSpec),
    },
  };
};
