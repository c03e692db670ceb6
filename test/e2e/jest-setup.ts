import { ensureBinaries, ensureDocker, ensureNodeImage } from '../cluster/index.ts';
import { ensureNodeBase } from '../cluster/node-image.ts';
import { withProgress } from '../cluster/progress.ts';
import { spareCollections } from '../cluster/spare-collections.ts';
import { prepareImages, sharedImages } from './images.ts';

/** Docker, and what is made in it without Kubernetes: goes on while Kubernetes is built. */
const prepareDocker = async (): Promise<void> => {
  await ensureDocker();
  await Promise.all([
    ensureNodeBase(),
    withProgress('Building the images under test', 'half a minute', () => prepareImages(sharedImages)),
  ]);
};

/** Builds and installs what clusters with nodes need before any test is timed. */
export default async (): Promise<void> => {
  spareCollections();
  await Promise.all([ensureBinaries(), prepareDocker()]);
  await ensureNodeImage();
};
