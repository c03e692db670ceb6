import compare from 'semver/functions/compare.js';
import { embeddedBundle, embeddedOlderBundles } from './embedded.ts';
import { findBundles, loadBundle, loadBundles } from './load.ts';
import type { Bundles } from './types.ts';

/**
 * What all versions that this program knows say of themselves, newest first: enough to decide which may follow which, and
 * nothing to render.
 * @throws BundleError when a bundle is broken or there is none
 */
export const knownVersions = (): Bundles => {
  const newest = embeddedBundle();
  if (!newest) return loadBundles(findBundles(), { sets: [] });
  const older = (embeddedOlderBundles() ?? []).map((folder) => loadBundle(folder, { sets: [] }));
  return [loadBundle(newest, { sets: [] }), ...older.toSorted((a, b) => compare(b.version, a.version))];
};
