import { managedClusterAddOnCondition, managedClusterCondition } from '../../api/conditions.ts';
import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import { type ManagedCluster, managedClusters } from '../../api/generated/cluster.ts';
import { addonFeatureLabel, addonFeatureLabelPrefix } from '../../api/names.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { findCondition } from '../../runtime/controller/conditions.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';

const fieldManager = 'registration-addon-features';

/** The longest name part of a label key. */
const longestName = 63;

const healthOf = ({ status }: ManagedClusterAddOn): string => {
  const available = findCondition(status?.conditions, managedClusterAddOnCondition.available.type)?.status;
  if (available === 'True') return 'available';
  return available === 'False' ? 'unhealthy' : 'unreachable';
};

/**
 * The changes of a cluster's labels that make them show its add-ons; `null` removes one. An add-on whose name makes no
 * label is left out, and holds up none of the others (D11).
 */
export const featureLabelChanges = (
  labels: Readonly<Record<string, string>>,
  addons: readonly ManagedClusterAddOn[],
): Record<string, string | null> => {
  const wanted = new Map<string, string>();
  for (const addon of addons) {
    const key = addonFeatureLabel(addon.metadata.name);
    if (addon.metadata.deletionTimestamp !== undefined) continue;
    if (key.length - key.indexOf('/') - 1 > longestName) continue;
    wanted.set(key, healthOf(addon));
  }
  const changes: Record<string, string | null> = {};
  for (const key of Object.keys(labels))
    if (key.startsWith(addonFeatureLabelPrefix) && !wanted.has(key)) changes[key] = null;
  for (const [key, value] of wanted) if (labels[key] !== value) changes[key] = value;
  return changes;
};

/** Shows the health of its add-ons in the labels of a cluster, for placement to choose by (registration.md 4.11). */
export const addonFeaturesController = (
  hub: Client,
  clusters: Informer<ManagedCluster>,
  addons: Informer<ManagedClusterAddOn>,
): Controller => ({
  name: 'addon-feature-discovery',
  watches: [from(clusters), mapped(addons, ({ metadata }) => metadata.namespace)],
  concurrency: 8,
  async reconcile(name, { signal }) {
    const cluster = clusters.get(name);
    if (!cluster || cluster.metadata.deletionTimestamp !== undefined) return;
    if (!findCondition(cluster.status?.conditions, managedClusterCondition.available.type)) return;
    const labels = featureLabelChanges(cluster.metadata.labels ?? {}, addons.list(name));
    if (Object.keys(labels).length === 0) return;
    const { uid, resourceVersion } = cluster.metadata;
    await hub.patch(
      managedClusters,
      { name },
      { type: 'merge', body: { metadata: { uid, resourceVersion, labels } } },
      { fieldManager, signal },
    );
  },
});
