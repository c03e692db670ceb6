import { listClusters, removeCluster } from '../cluster/index.ts';
import { isShared } from './shared-fleet.ts';

/**
 * The clusters that the files of this project share live until the last one is done. With E2E_KEEP they live on: the
 * next run finds them, and whoever writes a test can look at what it left.
 */
export default async (): Promise<void> => {
  if (process.env['E2E_KEEP']) return;
  for (const name of await listClusters()) if (isShared(name)) await removeCluster(name);
};
