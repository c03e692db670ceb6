import { managedClusterAddOnCondition } from '../../api/conditions.ts';
import { type ManagedClusterAddOn, managedClusterAddOns } from '../../api/generated/addon.ts';
import { finalizer } from '../../api/names.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import type { UnknownObject } from '../../runtime/client/object.ts';
import type { NextCondition } from '../../runtime/controller/conditions.ts';
import { hasFinalizer } from '../../runtime/controller/finalizers.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { applyWork } from '../works/apply.ts';
import { buildHookWork } from '../works/build.ts';
import { hookLimit } from '../works/hook-limit.ts';
import { hookCondition } from '../works/hooks.ts';
import type { KeptWork } from '../works/kept.ts';
import { isPreDeleteHook, locationOf } from '../works/manifests.ts';
import { hookWorkName } from '../works/names.ts';
import type { Rendering } from './deploy.ts';

/** Hooks of an add-on: what runs on its clusters before it goes (addon.md 7.2). */

const finalizerAt = { managed: finalizer.addonPreDelete, hosting: finalizer.addonHostedPreDelete } as const;
type Place = keyof typeof finalizerAt;

const hooksAt = (place: Place, manifests: readonly UnknownObject[], isHosted: boolean): UnknownObject[] =>
  manifests.filter((each) => isPreDeleteHook(each) && locationOf(each, isHosted) === place);

/**
 * The hooks of what was rendered, each of which runs somewhere, and the finalizers that these need.
 * @throws when a manifest names no place
 */
export const hooksIn = (manifests: readonly UnknownObject[], isHosted: boolean) => {
  const managed = hooksAt('managed', manifests, isHosted);
  const hosting = hooksAt('hosting', manifests, isHosted);
  return {
    hooks: [...managed, ...hosting],
    finalizers: [
      ...(managed.length > 0 ? [finalizerAt.managed] : []),
      ...(hosting.length > 0 ? [finalizerAt.hosting] : []),
    ],
  };
};

/** All finalizers of hooks. */
export const hookFinalizers: readonly string[] = Object.values(finalizerAt);

export interface HookInput {
  hub: Client;
  /** Where works are known. */
  cache: Informer<KeptWork>;
  /** One that leaves. */
  addon: ManagedClusterAddOn;
  /** As they were when the add-on was last rendered. */
  recorded: readonly UnknownObject[] | undefined;
  /** The add-on as it would be deployed now, for want of a record. */
  render: () => Rendering;
  /** The hosting cluster, while works can be applied there. */
  hosting?: string;
  isHosted: boolean;
  /** All works of the add-on. */
  works: readonly KeptWork[];
  /** What users say of how long the hooks are waited for. */
  limit: string | undefined;
  now: Date;
  log: Logger;
  signal: AbortSignal;
}

/** What came of the hooks: which finalizers are done with, what is told, and when time alone changes that (milliseconds). */
export interface HookOutcome {
  done: string[];
  condition?: NextCondition;
  recheckMs?: number;
}

const { type, reason } = managedClusterAddOnCondition.hookCompleted;

const notCompleted = (message: string): NextCondition => ({
  type,
  status: 'False',
  reason: reason.HookManifestIsNotCompleted,
  message,
});

/** What came of the hooks at one place; nothing when there is none to wait for. */
type PlaceOutcome = { condition?: NextCondition } | 'outdated';

/**
 * Whether the add-on, freshly read, is still held for its hooks. Its work may be gone because it was let go of already, of
 * which the cache has yet to hear: made anew, the work would run them again.
 */
const isStillHeld = async ({ hub, addon, signal }: HookInput, place: Place): Promise<boolean> => {
  const { name, namespace, uid } = addon.metadata;
  const live = await hub.find(managedClusterAddOns, name, namespace, { signal });
  return live !== undefined && live.metadata.uid === uid && hasFinalizer(live, finalizerAt[place]);
};

const runAt = async (place: Place, input: HookInput): Promise<PlaceOutcome> => {
  const { cache, addon, recorded, works, isHosted, signal } = input;
  const hosting = place === 'hosting' ? input.hosting : undefined;
  // Where nothing can be applied any more, nothing runs.
  if (place === 'hosting' && hosting === undefined) return {};
  const { name, namespace = '' } = addon.metadata;
  const workName = hookWorkName({ addon: name, cluster: namespace, isHosting: place === 'hosting' });
  const there = works.find(
    ({ metadata }) => metadata.name === workName && metadata.namespace === (hosting ?? namespace),
  );
  if (there?.metadata.deletionTimestamp)
    return {
      condition: notCompleted(
        `hook manifestWork ${workName} is being deleted; the hooks run when it is gone.`,
      ),
    };
  // What runs is what it says, whatever has become of the record since.
  if (there)
    return { condition: hookCondition(there, (there.spec?.workload?.manifests ?? []) as UnknownObject[]) };
  const found = recorded ? { manifests: recorded } : input.render();
  if (!found || 'failure' in found) {
    const why = found ? found.failure : 'what it was deployed with has changed since';
    return {
      condition: notCompleted(
        `the hooks of the add-on cannot be made: ${why}. To remove it without them, remove finalizer ${finalizerAt[place]}.`,
      ),
    };
  }
  const hooks = hooksAt(place, found.manifests, isHosted);
  if (hooks.length === 0) return {};
  if (!(await isStillHeld(input, place))) return 'outdated';
  const work = await applyWork(cache, addon, buildHookWork(addon, hosting, hooks), undefined, signal);
  return { condition: hookCondition(work, hooks) };
};

/**
 * Runs the hooks of an add-on that leaves, as far as it has any, for as long as they are waited for (A17). Their works stay as
 * they are until the add-on is let go of, so that whoever looks again sees what came of them. Resolves to `outdated` when
 * the add-on is not what the cache says: its change brings it here again.
 */
export const runHooks = async (input: HookInput): Promise<HookOutcome | 'outdated'> => {
  const { addon, limit, now, log } = input;
  const outcome: HookOutcome = { done: [] };
  const { deadlineMs, note } = hookLimit(addon, limit);
  const leftMs = deadlineMs - now.getTime();
  for (const place of ['managed', 'hosting'] as const) {
    if (!hasFinalizer(addon, finalizerAt[place])) continue;
    const came = await runAt(place, input);
    if (came === 'outdated') return 'outdated';
    const { condition } = came;
    const isAwaited = condition?.status === 'False';
    if (isAwaited && leftMs > 0 && leftMs < Infinity) outcome.recheckMs = leftMs;
    if (isAwaited && leftMs <= 0)
      log.warn('the add-on goes although its hooks have not succeeded', { hooks: condition.message });
    if (!isAwaited || leftMs <= 0) outcome.done.push(finalizerAt[place]);
    if (condition && outcome.condition?.status !== 'False')
      outcome.condition =
        isAwaited && note ? { ...condition, message: `${condition.message} ${note}` } : condition;
  }
  return outcome;
};
