import { removeCluster } from '../cluster/index.ts';
import { E2E_HUB, E2E_MANAGED } from './shared-fleet.ts';

/** The clusters that the files of this project share live until the last one is done. */
export default async (): Promise<void> => {
  for (const name of [E2E_HUB, E2E_MANAGED]) await removeCluster(name);
};
