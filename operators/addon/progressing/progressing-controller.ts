import { managedClusterAddOns } from '../../api/generated/addon.ts';
import type { Client } from '../../runtime/client/client.ts';
import { fromKey, keyOf } from '../../runtime/client/object.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import type { Caches } from '../caches.ts';
import { isManaged } from '../lifecycle.ts';
import { progressOf, statusAfterProgress } from './progress.ts';
import { addonKey, addonOfWork, deployingWorks } from '../../addon-framework/works/kept.ts';

/** Tells in the condition Progressing of each add-on whether what it is to have has arrived on its cluster (addon.md 4.4). */
export const progressingController = (
  hub: Client,
  { addons, managementAddons, works }: Pick<Caches, 'addons' | 'managementAddons' | 'works'>,
): Controller => ({
  name: 'addon-progressing-controller',
  watches: [
    from(addons),
    mapped(managementAddons, ({ metadata }) => addons.byIndex('name', metadata.name).map(keyOf)),
    mapped(works, (work) => addons.byIndex('key', addonOfWork(work)).map(keyOf)),
  ],
  concurrency: 10,
  async reconcile(key, { signal }) {
    const { name, namespace } = fromKey(key);
    const addon = addons.get(name, namespace);
    const managementAddon = managementAddons.get(name);
    if (!addon || addon.metadata.deletionTimestamp || !managementAddon || !isManaged(managementAddon)) return;
    const own = deployingWorks(addon, works.byIndex('addon', addonKey(namespace, name)));
    const status = statusAfterProgress(addon.status, progressOf(addon, own), new Date());
    await patchStatus(hub, managedClusterAddOns, addon, status, { fieldManager: 'addon-manager', signal });
  },
});
