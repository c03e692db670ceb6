import { clusterManagementAddOns } from '../../api/generated/addon.ts';
import type { AddonAgent } from '../../addon-framework/agent/agent.ts';
import type { Client } from '../../runtime/client/client.ts';
import { type Controller, from } from '../../runtime/controller/controller.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import type { Caches } from '../caches.ts';
import { installStatus } from './install-status.ts';

/**
 * Keeps the list of configurations in the status of each ClusterManagementAddOn (addon.md 4.5). Of those made from templates
 * it is kept along with the hashes, which are found in the same process.
 */
export const installStatusController = (
  hub: Client,
  { managementAddons }: Pick<Caches, 'managementAddons'>,
  agent: Pick<AddonAgent, 'isManagerOf'>,
): Controller => ({
  name: 'cma-install-progression-controller',
  watches: [from(managementAddons)],
  async reconcile(name, { signal }) {
    const addon = managementAddons.get(name);
    if (!addon || addon.metadata.deletionTimestamp || agent.isManagerOf(addon)) return;
    const options = { fieldManager: 'addon-manager', signal };
    managementAddons.wrote(
      await patchStatus(hub, clusterManagementAddOns, addon, installStatus(addon), options),
    );
  },
});
