import { label } from '../../api/names.ts';
import type { Informer } from '../../runtime/cache/informer.ts';
import type { RoleBinding } from '../../runtime/client/kubernetes.ts';
import { keyOf } from '../../runtime/client/object.ts';
import { ensure, ensureAbsent } from '../../runtime/controller/ensure.ts';
import { addonKey } from '../works/kept.ts';

const fieldManager = 'addon-manager';

/** Those of an add-on that are found by its cluster; without its mark are what others made, and what goes with the add-on. */
const isMarked = ({ metadata }: RoleBinding): boolean =>
  metadata.labels?.[label.namespaceOfAddon] !== undefined || metadata.ownerReferences !== undefined;

/**
 * Gives the agent of an add-on these permissions on the hub, and none that it had before (addon.md 6.5, A13).
 * `wanted` is empty for an add-on that is gone.
 */
export const bindRoles = async (
  bindings: Informer<RoleBinding>,
  { name, namespace }: { name: string; namespace?: string },
  wanted: readonly RoleBinding[],
  signal: AbortSignal,
): Promise<void> => {
  for (const binding of wanted) await ensure(bindings, binding, { fieldManager, signal });
  const kept = new Set(wanted.map(keyOf));
  for (const binding of bindings.byIndex('addon', addonKey(namespace, name)))
    if (isMarked(binding) && !kept.has(keyOf(binding)))
      await ensureAbsent(bindings, binding.metadata.name, binding.metadata.namespace, signal);
};
