import { removeCluster } from '../cluster/index.ts';
import { ensureManaged, type Fleet, startFleet } from './fleet.ts';
import { sharedImages } from './images.ts';

/** The start of the clusters' names, so that several checkouts can run these tests side by side. */
const prefix = process.env['E2E_FLEET'] ?? 'e2e';
/** Files run in lanes, each with clusters of its own. */
const lane = process.env['JEST_WORKER_ID'] ?? '1';
const E2E_HUB = `${prefix}-${lane}-hub`;
const E2E_MANAGED = `${prefix}-${lane}-managed`;

/** Whether a cluster is one of these. */
export const isShared = (name: string): boolean => new RegExp(`^${prefix}-\\d+-(hub|managed)$`).test(name);

/** The two clusters that all files of a lane share, with the hub's requests recorded and the images of all bundles. */
export const sharedFleet = (): Promise<Fleet> =>
  startFleet({
    hubName: E2E_HUB,
    managedName: E2E_MANAGED,
    keep: true,
    audit: true,
    images: sharedImages,
  });

/** As {@link sharedFleet}, with a managed cluster that is available; a file that comes later finds it so already. */
export const sharedManagedFleet = async (): Promise<Fleet> => {
  const fleet = await sharedFleet();
  await ensureManaged(fleet);
  return fleet;
};

/** Removes this lane's clusters; who asks for them later gets new ones. */
export const removeSharedFleet = async (): Promise<void> => {
  for (const name of [E2E_HUB, E2E_MANAGED]) await removeCluster(name);
};
