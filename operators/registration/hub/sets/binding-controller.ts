import { managedClusterSetBindingCondition } from '../../../api/conditions.ts';
import {
  type ManagedClusterSet,
  type ManagedClusterSetBinding,
  managedClusterSetBindings,
} from '../../../api/generated/cluster.ts';
import type { Informer } from '../../../runtime/cache/informer.ts';
import type { Client } from '../../../runtime/client/client.ts';
import { fromKey, keyOf } from '../../../runtime/client/object.ts';
import type { NextCondition } from '../../../runtime/controller/conditions.ts';
import { type Controller, from, mapped } from '../../../runtime/controller/controller.ts';
import { applyCondition } from '../../common/conditions.ts';

const fieldManager = 'registration-clustersetbinding';
const bySet = 'clusterSet';
const { type, reason } = managedClusterSetBindingCondition.bound;

/** The bindings by the set that they name. */
export const bindingIndexes = {
  [bySet]: ({ spec }: ManagedClusterSetBinding): string[] => (spec?.clusterSet ? [spec.clusterSet] : []),
};

export const boundCondition = (setExists: boolean): NextCondition =>
  setExists
    ? { type, status: 'True', reason: reason.ClusterSetBound, message: '' }
    : { type, status: 'False', reason: reason.ClusterSetNotFound, message: '' };

/** Says whether the set that a binding names exists (registration.md 4.9). */
export const bindingController = (
  hub: Client,
  bindings: Informer<ManagedClusterSetBinding>,
  sets: Informer<ManagedClusterSet>,
): Controller => ({
  name: 'managed-clusterset-binding-controller',
  watches: [
    from(bindings),
    mapped(sets, ({ metadata }, change) =>
      change.type === 'updated' ? undefined : bindings.byIndex(bySet, metadata.name).map(keyOf),
    ),
  ],
  async reconcile(key, { signal }) {
    const { name, namespace } = fromKey(key);
    const binding = bindings.get(name, namespace);
    if (!binding || binding.metadata.deletionTimestamp !== undefined) return;
    await sets.waitForSync(signal);
    const exists = sets.get(binding.spec?.clusterSet ?? '') !== undefined;
    await applyCondition(hub, managedClusterSetBindings, binding, boundCondition(exists), {
      fieldManager,
      signal,
    });
  },
});
