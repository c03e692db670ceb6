import {
  type Placement,
  type PlacementDecision,
  placementDecisions,
} from '../../../api/generated/cluster.ts';
import {
  type ManifestWork,
  type ManifestWorkReplicaSet,
  manifestWorkReplicaSets,
  manifestWorks,
} from '../../../api/generated/work.ts';
import { finalizer, label } from '../../../api/names.ts';
import { decisionIndexes, placementKey } from '../../../fleet/placement-decisions.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { isAlreadyExists, isConflict } from '../../../runtime/client/errors.ts';
import { fromKey, keyOf } from '../../../runtime/client/object.ts';
import { type Controller, type Result, from, mapped } from '../../../runtime/controller/controller.ts';
import { removeKnown } from '../../../runtime/controller/ensure.ts';
import { addFinalizer, hasFinalizer, removeFinalizer } from '../../../runtime/controller/finalizers.ts';
import { patchStatus } from '../../../runtime/controller/status.ts';
import { type Failure, failureOf, failuresText } from './failures.ts';
import { type Plan, type PlacementView, planFor, stillUnselected } from './plan.ts';
import { statusFor, statusWithoutPlacement } from './status.ts';
import { type TrimmedWork, replicaSetLabel, workLabels, workNameOf } from './works.ts';

const fieldManager = 'work-manager';
/** Times that a work is read again whose agent wrote, its status as a rule, between our read and our write. */
const conflictRetries = 5;

export interface ReplicaSetDeps {
  /** Where the sets and placements are. */
  hub: Client;
  sets: Informer<ManifestWorkReplicaSet>;
  /** Works with the label of a set, trimmed; they may be on another API server than the sets. */
  works: Informer<TrimmedWork>;
  placements: Informer<Placement>;
  decisions: Informer<PlacementDecision>;
  now: () => Date;
}

/** Indexes that the controller looks things up by. */
export const setIndexes = {
  label: ({ metadata }: ManifestWorkReplicaSet): string[] => [replicaSetLabel(metadata)],
  placement: ({ metadata, spec }: ManifestWorkReplicaSet): string[] =>
    spec?.placementRefs.map(({ name }) => placementKey(metadata.namespace, name)) ?? [],
};
export const workIndexes = {
  set: ({ metadata }: TrimmedWork): string[] => [metadata.labels?.[label.manifestWorkReplicaSet] ?? ''],
};

/** Keeps one work per selected cluster for each ManifestWorkReplicaSet, in the order of its rollout (work.md 6). */
export const replicaSetController = (deps: ReplicaSetDeps): Controller => {
  const { hub, sets, works, placements, decisions, now } = deps;
  const keysBy = (index: string, value: string): string[] => sets.byIndex(index, value).map(keyOf);
  return {
    name: 'ManifestWorkReplicaSetController',
    watches: [
      from(sets),
      mapped(works, ({ metadata }) => keysBy('label', metadata.labels?.[label.manifestWorkReplicaSet] ?? '')),
      mapped(placements, ({ metadata }) =>
        keysBy('placement', placementKey(metadata.namespace, metadata.name)),
      ),
      mapped(decisions, (decision) =>
        decisionIndexes.placement(decision).flatMap((key) => keysBy('placement', key)),
      ),
    ],
    concurrency: 5,
    async reconcile(key, { signal }): Promise<Result> {
      const { name, namespace } = fromKey(key);
      const set = sets.get(name, namespace);
      if (!set) return;
      const own = works.byIndex('set', replicaSetLabel(set.metadata));
      const options = { fieldManager, signal };
      if (set.metadata.deletionTimestamp) return finalize(deps, set, own, signal);
      if (!hasFinalizer(set, finalizer.manifestWorkReplicaSet)) {
        const of = finalizer.manifestWorkReplicaSet;
        sets.wrote(await addFinalizer(hub, manifestWorkReplicaSets, set, of, options));
        return;
      }
      const views = viewsOf(deps, set);
      if (typeof views === 'string') {
        const status = statusWithoutPlacement(set.status ?? {}, views, now());
        sets.wrote(await patchStatus(hub, manifestWorkReplicaSets, set, status, options));
        return;
      }
      const plan = planFor(set, views, own, now().getTime());
      const failures = await carryOut(deps, set, plan, signal);
      const status = statusFor(set.status ?? {}, plan.placements, failures, now());
      sets.wrote(await patchStatus(hub, manifestWorkReplicaSets, set, status, options));
      const errors = failures.filter(({ isError }) => isError);
      if (errors.length) throw new Error(failuresText(errors));
      const rechecks = plan.placements.flatMap(({ recheckMs }) => recheckMs ?? []);
      return rechecks.length ? { requeueAfterMs: Math.min(...rechecks) } : undefined;
    },
  };
};

