import { managedClusterAddOns } from '../../api/generated/addon.ts';
import type { AddonAgent } from '../../addon-framework/agent/agent.ts';
import { isSynced } from '../../addon-framework/agent/agent-controller.ts';
import { addonKey, addonOfWork } from '../../addon-framework/works/kept.ts';
import type { Client } from '../../runtime/client/client.ts';
import { fromKey, keyOf } from '../../runtime/client/object.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import { type Caches, byManagementAddon } from '../caches.ts';
import { isManaged } from '../lifecycle.ts';
import { isConfigurationKnown, withProgress } from './progress.ts';

/**
 * Tells in the condition Progressing of each add-on whether what it is to have has arrived on its cluster (addon.md 4.4). Of
 * those made from templates the passes of their own manager tell it, which runs in the same process.
 */
export const progressingController = (
  hub: Client,
  caches: Pick<Caches, 'addons' | 'clusters' | 'managementAddons' | 'works'>,
  agent: Pick<AddonAgent, 'manages'>,
): Controller => {
  const { addons, clusters, managementAddons, works } = caches;
  return {
    name: 'addon-progressing-controller',
    watches: [
      from(addons),
      byManagementAddon(caches),
      mapped(works, (work) => addons.byIndex('key', addonOfWork(work)).map(keyOf)),
    ],
    concurrency: 10,
    async reconcile(key, { signal }) {
      const { name, namespace } = fromKey(key);
      const addon = addons.get(name, namespace);
      const owner = managementAddons.get(name);
      if (!addon || addon.metadata.deletionTimestamp || !owner || !isManaged(owner)) return;
      if (!isConfigurationKnown(addon) || isSynced(agent, clusters, addon)) return;
      const status = withProgress(addon, works.byIndex('addon', addonKey(namespace, name)), new Date());
      const options = { fieldManager: 'addon-manager', signal };
      addons.wrote(await patchStatus(hub, managedClusterAddOns, addon, status, options));
    },
  };
};
