import type { AddOnDeploymentConfigRegistry } from '../../api/generated/addon.ts';
import { isMap, parseJson } from '../../runtime/client/json.ts';

const withoutSlash = (text: string): string => (text.endsWith('/') ? text.slice(0, -1) : text);

const mirrored = ({ source, mirror }: AddOnDeploymentConfigRegistry, image: string): string => {
  const [from, to] = [withoutSlash(source ?? ''), withoutSlash(mirror)];
  if (from !== '') return image.startsWith(from) ? to + image.slice(from.length) : image;
  const name = image.slice(image.lastIndexOf('/') + 1);
  return to === '' ? name : `${to}/${name}`;
};

/** The image from where registries are mirrored: each is compared with the image as written, and the last that matches wins (addon.md 9). */
export const overrideImage = (registries: readonly AddOnDeploymentConfigRegistry[], image: string): string =>
  registries.map((registry) => mirrored(registry, image)).findLast((found) => found !== image) ?? image;

/**
 * The registries that an annotation of a ManagedCluster names (addon.md 6.2).
 * @throws when it is not of the form `{"registries":[{"source":…,"mirror":…}]}`
 */
export const registriesOf = (annotation: string | undefined): AddOnDeploymentConfigRegistry[] => {
  if (!annotation) return [];
  const invalid = (cause?: unknown) =>
    new Error(
      'annotation open-cluster-management.io/image-registries of the ManagedCluster is not of the form {"registries":[{"source":"…","mirror":"…"}]}',
      { cause },
    );
  let value: unknown;
  try {
    value = parseJson(annotation);
  } catch (error) {
    throw invalid(error);
  }
  const registries = isMap(value) ? (value['registries'] ?? []) : undefined;
  if (!Array.isArray(registries)) throw invalid();
  return registries.map((entry: unknown) => {
    if (!isMap(entry)) throw invalid();
    const { source = '', mirror = '' } = entry;
    if (typeof source !== 'string' || typeof mirror !== 'string') throw invalid();
    return { source, mirror };
  });
};
