import { managedClusterCondition } from '../api/conditions.ts';
import {
  type ClusterManagementAddOn,
  type ManagedClusterAddOn,
  clusterManagementAddOns,
  managedClusterAddOns,
} from '../api/generated/addon.ts';
import {
  type ManagedCluster,
  type Placement,
  type PlacementDecision,
  managedClusters,
  placementDecisions,
  placements,
} from '../api/generated/cluster.ts';
import { manifestWorks } from '../api/generated/work.ts';
import { label } from '../api/names.ts';
import { addonAgentIndexes, managementAgentIndexes } from '../addon-framework/agent/caches.ts';
import { decisionIndexes, placementKey } from '../fleet/placement-decisions.ts';
import type { Informer, Informers } from '../runtime/cache/informer.ts';
import { keyOf } from '../runtime/client/object.ts';
import { type Watch, mapped } from '../runtime/controller/controller.ts';
import { semanticEqual } from '../runtime/controller/equality.ts';
import type { PlacementSource } from './install/selection.ts';
import { installPlacements } from './lifecycle.ts';
import { type KeptWork, addonKey, keptWork, workIndexes } from '../addon-framework/works/kept.ts';

/** What the add-on manager works from, as last heard from the hub. */
export interface Caches {
  managementAddons: Informer<ClusterManagementAddOn>;
  addons: Informer<ManagedClusterAddOn>;
  /** Metadata, and whether they are available. */
  clusters: Informer<ManagedCluster>;
  placements: Informer<Placement>;
  decisions: Informer<PlacementDecision>;
  /** Works of add-ons, without what their manifests say. */
  works: Informer<KeptWork>;
}

const addonIndexes = {
  /** By the name of the ClusterManagementAddOn. */
  name: ({ metadata }: ManagedClusterAddOn): string[] => [metadata.name],
  /** As its works name it. */
  key: ({ metadata }: ManagedClusterAddOn): string[] => [addonKey(metadata.namespace, metadata.name)],
  ...addonAgentIndexes,
};

const managementIndexes = {
  placement: (addon: ClusterManagementAddOn): string[] =>
    installPlacements(addon).map(({ namespace, name }) => placementKey(namespace, name)),
  ...managementAgentIndexes,
};

/** Of a cluster, what add-ons depend on. */
const trimmedCluster = ({ metadata, spec, status }: ManagedCluster): ManagedCluster => ({
  metadata,
  spec: spec && {},
  status: {
    conditions: status?.conditions?.filter(({ type }) => type === managedClusterCondition.available.type),
  },
});

/** Of a placement, what is looked at: which generation was decided on, and how clusters are grouped. */
const trimmedPlacement = ({ metadata, spec, status }: Placement): Placement => ({
  metadata,
  spec: { decisionStrategy: spec?.decisionStrategy },
  status: {
    conditions: status?.conditions,
    ...(status?.numberOfSelectedClusters !== undefined && {
      numberOfSelectedClusters: status.numberOfSelectedClusters,
    }),
  },
});

export const createCaches = (informers: Informers): Caches => ({
  managementAddons: informers.informer(clusterManagementAddOns, { indexes: managementIndexes }),
  addons: informers.informer(managedClusterAddOns, { indexes: addonIndexes }),
  clusters: informers.informer(managedClusters, { trim: trimmedCluster }),
  placements: informers.informer(placements, { trim: trimmedPlacement }),
  decisions: informers.informer(placementDecisions, { indexes: decisionIndexes }),
  works: informers.informer(manifestWorks, {
    labelSelector: label.addonName,
    trim: keptWork,
    indexes: workIndexes,
  }),
});

/** What placements select, as far as the caches know. */
export const placementsIn = ({ placements: store, decisions }: Caches): PlacementSource => ({
  placement: (name, namespace) => store.get(name, namespace),
  decisions: (name, namespace) => decisions.byIndex('placement', placementKey(namespace, name)),
});

/** Names of the add-ons that are installed by a placement which changes, or whose decisions do. */
export const byPlacement = ({ managementAddons, placements: store, decisions }: Caches): Watch[] => {
  const namesFor = (key: string): string[] =>
    managementAddons.byIndex('placement', key).map(({ metadata }) => metadata.name);
  return [
    mapped(store, ({ metadata }) => namesFor(placementKey(metadata.namespace, metadata.name))),
    mapped(decisions, (decision) => decisionIndexes.placement(decision).flatMap(namesFor)),
  ];
};

/** What add-ons on clusters depend on of a ClusterManagementAddOn; its status says how far each of them has come. */
const isAsBefore = (object: ClusterManagementAddOn, previous: ClusterManagementAddOn): boolean =>
  object.metadata.uid === previous.metadata.uid &&
  object.metadata.generation === previous.metadata.generation &&
  semanticEqual(object.metadata.annotations, previous.metadata.annotations);

/** Keys of the add-ons on clusters whose ClusterManagementAddOn changes, but for its status. */
export const byManagementAddon = ({
  addons,
  managementAddons,
}: Pick<Caches, 'addons' | 'managementAddons'>): Watch =>
  mapped(managementAddons, (object, change) =>
    change.type === 'updated' && isAsBefore(object, change.previous)
      ? []
      : addons.byIndex('name', object.metadata.name).map(keyOf),
  );
