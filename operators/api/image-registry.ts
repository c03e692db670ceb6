/**
 * The one place that names the registry of this project's images. A build may name another one with IMAGE_REGISTRY, which
 * goes into the executables; charts, the newest bundle and what is made of them follow `projectRegistry`
 * (docs/decisions/025-images-and-releases.md).
 */
export const projectRegistry = 'ghcr.io/open-cluster-management-ts';

/** Where this build's images are, without a slash at the end. */
export const imageRegistry: string = process.env.OCM_BUILD_REGISTRY || projectRegistry;

/** The upstream project's registry. What it has under the numbers of our releases are other programs. */
export const upstreamRegistry = 'quay.io/open-cluster-management';
