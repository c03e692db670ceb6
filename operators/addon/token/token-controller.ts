import { managedClusterAddOns } from '../../api/generated/addon.ts';
import { label } from '../../api/names.ts';
import type { Informer, Informers } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { messageOf } from '../../runtime/client/errors.ts';
import {
  type Role,
  type RoleBinding,
  type ServiceAccount,
  roleBindings,
  roles,
  serviceAccounts,
} from '../../runtime/client/kubernetes.ts';
import { labelValue } from '../../runtime/client/legal-name.ts';
import { type KubeObject, fromKey, keyOf } from '../../runtime/client/object.ts';
import { type NextCondition, removeCondition, setCondition } from '../../runtime/controller/conditions.ts';
import { type Controller, from, mapped } from '../../runtime/controller/controller.ts';
import { ensure, ensureAbsent } from '../../runtime/controller/ensure.ts';
import { patchStatus } from '../../runtime/controller/status.ts';
import type { Caches } from '../caches.ts';
import {
  infrastructureFailed,
  infrastructureReady,
  tokenInfrastructure,
  tokenTask,
} from './infrastructure.ts';

const fieldManager = 'addon-manager-token';

/** Objects made for add-ons that use tokens. */
export interface TokenCaches {
  serviceAccounts: Informer<ServiceAccount>;
  roles: Informer<Role>;
  roleBindings: Informer<RoleBinding>;
}

export const createTokenCaches = (informers: Informers): TokenCaches => {
  const options = { labelSelector: `${label.tokenInfrastructure}=true` };
  return {
    serviceAccounts: informers.informer(serviceAccounts, options),
    roles: informers.informer(roles, options),
    roleBindings: informers.informer(roleBindings, options),
  };
};

/**
 * Keeps what the agents of add-ons need to get tokens on the hub (addon.md 4.7).
 * @param hubNamespace where the accounts of the hub's own processes are
 */
export const tokenController = (
  hub: Client,
  { addons }: Pick<Caches, 'addons'>,
  caches: TokenCaches,
  hubNamespace: string,
): Controller => {
  /** The add-on that an object was made for: the one that exists, or else of the name that the label gives. */
  const keysOf = ({ metadata }: KubeObject): string[] => {
    const { namespace, labels } = metadata;
    const name = labels?.[label.tokenAddon];
    if (!name) return [];
    const known = addons.list(namespace).filter((addon) => labelValue(addon.metadata.name) === name);
    return known.length > 0 ? known.map(keyOf) : [keyOf({ name, namespace })];
  };

  const apply = async (addon: string, cluster: string, signal: AbortSignal): Promise<ServiceAccount> => {
    const wanted = tokenInfrastructure(addon, cluster, hubNamespace);
    const options = { fieldManager, signal };
    await ensure(caches.serviceAccounts, wanted.serviceAccount, options);
    await ensure(caches.roles, wanted.role, options);
    await ensure(caches.roleBindings, wanted.roleBinding, options);
    const { name, namespace } = wanted.serviceAccount.metadata;
    return (
      caches.serviceAccounts.get(name, namespace) ?? hub.get(serviceAccounts, name, namespace, { signal })
    );
  };

  const remove = async (addon: string, cluster: string, signal: AbortSignal): Promise<void> => {
    const { serviceAccount, role, roleBinding } = tokenInfrastructure(addon, cluster, hubNamespace);
    await ensureAbsent(caches.roleBindings, roleBinding.metadata.name, cluster, signal);
    await ensureAbsent(caches.roles, role.metadata.name, cluster, signal);
    await ensureAbsent(caches.serviceAccounts, serviceAccount.metadata.name, cluster, signal);
  };

  return {
    name: 'addon-token-infrastructure-controller',
    watches: [
      from(addons),
      mapped(caches.serviceAccounts, keysOf),
      mapped(caches.roles, keysOf),
      mapped(caches.roleBindings, keysOf),
    ],
    async reconcile(key, { signal }) {
      const { name, namespace: cluster = '' } = fromKey(key);
      const addon = addons.get(name, cluster);
      const task = tokenTask(addon);
      const show = async (status: NonNullable<typeof addon>['status']) =>
        addons.wrote(await patchStatus(hub, managedClusterAddOns, addon!, status, { fieldManager, signal }));
      const showCondition = (next: NextCondition) =>
        show({ ...addon!.status, conditions: setCondition(addon!.status?.conditions, next) });
      switch (task) {
        case 'nothing':
          return;
        case 'remove':
          return remove(name, cluster, signal);
        case 'removeAndForget': {
          await remove(name, cluster, signal);
          const conditions = removeCondition(addon!.status?.conditions, 'TokenInfrastructureReady');
          await show({ ...addon!.status, conditions });
          return;
        }
        case 'apply': {
          let account: ServiceAccount;
          try {
            account = await apply(name, cluster, signal);
          } catch (error) {
            signal.throwIfAborted();
            await showCondition(infrastructureFailed(messageOf(error)));
            throw error;
          }
          await showCondition(infrastructureReady(account));
        }
      }
    },
  };
};
