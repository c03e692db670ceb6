import {
  type ManagedClusterAddOn,
  clusterManagementAddOns,
  managedClusterAddOns,
} from '../../api/generated/addon.ts';
import { type ManagedCluster, managedClusters } from '../../api/generated/cluster.ts';
import { annotation } from '../../api/names.ts';
import type { Change } from '../../runtime/cache/informer.ts';
import type { Client } from '../../runtime/client/client.ts';
import { type KubeObject, fromKey, keyOf } from '../../runtime/client/object.ts';
import { statusOf } from '../../runtime/controller/conditions.ts';
import { type Controller, type Result, from, mapped } from '../../runtime/controller/controller.ts';
import { addonOfWork, unownedHooks } from '../works/kept.ts';
import type { AddonAgent } from './agent.ts';
import { type AgentCaches, type AgentObjects, configKey } from './caches.ts';
import { clusterAvailable } from './health.ts';
import { abandonAddon, forgetAddon } from './gone.ts';
import { syncAddon } from './sync.ts';

/** Whether a cluster changed in what add-ons depend on. */
const matters = (change: Change<ManagedCluster>): boolean => {
  if (change.type !== 'updated') return true;
  const { object, previous } = change;
  const of = ({ metadata, status }: ManagedCluster): string =>
    JSON.stringify([
      metadata.annotations?.[annotation.imageRegistries],
      metadata.annotations?.[annotation.addonPreDeleteTimeout],
      metadata.deletionTimestamp,
      statusOf(status?.conditions, clusterAvailable),
    ]);
  return of(object) !== of(previous);
};

const isOwned = ({ metadata }: ManagedClusterAddOn): boolean =>
  (metadata.ownerReferences ?? []).some(
    ({ kind, name }) => kind === clusterManagementAddOns.kind && name === metadata.name,
  );

/** Whether an add-on is an agent's; its owner is awaited, without which nothing would take it away (addon.md 7.1). */
const isLookedAfter = (agent: Pick<AddonAgent, 'manages'>, addon: ManagedClusterAddOn): boolean =>
  agent.manages(addon) && isOwned(addon);

/** Whether a pass tells the whole status of an add-on, with all that its agent adds to it. */
export const isSynced = (
  agent: Pick<AddonAgent, 'manages'>,
  clusters: Pick<AgentCaches['clusters'], 'get'>,
  addon: ManagedClusterAddOn,
): boolean => isLookedAfter(agent, addon) && clusters.get(addon.metadata.namespace ?? '') !== undefined;

/**
 * Does for each add-on of an agent what its manager has to do: registration and permissions, works on its clusters, hooks and
 * health (addon.md 7). A change concerns the add-ons that it is about and no others.
 */
export const agentController = (
  hub: Client,
  agent: AddonAgent,
  caches: AgentCaches,
  objects: AgentObjects,
): Controller => {
  const { managementAddons, addons, clusters, works, configs } = caches;
  const keysOf = (index: string, value: string): string[] => addons.byIndex(index, value).map(keyOf);
  /** The add-on that something was made for, be it gone. */
  const madeFor = (object: KubeObject): string[] => {
    const key = addonOfWork(object);
    const known = keysOf('key', key);
    return known.length > 0 ? known : [key];
  };
  return {
    name: 'addon-agent-controller',
    watches: [
      from(addons),
      mapped(managementAddons, (object, change) =>
        // Its status says how far it has come, many times for each of its add-ons.
        change.type === 'updated' && change.previous.metadata.generation === object.metadata.generation
          ? []
          : keysOf('name', object.metadata.name),
      ),
      mapped(clusters, ({ metadata: { name } }, change) =>
        matters(change) ? [...addons.list(name).map(keyOf), ...keysOf('hosting', name)] : [],
      ),
      mapped(works, (work) => {
        const key = addonOfWork(work);
        // What nothing owns is to go when its add-on is gone, be that while nobody watched.
        return unownedHooks(fromKey(key), [work]).length > 0 ? madeFor(work) : keysOf('key', key);
      }),
      mapped(objects.hookRecords, madeFor),
      mapped(objects.roleBindings, madeFor),
      ...configs.map((each) => mapped(each, (config) => keysOf('config', configKey(each, config)))),
    ],
    concurrency: 10,
    async reconcile(key, { log, signal }): Promise<Result> {
      const name = fromKey(key);
      const addon = addons.get(name.name, name.namespace);
      if (!addon) {
        // A label stands for a longer name, whose add-on is there.
        if (keysOf('key', key).length > 0) return;
        if (await hub.find(managedClusterAddOns, name.name, name.namespace, { signal })) return;
        return forgetAddon({ caches, objects, signal }, name);
      }
      if (!isLookedAfter(agent, addon)) return;
      const cluster = clusters.get(name.namespace!);
      const pass = { hub, agent, caches, objects, addon, log, signal };
      if (cluster) return syncAddon({ ...pass, cluster });
      // Whatever is removed now is removed for good; the cache may only be late.
      if (await hub.find(managedClusters, name.namespace!, undefined, { signal })) return;
      return abandonAddon(pass);
    },
  };
};
