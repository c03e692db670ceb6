import {
  type ClusterManagementAddOn,
  type ManagedClusterAddOn,
  managedClusterAddOns,
} from '../../api/generated/addon.ts';
import { type ManagedCluster, placementDecisions, placements } from '../../api/generated/cluster.ts';
import { annotation } from '../../api/names.ts';
import { decisionIndexes, placementKey } from '../../fleet/placement-decisions.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { isAlreadyExists, isConflict, messageOf } from '../../runtime/client/errors.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';
import { removeKnown } from '../../runtime/controller/ensure.ts';
import { type Caches, byPlacement, placementsIn } from '../caches.ts';
import { installPlacements, isManaged } from '../lifecycle.ts';
import { ownerOf } from '../owner.ts';
import { initialAnnotations } from './annotations.ts';
import { planInstall } from './install.ts';
import { type PlacementSource, type Selection, problemText, selectionOf } from './selection.ts';

const fieldManager = 'addon-manager';

/** Whether placements install add-ons on a cluster (A11). */
const isOptedOut = ({ metadata }: ManagedCluster): boolean =>
  metadata.annotations?.[annotation.disableAddonInstallation]?.toLowerCase() === 'true';

const clusterOf = ({ metadata }: ManagedClusterAddOn): string => metadata.namespace ?? '';

/**
 * Installs each add-on on the clusters that the placements of its install strategy select, and removes it from those that
 * they do not (addon.md 4.1).
 */
export const installController = (hub: Client, caches: Caches): Controller => {
  const { addons, managementAddons, clusters } = caches;
  const installed = () => managementAddons.list().filter((addon) => installPlacements(addon).length > 0);
  return {
    name: 'addon-management-controller',
    watches: [
      from(managementAddons),
      mapped(addons, ({ metadata }, { type }) => (type === 'updated' ? undefined : metadata.name)),
      ...byPlacement(caches),
      mapped(clusters, (cluster, change) =>
        change.type === 'updated' && isOptedOut(cluster) === isOptedOut(change.previous)
          ? undefined
          : installed().map(({ metadata }) => metadata.name),
      ),
    ],
    async reconcile(name, { log, signal }) {
      const addon = managementAddons.get(name);
      if (!addon || addon.metadata.deletionTimestamp || !isManaged(addon)) return;
      const entries = installPlacements(addon);
      if (entries.length === 0) return;
      const selections = entries.map((entry) => selectionOf(entry, placementsIn(caches)));
      const own = addons.byIndex('name', name);
      const plan = planInstall(selections, own.map(clusterOf));
      const errors: string[] = [];
      const attempt = async (cluster: string, task: Promise<void>): Promise<void> => {
        try {
          await task;
        } catch (error) {
          signal.throwIfAborted();
          errors.push(`cluster ${cluster}: ${messageOf(error)}`);
        }
      };
      await Promise.all(
        plan.install.map((cluster) =>
          attempt(cluster, install(addons, addon, clusters.get(cluster), cluster, signal)),
        ),
      );
      const leaving = own.filter(
        (each) => plan.remove.includes(clusterOf(each)) && !each.metadata.deletionTimestamp,
      );
      if (leaving.length > 0) {
        const sure = await confirmed(hub, addon, leaving, signal);
        await Promise.all(sure.map((each) => attempt(clusterOf(each), remove(addons, each, signal))));
      }
      if (plan.kept.length > 0)
        log.info('add-ons are kept', { addon: name, kept: plan.kept.length, why: why(selections) });
      if (errors.length > 0) throw new Error(`add-on ${name}: ${errors.slice(0, 10).join('; ')}`);
    },
  };
};

const why = (selections: readonly Selection[]): string =>
  selections
    .map(problemText)
    .filter((text) => text !== '')
    .join('; ');

const install = async (
  addons: Informer<ManagedClusterAddOn>,
  owner: ClusterManagementAddOn,
  cluster: ManagedCluster | undefined,
  name: string,
  signal: AbortSignal,
): Promise<void> => {
  if (!cluster) throw new Error(`ManagedCluster ${name} does not exist`);
  if (cluster.metadata.deletionTimestamp || isOptedOut(cluster)) return;
  const addon: ManagedClusterAddOn = {
    metadata: {
      name: owner.metadata.name,
      namespace: name,
      annotations: initialAnnotations(cluster.metadata.annotations),
      ownerReferences: [ownerOf(owner)],
    },
    spec: {},
  };
  try {
    addons.wrote(await addons.client.create(managedClusterAddOns, addon, { fieldManager, signal }));
  } catch (error) {
    if (!isAlreadyExists(error)) throw error;
  }
};

const remove = async (
  addons: Informer<ManagedClusterAddOn>,
  addon: ManagedClusterAddOn,
  signal: AbortSignal,
): Promise<void> => {
  try {
    await removeKnown(addons, addon, signal);
  } catch (error) {
    if (!isConflict(error)) throw error; // another of the same name, which comes again
  }
};

/** Of add-ons that are to go, those for which placements and decisions, freshly read, say so too: caches may lag behind. */
const confirmed = async (
  hub: Client,
  addon: ClusterManagementAddOn,
  leaving: readonly ManagedClusterAddOn[],
  signal: AbortSignal,
): Promise<ManagedClusterAddOn[]> => {
  const entries = installPlacements(addon);
  const found = new Map(
    await Promise.all(
      entries.map(
        async ({ name, namespace }) =>
          [placementKey(namespace, name), await hub.find(placements, name, namespace, { signal })] as const,
      ),
    ),
  );
  const namespaces = [...new Set(entries.map(({ namespace }) => namespace))];
  const lists = await Promise.all(
    namespaces.map((namespace) => hub.list(placementDecisions, { namespace, signal })),
  );
  const decisions = lists.flatMap(({ items }) => items);
  const source: PlacementSource = {
    placement: (name, namespace) => found.get(placementKey(namespace, name)),
    decisions: (name, namespace) =>
      decisions.filter((each) => decisionIndexes.placement(each).includes(placementKey(namespace, name))),
  };
  const selections = entries.map((entry) => selectionOf(entry, source));
  const { remove: sure } = planInstall(selections, leaving.map(clusterOf));
  return leaving.filter((each) => sure.includes(clusterOf(each)));
};
