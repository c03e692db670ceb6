import {
  type ClusterManagementAddOn,
  clusterManagementAddOns,
  managedClusterAddOns,
} from '../../api/generated/addon.ts';
import { clusterManagementAddOnCondition } from '../../api/conditions.ts';
import { RolloutError } from '../../fleet/rollout/settings.ts';
import { Latest } from '../../runtime/cache/latest.ts';
import type { Client } from '../../runtime/client/client.ts';
import { setCondition } from '../../runtime/controller/conditions.ts';
import { type Controller, type Result, from, mapped } from '../../runtime/controller/controller.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import { type Caches, byPlacement, placementsIn } from '../caches.ts';
import { selectionOf } from '../install/selection.ts';
import { installPlacements, isManaged } from '../lifecycle.ts';
import { type ConfigNode, configNodes } from './desired.ts';
import { type NodePlan, planNode } from './plan.ts';
import { progressionAfter, withSelection } from './progressions.ts';

const fieldManager = 'addon-manager';
const { placementUsable } = clusterManagementAddOnCondition;

type NodeOutcome = NodePlan | { node: ConfigNode; error: RolloutError };

/**
 * Gives add-ons the configurations that they are to have, in the order of each placement's rollout, and tells in the status
 * of the ClusterManagementAddOn how far that has come (addon.md 4.6 and 5).
 */
export const configurationController = (
  hub: Client,
  caches: Caches,
  now: () => Date = () => new Date(),
): Controller => {
  const { addons, managementAddons } = caches;
  const latest = new Latest(addons);
  return {
    name: 'addon-configuration-controller',
    watches: [
      from(managementAddons),
      mapped(addons, ({ metadata }) => metadata.name),
      ...byPlacement(caches),
    ],
    async reconcile(name, { signal }): Promise<Result> {
      const addon = managementAddons.get(name);
      if (!addon || addon.metadata.deletionTimestamp || !isManaged(addon)) return;
      const own = addons
        .byIndex('name', name)
        .flatMap(({ metadata }) => latest.get(metadata.name, metadata.namespace) ?? [])
        .filter(({ metadata }) => !metadata.deletionTimestamp);
      const selections = installPlacements(addon).map((entry) => selectionOf(entry, placementsIn(caches)));
      const time = now();
      const outcomes = planAll(configNodes(addon, own, selections), time);
      const options = { fieldManager, signal };
      const changes = outcomes.flatMap((outcome) => ('changes' in outcome ? outcome.changes : []));
      const written = await Promise.allSettled(
        changes.map(async ({ addon: each, status }) =>
          latest.wrote(await patchStatus(hub, managedClusterAddOns, each, status, options)),
        ),
      );
      await patchStatus(hub, clusterManagementAddOns, addon, statusAfter(addon, outcomes, time), options);
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
      return { node, error };
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
