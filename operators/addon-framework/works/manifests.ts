import { annotation } from '../../api/names.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';

/** Manifests of an add-on: which they are, and where they go (addon.md 7.2). */

/** Which object a manifest is of, whatever version it is written in. */
export const identityOf = ({ apiVersion = '', kind = '', metadata }: UnknownObject): string => {
  const slash = apiVersion.indexOf('/');
  const group = slash < 0 ? '' : apiVersion.slice(0, slash);
  return JSON.stringify([group, kind, metadata.namespace ?? '', metadata.name]);
};

/** On which cluster a manifest of an add-on in Hosted mode is applied. */
export type Location = 'managed' | 'hosting' | 'none';

const isLocation = (text: string): text is Location => ['managed', 'hosting', 'none'].includes(text);

const marked = ({ metadata }: UnknownObject, key: string): string | undefined =>
  metadata.annotations?.[key] ?? metadata.labels?.[key];

/**
 * Where a manifest goes: in Default mode to the managed cluster, in Hosted mode to where its annotation says.
 * @throws when that is no place
 */
export const locationOf = (manifest: UnknownObject, isHosted: boolean): Location => {
  if (!isHosted) return 'managed';
  const location = marked(manifest, annotation.hostedManifestLocation) ?? 'managed';
  if (isLocation(location)) return location;
  const { kind, metadata } = manifest;
  throw new Error(
    `annotation ${annotation.hostedManifestLocation} of ${kind} ${metadata.name} is ${JSON.stringify(location)}; it is managed, hosting or none`,
  );
};

/** Whether a manifest is a hook, which runs before the add-on is removed and not before. */
export const isPreDeleteHook = (manifest: UnknownObject): boolean =>
  (manifest.kind === 'Job' || manifest.kind === 'Pod') &&
  marked(manifest, annotation.addonPreDelete) !== undefined;

/** Whether the object of a manifest stays when its add-on goes. */
export const isOrphaned = ({ metadata }: UnknownObject): boolean =>
  metadata.annotations?.[annotation.deletionOrphan] !== undefined;
