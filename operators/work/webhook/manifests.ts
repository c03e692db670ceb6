import { isMap } from '../../runtime/client/json.ts';
import type { EmbeddedObject } from '../../api/meta.ts';
import { manifestSize } from '../../fleet/manifest-size.ts';

/** Default of `--manifestLimit`: the most bytes of all manifests of a work together. */
export const defaultManifestLimit = 500 * 1024;

/**
 * What is wrong with the manifests of a work; undefined when nothing is (work.md 8.1, rules 1 to 6).
 * @param emptyMessage what to say when there are none, since works and replica sets differ there
 */
export const manifestFault = (
  manifests: unknown,
  limit: number,
  emptyMessage: string,
): string | undefined => {
  if (!Array.isArray(manifests) || manifests.length === 0) return emptyMessage;
  const size = manifests.reduce<number>((sum, manifest) => sum + manifestSize(manifest), 0);
  if (size > limit) return `the size of manifests is ${size} bytes which exceeds the ${limit} limit`;
  const seen = new Set<string>();
  for (const [index, manifest] of manifests.entries()) {
    const fault = faultOf(manifest, index) ?? duplicate(manifest as EmbeddedObject, seen);
    if (fault) return fault;
  }
  return undefined;
};

const faultOf = (manifest: unknown, index: number): string | undefined => {
  if (!isMap(manifest)) return `manifest ${index} is not an object`;
  if (typeof manifest.kind !== 'string' || manifest.kind === '')
    return `Object 'Kind' is missing in manifest ${index}`;
  if (manifest.apiVersion !== undefined && typeof manifest.apiVersion !== 'string')
    return `apiVersion of manifest ${index} is not a string`;
  const metadata = manifest.metadata ?? {};
  if (!isMap(metadata)) return `metadata of manifest ${index} is not an object`;
  if (typeof metadata.name !== 'string' || metadata.name === '') return 'name must be set in manifest';
  if (metadata.generateName !== undefined && metadata.generateName !== '')
    return 'generateName must not be set in manifest';
  return undefined;
};

const duplicate = (
  { apiVersion = '', kind, metadata }: EmbeddedObject,
  seen: Set<string>,
): string | undefined => {
  const { namespace = '', name } = metadata ?? {};
  const key = JSON.stringify([apiVersion, kind, namespace, name]);
  if (seen.has(key))
    return `duplicate manifest for resource ${namespace}/${name} with resource type ${apiVersion}.${kind}`;
  seen.add(key);
  return undefined;
};
