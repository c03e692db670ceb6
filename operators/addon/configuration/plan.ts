import { managedClusterAddOnCondition } from '../../api/conditions.ts';
import type {
  ManagedClusterAddOn,
  ManagedClusterAddOnConfigReference,
  ManagedClusterAddOnStatus,
} from '../../api/generated/addon.ts';
import { type DecisionGroup, groupsOf } from '../../fleet/rollout/groups.ts';
import { type Rollout, rollOut } from '../../fleet/rollout/rollout.ts';
import {
  type DesiredReference,
  desiredConfigOf,
  referenceKey,
  storedReference,
} from '../../addon-framework/configuration/references.ts';
import { setCondition } from '../../runtime/controller/conditions.ts';
import type { ClusterStatus } from '../../fleet/rollout/cluster-status.ts';
import type { ConfigNode, Configured } from './desired.ts';
import { rolloutStateOf } from './rollout-state.ts';

/** How the add-ons of one placement stand. */
export interface NodeCounts {
  selected: number;
  configured: number;
  inBatch: number;
  succeeded: number;
  failed: number;
  timedOut: number;
}

export interface NodePlan {
  node: ConfigNode;
  /** The add-ons whose status changes, with what it is to be. */
  changes: { addon: ManagedClusterAddOn; status: ManagedClusterAddOnStatus }[];
  counts: NodeCounts;
  /** Milliseconds after which time alone changes something. */
  recheckMs?: number;
}

const { configured: condition } = managedClusterAddOnCondition;

const isConfigured = {
  type: condition.type,
  status: 'True' as const,
  reason: condition.reason.ConfigurationsConfigured,
  message: 'Configurations configured',
};
const isWaiting = {
  type: condition.type,
  status: 'False' as const,
  reason: condition.reason.ConfigurationsNotConfigured,
  message: 'Configurations updated and not configured yet',
};

/** What is desired, with what is known of each reference that stays. */
const merged = (
  stored: readonly ManagedClusterAddOnConfigReference[] = [],
  desired: readonly DesiredReference[],
): ManagedClusterAddOnConfigReference[] => {
  const known = new Map<string, ManagedClusterAddOnConfigReference>();
  for (const entry of stored) {
    const reference = storedReference(entry);
    if (reference) known.set(referenceKey(reference), entry);
  }
  return desired.map((reference) => {
    const { lastAppliedConfig, lastObservedGeneration } = known.get(referenceKey(reference)) ?? {};
    return {
      group: reference.group,
      resource: reference.resource,
      desiredConfig: desiredConfigOf(reference),
      ...(lastAppliedConfig && { lastAppliedConfig }),
      ...(lastObservedGeneration !== undefined && { lastObservedGeneration }),
    };
  });
};

const statusAfter = (
  { addon, desired }: Configured,
  { state }: ClusterStatus,
  isInBatch: boolean,
  now: Date,
): ManagedClusterAddOnStatus => {
  const status = addon.status ?? {};
  const having = (next: typeof isConfigured | typeof isWaiting) => setCondition(status.conditions, next, now);
  if (isInBatch)
    return {
      ...status,
      configReferences: merged(status.configReferences, desired),
      conditions: having(isConfigured),
    };
  if (state === 'ToApply') return { ...status, conditions: having(isWaiting) };
  return state === 'Succeeded' ? { ...status, conditions: having(isConfigured) } : status;
};

/** What changes for the add-ons of a node none of which has its turn. */
export const heldUp = ({ addons }: ConfigNode, now: Date): NodePlan['changes'] =>
  addons.map((each) => ({ addon: each.addon, status: statusAfter(each, rolloutStateOf(each), false, now) }));

/** Everything that is not done is in turn at once. */
const withoutOrder = (statuses: readonly ClusterStatus[]): Rollout => ({
  turn: statuses.filter(({ state }) => state !== 'Succeeded'),
  timedOut: [],
});

const inTurn = (
  { selection }: ConfigNode & { selection: NonNullable<ConfigNode['selection']> },
  statuses: readonly ClusterStatus[],
  taken: ReadonlySet<string>,
  now: number,
): Rollout => {
  const { entry, placement, decisions } = selection;
  const groups = groupsOf(decisions).map((group): DecisionGroup => ({
    ...group,
    clusters: group.clusters.filter((cluster) => !taken.has(cluster)),
  }));
  const clustersPerGroup = placement?.spec?.decisionStrategy?.groupStrategy?.clustersPerDecisionGroup;
  return rollOut({ strategy: entry.rolloutStrategy, groups, statuses, clustersPerGroup, now });
};

/**
 * Which add-ons of a node get the configurations that they are to have now, in the order of the rollout (addon.md 4.6, C and
 * D). `taken`: clusters of the placement that a later one configures.
 * @throws RolloutError when the strategy of the placement cannot be followed
 */
export const planNode = (node: ConfigNode, taken: ReadonlySet<string>, now: Date): NodePlan => {
  const { selection, addons } = node;
  const states = new Map(addons.map((each) => [each.cluster, rolloutStateOf(each)]));
  const statuses = [...states.values()];
  const { turn, timedOut, recheckMs } = selection
    ? inTurn({ ...node, selection }, statuses, taken, now.getTime())
    : withoutOrder(statuses);
  const batch = new Set(turn.map(({ cluster }) => cluster));
  const count = (matches: (status: ClusterStatus) => boolean) => statuses.filter(matches).length;
  return {
    node,
    changes: addons.map((each) => ({
      addon: each.addon,
      status: statusAfter(each, states.get(each.cluster)!, batch.has(each.cluster), now),
    })),
    counts: {
      selected: selection?.clusters.length ?? 0,
      configured: addons.length,
      inBatch: count(({ cluster }) => batch.has(cluster)),
      succeeded: count(({ cluster, state }) => state === 'Succeeded' && !batch.has(cluster)),
      failed: count(({ cluster, state }) => state === 'Failed' && !timedOut.includes(cluster)),
      timedOut: timedOut.length,
    },
    ...(recheckMs !== undefined && { recheckMs }),
  };
};
