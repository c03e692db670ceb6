import type { ObjectName } from '../../runtime/client/object.ts';
import { bindRoles } from '../registration/bindings.ts';
import { removeWorks } from '../works/apply.ts';
import { addonKey, isHookOf, isMadeFor } from '../works/kept.ts';
import { recordHooks } from './hook-record.ts';
import { type Pass, ownFinalizers, withFinalizers, without, worksOf } from './pass.ts';

/** What is left of an add-on that is gone. */
export const forgetAddon = async (
  { hub, caches, objects, signal }: Pick<Pass, 'hub' | 'caches' | 'objects' | 'signal'>,
  name: ObjectName,
): Promise<void> => {
  const works = caches.works.byIndex('addon', addonKey(name.namespace, name.name));
  const unowned = works.filter((work) => isHookOf(name, work) && !work.metadata.ownerReferences);
  await removeWorks(hub, unowned, signal);
  await bindRoles(objects.roleBindings, name, [], signal);
  await recordHooks(objects.hookRecords, name, [], signal);
};

/** Its cluster is gone for ever: nothing of it is applied anywhere, and nobody would run its hooks (A21). */
export const abandonAddon = async (pass: Pass): Promise<void> => {
  const { hub, objects, addon, signal } = pass;
  const works = worksOf(pass).filter((work) => isMadeFor(addon, work));
  await removeWorks(hub, works, signal);
  await bindRoles(objects.roleBindings, addon.metadata, [], signal);
  if (addon.metadata.deletionTimestamp) await withFinalizers(pass, addon, without(addon, ownFinalizers));
};
