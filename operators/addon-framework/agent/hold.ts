import type { ManagedClusterAddOn } from '../../api/generated/addon.ts';
import { finalizer } from '../../api/names.ts';
import { removeWorks } from '../works/apply.ts';
import { unownedHooks, worksElsewhere } from '../works/kept.ts';
import { type HostedFacts, hostedTask } from '../works/tasks.ts';
import type { Rendering } from './deploy.ts';
import { recordHooks } from './hook-record.ts';
import { hookFinalizers, hooksIn } from './hooks.ts';
import { type PassOnCluster, formerFinalizers, withFinalizers, without, worksOf } from './pass.ts';

/** The hooks of what was rendered; what names no place is told when it is deployed. */
const hooksOf = (rendered: Rendering, isHosted: boolean): ReturnType<typeof hooksIn> | undefined => {
  if (!rendered || 'failure' in rendered) return undefined;
  try {
    return hooksIn(rendered.manifests, isHosted);
  } catch {
    return undefined;
  }
};

/**
 * Holds an add-on for as long as there is something to be done before it goes, and lets go of it otherwise: its hooks, which
 * are recorded first, and works on a hosting cluster (addon.md 7.2). Resolves to the add-on as it is then.
 */
export const holdAddon = async (
  pass: PassOnCluster,
  facts: HostedFacts,
  rendered: Rendering,
): Promise<ManagedClusterAddOn> => {
  const { caches, objects, addon, signal } = pass;
  const task = hostedTask(facts);
  let next = without(addon, formerFinalizers);
  if (task === 'addFinalizer') next = [...next, finalizer.addonHostedWorks];
  // An add-on that stays has no hooks that run: these are of one of its name that went.
  if (!addon.metadata.deletionTimestamp)
    await removeWorks(caches.works, unownedHooks(addon.metadata, worksOf(pass)), signal);
  if (task === 'cleanUp') {
    await removeWorks(caches.works, worksElsewhere(worksOf(pass)), signal);
    next = next.filter((each) => each !== finalizer.addonHostedWorks);
  }
  const found = addon.metadata.deletionTimestamp ? undefined : hooksOf(rendered, facts.hosting !== undefined);
  if (found) {
    await recordHooks(objects.hookRecords, addon.metadata, found.hooks, signal);
    const held = found.finalizers.filter(
      (each) => each !== finalizer.addonHostedPreDelete || facts.hostingCluster !== undefined,
    );
    next = [...next.filter((each) => !hookFinalizers.includes(each)), ...held];
  }
  return withFinalizers(pass, addon, next);
};
