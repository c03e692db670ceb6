import { managedClusterAddOns } from '../../api/generated/addon.ts';
import type { Client } from '../../runtime/client/client.ts';
import { fromKey, keyOf } from '../../runtime/client/object.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';
import { type Caches, byManagementAddon } from '../caches.ts';
import { installPlacements } from '../lifecycle.ts';
import { annotationChanges, differForAddons } from './annotations.ts';

/** Lets annotations of a cluster that are about add-ons pass to those that a placement installs there (addon.md 4.2). */
export const annotationController = (
  hub: Client,
  { addons, managementAddons, clusters }: Pick<Caches, 'addons' | 'managementAddons' | 'clusters'>,
): Controller => ({
  name: 'addon-annotation-controller',
  watches: [
    from(addons, ({ type }) => type === 'added'),
    mapped(clusters, ({ metadata }, change) =>
      change.type === 'updated' &&
      !differForAddons(change.previous.metadata.annotations, metadata.annotations)
        ? undefined
        : addons.list(metadata.name).map(keyOf),
    ),
    byManagementAddon({ addons, managementAddons }),
  ],
  concurrency: 10,
  async reconcile(key, { signal }) {
    const { name, namespace } = fromKey(key);
    const addon = addons.get(name, namespace);
    const cluster = clusters.get(namespace!);
    const managementAddon = managementAddons.get(name);
    if (!addon || addon.metadata.deletionTimestamp || !cluster || !managementAddon) return;
    if (installPlacements(managementAddon).length === 0) return;
    const annotations = annotationChanges(cluster.metadata.annotations, addon.metadata.annotations);
    if (!annotations) return;
    const { uid, resourceVersion } = addon.metadata;
    const body = { metadata: { uid, resourceVersion, annotations } };
    const patch = { type: 'merge', body } as const;
    const options = { fieldManager: 'addon-manager', signal };
    addons.wrote(await hub.patch(managedClusterAddOns, { name, namespace }, patch, options));
  },
});
