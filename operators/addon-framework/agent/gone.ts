import type { ObjectName } from '../../runtime/client/object.ts';
import { bindRoles } from '../registration/bindings.ts';
import { removeWorks } from '../works/apply.ts';
import { addonKey, isMadeFor, unownedHooks } from '../works/kept.ts';
import { recordHooks } from './hook-record.ts';
import { type Pass, ownFinalizers, withFinalizers, without, worksOf } from './pass.ts';

/** Removes what is left of an add-on that is gone; the record of its hooks last, for it brings one that was interrupted here. */
export const forgetAddon = async (
  { caches, objects, signal }: Pick<Pass, 'caches' | 'objects' | 'signal'>,
  name: ObjectName,
): Promise<void> => {
  const works = caches.works.byIndex('addon', addonKey(name.namespace, name.name));
  await removeWorks(caches.works, unownedHooks(name, works), signal);
  await bindRoles(objects.roleBindings, name, [], signal);
  await recordHooks(objects.hookRecords, name, [], signal);
};

/** Its cluster is gone for ever: nothing of it is applied anywhere, and nobody would run its hooks (A21). */
export const abandonAddon = async (pass: Pass): Promise<void> => {
  const { caches, objects, addon, signal } = pass;
  const works = worksOf(pass).filter((work) => isMadeFor(addon, work));
  await removeWorks(caches.works, works, signal);
  await bindRoles(objects.roleBindings, addon.metadata, [], signal);
  if (addon.metadata.deletionTimestamp) await withFinalizers(pass, addon, without(addon, ownFinalizers));
};
