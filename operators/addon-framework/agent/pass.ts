import { type ManagedClusterAddOn, managedClusterAddOns } from '../../api/generated/addon.ts';
import type { ManagedCluster } from '../../api/generated/cluster.ts';
import { finalizer } from '../../api/names.ts';
import type { Client } from '../../runtime/client/client.ts';
import { isLetGo, setFinalizers } from '../../runtime/controller/finalizers.ts';
import type { Logger } from '../../runtime/process/logger.ts';
import { type KeptWork, addonKey } from '../works/kept.ts';
import type { AddonAgent } from './agent.ts';
import type { AgentCaches, AgentObjects } from './caches.ts';
import { hookFinalizers } from './hooks.ts';

/** Under this name the API server records what is written. */
export const fieldManager = 'addon-manager';

/** One look at one add-on. */
export interface Pass {
  hub: Client;
  agent: AddonAgent;
  caches: AgentCaches;
  objects: AgentObjects;
  addon: ManagedClusterAddOn;
  log: Logger;
  signal: AbortSignal;
}
export type PassOnCluster = Pass & { cluster: ManagedCluster };

const presentFinalizers: readonly string[] = [...hookFinalizers, finalizer.addonHostedWorks];
/** What managers of old called them; they go whenever finalizers are edited (addon.md 7.2). */
export const formerFinalizers: readonly string[] = presentFinalizers.map((each) =>
  each.replace(/^addon\./, 'cluster.'),
);
export const ownFinalizers: readonly string[] = [...presentFinalizers, ...formerFinalizers];

/** Whether the add-on waits for its manager before it can go. */
export const isHeld = ({ metadata }: ManagedClusterAddOn): boolean =>
  (metadata.finalizers ?? []).some((each) => ownFinalizers.includes(each));

/** All works of the add-on, wherever they are. */
export const worksOf = ({ caches, addon }: Pass): KeptWork[] =>
  caches.works.byIndex('addon', addonKey(addon.metadata.namespace, addon.metadata.name));

/** The add-on with these finalizers and no others; where it was held by the last of them, it is gone then. */
export const withFinalizers = async (
  { hub, caches, signal }: Pass,
  addon: ManagedClusterAddOn,
  next: readonly string[],
): Promise<ManagedClusterAddOn> => {
  const options = { fieldManager, signal };
  const written = await setFinalizers(hub, managedClusterAddOns, addon, next, options);
  if (written !== addon && isLetGo(written)) caches.addons.removed(written.metadata);
  else caches.addons.wrote(written);
  return written;
};

export const without = ({ metadata }: ManagedClusterAddOn, gone: readonly string[]): string[] =>
  (metadata.finalizers ?? []).filter((each) => !gone.includes(each));