/** The placements of a set with their decisions; the name of the first that does not exist. */
const viewsOf = (
  { placements, decisions }: ReplicaSetDeps,
  { metadata, spec }: ManifestWorkReplicaSet,
): PlacementView[] | string => {
  const views: PlacementView[] = [];
  for (const ref of spec?.placementRefs ?? []) {
    const placement = placements.get(ref.name, metadata.namespace);
    if (!placement) return ref.name;
    views.push({
      ref,
      placement,
      decisions: decisions.byIndex('placement', placementKey(metadata.namespace, ref.name)),
    });
  }
  return views;
};

const finalize = async (
  { hub, works }: ReplicaSetDeps,
  set: ManifestWorkReplicaSet,
  own: readonly TrimmedWork[],
  signal: AbortSignal,
): Promise<void> => {
  if (!hasFinalizer(set, finalizer.manifestWorkReplicaSet)) return;
  for (const work of own) await remove(works, work, signal);
  if (set.spec?.cascadeDeletionPolicy === 'Foreground') {
    const labelSelector = `${label.manifestWorkReplicaSet}=${replicaSetLabel(set.metadata)}`;
    const { items } = await works.client.list(manifestWorks, { labelSelector, metadataOnly: true, signal });
    if (items.length > 0) return;
  }
  await removeFinalizer(hub, manifestWorkReplicaSets, set, finalizer.manifestWorkReplicaSet, {
    fieldManager,
    signal,
  });
};

const remove = async (
  works: Informer<TrimmedWork>,
  work: TrimmedWork,
  signal: AbortSignal,
): Promise<void> => {
  if (work.metadata.deletionTimestamp) return;
  try {
    await removeKnown(works, work, signal);
  } catch (error) {
    if (!isConflict(error)) throw error;
  }
};

/** Makes, changes and removes works as planned. One that fails does not stop the others; resolves to those. */
const carryOut = async (
  deps: ReplicaSetDeps,
  set: ManifestWorkReplicaSet,
  plan: Plan,
  signal: AbortSignal,
): Promise<Failure[]> => {
  const failures: Failure[] = [];
  const attempt = async (
    cluster: string,
    task: string,
    work: () => Promise<Failure | void>,
  ): Promise<void> => {
    try {
      const failure = await work();
      if (failure) failures.push(failure);
    } catch (error) {
      signal.throwIfAborted();
      failures.push(failureOf(cluster, task, error));
    }
  };
  for (const { name, apply } of plan.placements)
    for (const { cluster, work } of apply) {
      const task = work
        ? `cannot change ManifestWork ${work.metadata.name}`
        : 'cannot create its ManifestWork';
      await attempt(cluster, task, () => applyWork(deps, set, name, cluster, work, signal));
    }
  const unselected = plan.unselected.length ? await confirmed(deps, set, plan.unselected, signal) : [];
  for (const work of [...plan.doubles, ...unselected]) {
    const task = `cannot delete ManifestWork ${work.metadata.name}`;
    await attempt(work.metadata.namespace ?? '', task, () => remove(deps.works, work, signal));
  }
  return failures;
};

/** Works in clusters that the decisions, freshly read, do not select either: a cache may lag behind. */
const confirmed = async (
  { hub }: ReplicaSetDeps,
  set: ManifestWorkReplicaSet,
  works: readonly TrimmedWork[],
  signal: AbortSignal,
): Promise<TrimmedWork[]> => {
  const { items } = await hub.list(placementDecisions, { namespace: set.metadata.namespace, signal });
  return stillUnselected(set, works, items);
};

const applyWork = async (
  { works }: ReplicaSetDeps,
  set: ManifestWorkReplicaSet,
  placement: string,
  cluster: string,
  existing: TrimmedWork | undefined,
  signal: AbortSignal,
): Promise<Failure | void> => {
  const labels = workLabels(set, placement);
  const spec = set.spec?.manifestWorkTemplate ?? {};
  const name = existing?.metadata.name ?? workNameOf(set);
  if (!existing) {
    const work: ManifestWork = { metadata: { name, namespace: cluster, labels }, spec };
    try {
      works.wrote(await works.client.create(manifestWorks, work, { fieldManager, signal }));
      return;
    } catch (error) {
      if (!isAlreadyExists(error)) throw error;
    }
  }
  for (let left = conflictRetries; ; left -= 1) {
    const live = await works.client.get(manifestWorks, name, cluster, { signal });
    // Its end is an event that brings the set here again.
    if (live.metadata.deletionTimestamp)
      return {
        cluster,
        task: `waits for ManifestWork ${name}`,
        cause: 'it is being deleted',
        isError: false,
      };
    if (live.metadata.labels?.[label.manifestWorkReplicaSet] !== labels[label.manifestWorkReplicaSet])
      throw new Error(
        `ManifestWork ${cluster}/${name} exists and does not belong to ManifestWorkReplicaSet ${keyOf(set)}; rename it`,
      );
    const changed: ManifestWork = { ...live, metadata: { ...live.metadata, labels }, spec };
    try {
      works.wrote(await works.client.replace(manifestWorks, changed, { fieldManager, signal }));
      return;
    } catch (error) {
      if (!isConflict(error) || left === 0) throw error;
    }
  }
};
