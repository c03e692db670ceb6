import { projectRegistry } from '../../operators/api/image-registry.ts';

/** Names an image by what is in it and the version, without a `v`. */
export type NameImage = (name: string, version: string) => string;

/** Images in a registry, each with its version as the tag. */
export const inRegistry =
  (registry: string): NameImage =>
  (name, version) =>
    `${registry}/${name}:v${version}`;

/** Where images are when nobody says otherwise. */
export const defaultRegistry: string = projectRegistry;

/** The name of the image that holds the bundles of a package. */
export const bundleImage = (packageName: string): string => `${packageName}-bundle`;

/** The name of the image that holds the catalog. */
export const catalogImage = 'catalog';
