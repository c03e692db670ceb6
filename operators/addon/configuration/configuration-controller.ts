import {
  type ClusterManagementAddOn,
  type ManagedClusterAddOn,
  clusterManagementAddOns,
  managedClusterAddOns,
} from '../../api/generated/addon.ts';
import { clusterManagementAddOnCondition, managedClusterAddOnCondition } from '../../api/conditions.ts';
import { addonKey } from '../../addon-framework/works/kept.ts';
import { RolloutError } from '../../fleet/rollout/settings.ts';
import type { Change } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { findCondition, setCondition } from '../../runtime/controller/conditions.ts';
import { type Controller, type Result, from, mapped } from '../../runtime/controller/controller.ts';
import { semanticEqual } from '../../runtime/controller/equality.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import { type Caches, byPlacement, placementsIn } from '../caches.ts';
import { selectionOf } from '../install/selection.ts';
import { installPlacements, isManaged } from '../lifecycle.ts';
import { withProgress } from '../progressing/progress.ts';
import { type ConfigNode, configNodes } from './desired.ts';
import { isInstallStatusCurrent } from './install-status.ts';
import { type NodePlan, heldUp, planNode } from './plan.ts';
import { progressionAfter, withSelection } from './progressions.ts';

const fieldManager = 'addon-manager';
const { placementUsable } = clusterManagementAddOnCondition;
const { configured, progressing } = managedClusterAddOnCondition;

type NodeOutcome = NodePlan | (Pick<NodePlan, 'node' | 'changes'> & { error: RolloutError });

/**
 * Whether an add-on changed in what its configurations are decided from, or in what is told of them. What else its manager
 * says of it, for each of a thousand, is no reason to look at all of them again.
 */
const isOfInterest = (change: Change<ManagedClusterAddOn>): boolean => {
  if (change.type !== 'updated') return true;
  const of = ({ metadata, spec, status }: ManagedClusterAddOn) => ({
    isLeaving: metadata.deletionTimestamp !== undefined,
    configs: spec?.configs,
    references: status?.configReferences?.map((each) => ({ ...each, lastObservedGeneration: undefined })),
    supported: spec?.configs?.length ? status?.supportedConfigs : [],
    conditions: [configured.type, progressing.type].map((type) => findCondition(status?.conditions, type)),
  });
  return !semanticEqual(of(change.object), of(change.previous));
};

/**
 * Gives add-ons the configurations that they are to have, in the order of each placement's rollout, and tells in the status
 * of the ClusterManagementAddOn how far that has come (addon.md 4.6 and 5).
 */
export const configurationController = (
  hub: Client,
  caches: Caches,
  now: () => Date = () => new Date(),
): Controller => {
  const { addons, managementAddons, works } = caches;
  return {
    name: 'addon-configuration-controller',
    watches: [
      from(managementAddons),
      mapped(addons, ({ metadata }, change) => (isOfInterest(change) ? metadata.name : undefined)),
      ...byPlacement(caches),
    ],
    async reconcile(name, { signal }): Promise<Result> {
      const addon = managementAddons.get(name);
      if (!addon || addon.metadata.deletionTimestamp || !isManaged(addon)) return;
      // Soon it is; each of its add-ons would be written twice.
      if (!isInstallStatusCurrent(addon)) return;
      const own = addons.byIndex('name', name).filter(({ metadata }) => !metadata.deletionTimestamp);
      const selections = installPlacements(addon).map((entry) => selectionOf(entry, placementsIn(caches)));
      const time = now();
      const outcomes = planAll(configNodes(addon, own, selections), time);
      const options = { fieldManager, signal };
      const changes = outcomes
        .flatMap((outcome) => outcome.changes)
        .filter((change) => !semanticEqual(change.status, change.addon.status));
      const written = await Promise.allSettled(
        changes.map(async ({ addon: each, status }) => {
          const known = works.byIndex('addon', addonKey(each.metadata.namespace, name));
          const next = withProgress({ ...each, status }, known, time);
          addons.wrote(await patchStatus(hub, managedClusterAddOns, each, next, options));
        }),
      );
      const status = statusAfter(addon, outcomes, time);
      managementAddons.wrote(await patchStatus(hub, clusterManagementAddOns, addon, status, options));
      const failure = written.find((each) => each.status === 'rejected');
      if (failure) throw failure.reason;
      const rechecks = outcomes.flatMap((outcome) =>
        'recheckMs' in outcome ? (outcome.recheckMs ?? []) : [],
      );
      return rechecks.length > 0 ? { requeueAfterMs: Math.min(...rechecks) } : undefined;
    },
  };
};

/** The plan of each node; a strategy that cannot be followed holds up its own placement alone. */
const planAll = (nodes: readonly ConfigNode[], time: Date): NodeOutcome[] =>
  nodes.map((node, at) => {
    const taken = new Set(nodes.slice(at + 1).flatMap(({ selection }) => selection?.clusters ?? []));
    try {
      return planNode(node, taken, time);
    } catch (error) {
      if (!(error instanceof RolloutError)) throw error;
      return { node, error, changes: heldUp(node, time) };
    }
  });

const statusAfter = (
  { status = {} }: ClusterManagementAddOn,
  outcomes: readonly NodeOutcome[],
  time: Date,
): ClusterManagementAddOn['status'] => {
  const installProgressions = status.installProgressions?.map((progression, index) => {
    const outcome = outcomes.find(({ node }) => node.progression === index);
    if (!outcome?.node.selection) return progression;
    const told = withSelection(progression, outcome.node.selection, time);
    if ('counts' in outcome) return progressionAfter(told, outcome.counts, time);
    const { type, reason } = placementUsable;
    const { name, namespace } = progression;
    const message = `the rollout strategy of placement ${namespace}/${name} cannot be followed: ${outcome.error.message}`;
    const invalid = { type, status: 'False' as const, reason: reason.RolloutStrategyInvalid, message };
    return { ...told, conditions: setCondition(told.conditions, invalid, time) };
  });
  return { ...status, ...(installProgressions && { installProgressions }) };
};
