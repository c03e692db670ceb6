import { managedClusterAddOns } from '../api/generated/addon.ts';
import type { Client } from '../runtime/client/client.ts';
import { fromKey } from '../runtime/client/object.ts';
import { type Controller, from } from '../runtime/controller/controller.ts';
import { type Caches, byManagementAddon } from './caches.ts';
import { isManaged } from './lifecycle.ts';
import { ownerOf, withOwner } from './owner.ts';

/**
 * Makes each add-on on a cluster the property of its ClusterManagementAddOn (addon.md 4.3): registration waits for that, and
 * when the owner goes, so do they.
 */
export const ownerController = (
  hub: Client,
  { addons, managementAddons }: Pick<Caches, 'addons' | 'managementAddons'>,
): Controller => ({
  name: 'addon-owner-controller',
  watches: [from(addons), byManagementAddon({ addons, managementAddons })],
  concurrency: 10,
  async reconcile(key, { signal }) {
    const { name, namespace } = fromKey(key);
    const addon = addons.get(name, namespace);
    const owner = managementAddons.get(name);
    if (!addon || addon.metadata.deletionTimestamp || !owner || owner.metadata.deletionTimestamp) return;
    if (!isManaged(owner)) return;
    const ownerReferences = withOwner(addon, ownerOf(owner));
    if (!ownerReferences) return;
    const { uid, resourceVersion } = addon.metadata;
    const body = { metadata: { uid, resourceVersion, ownerReferences } };
    const patch = { type: 'merge', body } as const;
    const options = { fieldManager: 'addon-manager', signal };
    addons.wrote(await hub.patch(managedClusterAddOns, { name, namespace }, patch, options));
  },
});
