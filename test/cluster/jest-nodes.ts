import { ensureBinaries, ensureDocker, ensureNodeImage } from './index.ts';
import { spareCollections } from './spare-collections.ts';

/** Builds and installs what clusters with nodes need before any test is timed. */
export default async (): Promise<void> => {
  spareCollections();
  await ensureBinaries();
  await ensureDocker();
  await ensureNodeImage();
};
