import gte from 'semver/functions/gte.js';
import { authType } from '../api/names.ts';
import { type Bundles, bundleNamedBy } from './bundle/index.ts';

/** In which ways images of this project let clusters register, each with the first version that does. */
const since: Readonly<Record<string, string>> = {
  [authType.csr]: '0.1.0',
  [authType.grpc]: '0.4.0',
};

/**
 * Whether an image knows a way to register, as far as its tag tells: that of no version of this project may be the
 * upstream project's, which knows them all.
 */
export const knowsDriver = (bundles: Bundles, image: string | undefined, driver: string): boolean => {
  const bundle = bundleNamedBy(bundles, image);
  if (!bundle) return true;
  const first = since[driver];
  return first !== undefined && gte(bundle.version, first);
};
