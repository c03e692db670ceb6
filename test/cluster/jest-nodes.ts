import { ensureBinaries, ensureDocker, ensureNodeImage } from './index.ts';

/** Builds and installs what clusters with nodes need before any test is timed. */
export default async (): Promise<void> => {
  await ensureBinaries();
  await ensureDocker();
  await ensureNodeImage();
};
