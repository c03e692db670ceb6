import { managedClusterAddOnCondition, managedClusterCondition } from '../../api/conditions.ts';
import { type ManagedClusterAddOn, managedClusterAddOns } from '../../api/generated/addon.ts';
import type { ManagedCluster } from '../../api/generated/cluster.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { findCondition } from '../../runtime/controller/conditions.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';
import { applyCondition } from '../common/conditions.ts';

const fieldManager = 'registration-addon-health';
const clusterAvailable = managedClusterCondition.available.type;
const addonAvailable = managedClusterAddOnCondition.available.type;

/** Keeps of an add-on what the hub controllers of registration look at. */
export const trimAddon = ({ metadata, spec, status }: ManagedClusterAddOn): ManagedClusterAddOn => ({
  metadata: {
    name: metadata.name,
    namespace: metadata.namespace,
    uid: metadata.uid,
    resourceVersion: metadata.resourceVersion,
    deletionTimestamp: metadata.deletionTimestamp,
  },
  spec: spec && {},
  status: { conditions: status?.conditions?.filter(({ type }) => type === addonAvailable) },
});

/** Lets add-ons share the fate of a cluster that cannot be reached (registration.md 4.11). */
export const addonHealthController = (
  hub: Client,
  clusters: Informer<ManagedCluster>,
  addons: Informer<ManagedClusterAddOn>,
): Controller => ({
  name: 'managed-cluster-addon-health-check',
  watches: [
    from(clusters),
    mapped(addons, ({ metadata }, { type }) => (type === 'added' ? metadata.namespace : undefined)),
  ],
  concurrency: 8,
  async reconcile(name, { log, signal }) {
    const available = findCondition(clusters.get(name)?.status?.conditions, clusterAvailable);
    if (available?.status !== 'Unknown') return;
    const { status, reason, message } = available;
    for (const addon of addons.list(name)) {
      const next = { type: addonAvailable, status, reason, message };
      const written = await applyCondition(hub, managedClusterAddOns, addon, next, { fieldManager, signal });
      if (written !== addon)
        log.info('ManagedClusterAddOnStatusUpdated', { addon: addon.metadata.name, status });
    }
  },
});
